//! Juju's hook commands, answered from a [`State`](crate::State) byte for byte as Juju 3.6 answers them.
//!
//! Each command or family has a file: `relation/` has `relation-get`, `relation-set` and related commands. For each
//! command there is a `Spec` (name, arguments, help, flags) and the function that runs it.

mod action;
mod application_version;
mod config;
mod credential;
mod goal_state;
mod is_leader;
mod juju_log;
mod juju_reboot;
mod k8s;
mod leader;
mod network;
mod payload;
mod port;
mod relation;
mod resource;
mod secret;
mod state;
mod status;
mod storage;

use crate::command_line::failure::CommandResult;
use crate::command_line::flag::Kind;
use crate::command_line::spec::Spec;
use crate::juju::Juju;
use crate::version::JujuVersion;

/// All hook commands, sorted by name.
static TABLE: &[&Spec] = &[
    &action::FAIL,
    &action::GET,
    &action::LOG,
    &action::SET,
    &application_version::SET,
    &port::CLOSE,
    &config::GET,
    &credential::GET,
    &goal_state::GET,
    &is_leader::GET,
    &juju_log::LOG,
    &juju_reboot::REBOOT,
    &k8s::RAW_GET,
    &k8s::RAW_SET,
    &k8s::SPEC_GET,
    &k8s::SPEC_SET,
    &leader::GET,
    &leader::SET,
    &network::GET,
    &port::OPEN,
    &port::OPENED,
    &payload::REGISTER,
    &payload::STATUS_SET,
    &payload::UNREGISTER,
    &k8s::POD_SPEC_GET,
    &k8s::POD_SPEC_SET,
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
    &state::DELETE,
    &state::GET,
    &state::SET,
    &status::GET,
    &status::SET,
    &storage::ADD,
    &storage::GET,
    &storage::LIST,
    &network::UNIT_GET,
];

/// The names of all hook commands of Juju 3.6, sorted.
pub static COMMANDS: &[&str] = &{
    let mut names = [""; TABLE.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = TABLE[index].name;
        index += 1;
    }
    names
};

/// The commands that Juju 4.0 has removed.
const REMOVED_IN_4: &[&str] = &[
    "k8s-raw-get",
    "k8s-raw-set",
    "k8s-spec-get",
    "k8s-spec-set",
    "leader-get",
    "leader-set",
    "payload-register",
    "payload-status-set",
    "payload-unregister",
    "pod-spec-get",
    "pod-spec-set",
];

/// Whether a version of Juju has the hook command with this name.
#[must_use]
pub fn has_command(name: &str, version: JujuVersion) -> bool {
    find(name).is_some() && !(version.is_4() && REMOVED_IN_4.contains(&name))
}

pub(crate) fn find(name: &str) -> Option<&'static Spec> {
    TABLE.binary_search_by(|spec| spec.name.cmp(name)).ok().map(|index| TABLE[index])
}

/// Whether a command with these `args` reads its standard input: because of `--file -`, or a `--file` that is `-` by
/// default. A caller in another process need not send it otherwise.
#[must_use]
pub fn reads_stdin(name: &str, args: &[String]) -> bool {
    let file = find(name).and_then(|spec| {
        spec.flags.iter().find_map(|flag| match flag.kind {
            Kind::File(default) if flag.names == ["file"] => Some(default),
            _ => None,
        })
    });
    let before_end = || args.iter().take_while(|arg| *arg != "--");
    file.is_some_and(|default| {
        before_end().any(|arg| arg == "-" || arg == "--file=-")
            || (default == "-" && !before_end().any(|arg| arg.starts_with("--file")))
    })
}

/// Apply a hook's changes, all or none.
pub(crate) fn commit(juju: &mut Juju) -> CommandResult {
    storage::commit(juju)?;
    let ports = port::opened_after_hook(juju)?;
    // The last step that Juju can refuse.
    secret::commit(juju)?;
    juju.state.set_opened_ports(ports);
    if let Some(charm_state) = juju.pending.charm_state.take() {
        juju.state.charm_state = charm_state;
    }
    relation::commit(juju);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_juju_4_removed_exist_only_in_3_6() {
        for name in REMOVED_IN_4 {
            assert!(has_command(name, JujuVersion::V3_6) && !has_command(name, JujuVersion::V4_0), "{name}");
        }
        let (old, new) = (JujuVersion::V3_6, JujuVersion::V4_0);
        assert!(has_command("config-get", old) && has_command("config-get", new) && !has_command("nonsense", old));
    }

    #[test]
    fn the_table_is_sorted_by_name() {
        assert!(COMMANDS.is_sorted(), "{COMMANDS:?}");
    }

    #[test]
    fn standard_input_is_read_if_the_file_is_a_hyphen() {
        let args = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
        assert!(reads_stdin("state-set", &args(&["--file", "-"])));
        assert!(reads_stdin("state-set", &args(&["--file=-", "a=b"])));
        assert!(!reads_stdin("state-set", &args(&["a=-"])));
        assert!(!reads_stdin("state-set", &args(&["--", "-"])));
        assert!(!reads_stdin("state-get", &args(&["-"])));
    }
}
