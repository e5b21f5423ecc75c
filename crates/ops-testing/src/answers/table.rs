//! The hook commands that exist.

use super::spec::{Kind, Spec};
use super::{
    action, config, credential, goal, kubernetes, leader, log, network, payload, port, reboot, relation, resource,
    secret, server_state, status, storage, version,
};

/// All hook commands, sorted by name.
static TABLE: &[&Spec] = &[
    &action::FAIL,
    &action::GET,
    &action::LOG,
    &action::SET,
    &version::SET,
    &port::CLOSE,
    &config::GET,
    &credential::GET,
    &goal::STATE,
    &status::IS_LEADER,
    &log::LOG,
    &reboot::REBOOT,
    &kubernetes::RAW_GET,
    &kubernetes::RAW_SET,
    &kubernetes::SPEC_GET,
    &kubernetes::SPEC_SET,
    &leader::GET,
    &leader::SET,
    &network::GET,
    &port::OPEN,
    &port::OPENED,
    &payload::REGISTER,
    &payload::STATUS_SET,
    &payload::UNREGISTER,
    &kubernetes::POD_SPEC_GET,
    &kubernetes::POD_SPEC_SET,
    &relation::GET,
    &relation::IDS,
    &relation::LIST,
    &relation::MODEL_GET,
    &relation::SET,
    &resource::GET,
    &secret::ADD,
    &secret::GET,
    &secret::GRANT,
    &secret::IDS,
    &secret::INFO_GET,
    &secret::REMOVE,
    &secret::REVOKE,
    &secret::SET,
    &server_state::DELETE,
    &server_state::GET,
    &server_state::SET,
    &status::GET,
    &status::SET,
    &storage::ADD,
    &storage::GET,
    &storage::LIST,
    &network::UNIT_GET,
];

/// The names of all hook commands that Juju 3.6 gives to a charm, sorted.
pub const COMMANDS: &[&str] = &[
    "action-fail",
    "action-get",
    "action-log",
    "action-set",
    "application-version-set",
    "close-port",
    "config-get",
    "credential-get",
    "goal-state",
    "is-leader",
    "juju-log",
    "juju-reboot",
    "k8s-raw-get",
    "k8s-raw-set",
    "k8s-spec-get",
    "k8s-spec-set",
    "leader-get",
    "leader-set",
    "network-get",
    "open-port",
    "opened-ports",
    "payload-register",
    "payload-status-set",
    "payload-unregister",
    "pod-spec-get",
    "pod-spec-set",
    "relation-get",
    "relation-ids",
    "relation-list",
    "relation-model-get",
    "relation-set",
    "resource-get",
    "secret-add",
    "secret-get",
    "secret-grant",
    "secret-ids",
    "secret-info-get",
    "secret-remove",
    "secret-revoke",
    "secret-set",
    "state-delete",
    "state-get",
    "state-set",
    "status-get",
    "status-set",
    "storage-add",
    "storage-get",
    "storage-list",
    "unit-get",
];

/// The command of that name.
pub(super) fn find(name: &str) -> Option<&'static Spec> {
    TABLE.binary_search_by(|spec| spec.name.cmp(name)).ok().map(|index| TABLE[index])
}

/// Whether a command, called with `args`, reads its standard input: `--file -` says so. Who calls from another process
/// need not send it otherwise.
#[must_use]
pub fn reads_stdin(name: &str, args: &[String]) -> bool {
    let takes_file = find(name)
        .is_some_and(|spec| spec.flags.iter().any(|flag| flag.names == ["file"] && matches!(flag.kind, Kind::File(_))));
    let before_end = || args.iter().take_while(|arg| *arg != "--");
    let reads_by_default = matches!(name, "k8s-raw-set" | "k8s-spec-set" | "pod-spec-set");
    takes_file
        && (before_end().any(|arg| arg == "-" || arg == "--file=-")
            || (reads_by_default && !before_end().any(|arg| arg.starts_with("--file"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_table_in_order() {
        assert!(TABLE.is_sorted_by_key(|spec| spec.name));
        let names: Vec<&str> = TABLE.iter().map(|spec| spec.name).collect();
        assert_eq!(names, COMMANDS);
    }

    #[test]
    fn standard_input_is_read_where_a_file_is_a_minus() {
        let args = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
        assert!(reads_stdin("state-set", &args(&["--file", "-"])));
        assert!(reads_stdin("state-set", &args(&["--file=-", "a=b"])));
        assert!(!reads_stdin("state-set", &args(&["a=-"])));
        assert!(!reads_stdin("state-set", &args(&["--", "-"])));
        assert!(!reads_stdin("state-get", &args(&["-"])));
    }
}
