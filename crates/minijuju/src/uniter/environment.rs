//! The environment of a hook: exactly the variables that Juju sets.

use std::collections::BTreeSet;

use emulator::JujuVersion;

use crate::hook::{Hook, RelationKind, SecretKind};
use crate::random;

/// The default of `no-proxy` (`environs/config/config.go`).
pub const NO_PROXY: &str = "127.0.0.1,localhost,::1";

/// The values in a hook's environment.
#[derive(Clone, Debug)]
pub struct Environment<'a> {
    pub unit: &'a str,
    /// The unit's tag, as in the names of its folders.
    pub tag: &'a str,
    /// The principal unit of a subordinate; otherwise empty.
    pub principal: &'a str,
    pub model: &'a str,
    pub juju: JujuVersion,
    pub uuid: &'a str,
    /// The machine's number.
    pub machine: &'a str,
    /// The machine's address; empty if it has none.
    pub address: &'a str,
    /// The `JUJU_CONTEXT_ID` of this run.
    pub context: &'a str,
    pub job: Job<'a>,
    /// The model's `juju-*-proxy` settings: http, https, ftp and no.
    pub proxies: [&'a str; 4],
    /// The model's legacy proxy settings, in the same order.
    pub legacy_proxies: [&'a str; 4],
}

/// What runs in the environment.
#[derive(Clone, Copy, Debug)]
pub enum Job<'a> {
    Hook {
        hook: &'a Hook,
        /// Where its storage is mounted, for a storage hook.
        location: &'a str,
        /// The type of its storage, for a storage hook.
        kind: &'a str,
    },
    /// An action: its name and task number.
    Action(&'a str, i64),
    /// A command from `juju exec`: its task number.
    UnitExec(i64),
    /// A command from `juju-exec` in the machine, and its relation, if any.
    RunCommands(Option<&'a Hook>),
}

/// A new `JUJU_CONTEXT_ID`: the unit or machine, the name of the hook or action, and 32 hexadecimal digits.
/// Juju 3.6: `newId` in internal/worker/uniter/runner/context/contextfactory.go.
pub fn context_id(unit: &str, name: &str) -> String {
    format!("{unit}-{name}-{}", random::uuid().replace('-', ""))
}

/// The socket for hook commands, in a unit's agent folder.
pub const AGENT_SOCKET: &str = "agent.socket";

pub fn agent_folder(tag: &str) -> String {
    format!("/var/lib/juju/agents/{tag}")
}

pub fn charm_folder(tag: &str) -> String {
    format!("{}/charm", agent_folder(tag))
}

pub fn tools_folder(tag: &str) -> String {
    format!("/var/lib/juju/tools/{tag}")
}

fn agent_socket(tag: &str) -> String {
    format!("{}/{AGENT_SOCKET}", agent_folder(tag))
}

impl Environment<'_> {
    /// All variables, in no particular order.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let charm = charm_folder(self.tag);
        let hook_name = match self.job {
            Job::Hook { hook, .. } => hook.name(),
            // Empty on Juju.
            Job::Action(..) | Job::UnitExec(_) | Job::RunCommands(_) => String::new(),
        };
        let [http, https, ftp, no] = self.proxies;
        let mut variables = vec![
            ("CHARM_DIR", charm.clone()),
            ("JUJU_CHARM_DIR", charm),
            ("JUJU_CONTEXT_ID", self.context.to_owned()),
            ("JUJU_AGENT_SOCKET_ADDRESS", agent_socket(self.tag)),
            ("JUJU_AGENT_SOCKET_NETWORK", "unix".to_owned()),
            ("JUJU_UNIT_NAME", self.unit.to_owned()),
            ("JUJU_MODEL_UUID", self.uuid.to_owned()),
            ("JUJU_MODEL_NAME", self.model.to_owned()),
            ("JUJU_API_ADDRESSES", api_address(self.address)),
            ("JUJU_MACHINE_ID", self.machine.to_owned()),
            ("JUJU_PRINCIPAL_UNIT", self.principal.to_owned()),
            ("JUJU_AVAILABILITY_ZONE", String::new()),
            ("JUJU_VERSION", self.juju.to_string()),
            ("CLOUD_API_VERSION", String::new()),
            ("JUJU_CHARM_HTTP_PROXY", http.to_owned()),
            ("JUJU_CHARM_HTTPS_PROXY", https.to_owned()),
            ("JUJU_CHARM_FTP_PROXY", ftp.to_owned()),
            ("JUJU_CHARM_NO_PROXY", no.to_owned()),
            ("APT_LISTCHANGES_FRONTEND", "none".to_owned()),
            ("DEBIAN_FRONTEND", "noninteractive".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "tmux-256color".to_owned()),
            (
                "PATH",
                format!(
                    "{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin",
                    tools_folder(self.tag)
                ),
            ),
        ];
        variables.extend(version_variables(self.juju));
        match self.job {
            Job::Hook { .. } => {
                variables.push(("JUJU_DISPATCH_PATH", format!("hooks/{hook_name}")));
            }
            Job::Action(name, task) => {
                variables.push(("JUJU_DISPATCH_PATH", format!("actions/{name}")));
                variables.push(("JUJU_ACTION_NAME", name.to_owned()));
                variables.push(("JUJU_ACTION_UUID", task.to_string()));
                variables.push(("JUJU_ACTION_TAG", format!("action-{task}")));
            }
            Job::UnitExec(task) => {
                variables.push(("JUJU_ACTION_NAME", "juju-exec".to_owned()));
                variables.push(("JUJU_ACTION_UUID", task.to_string()));
                variables.push(("JUJU_ACTION_TAG", format!("action-{task}")));
            }
            Job::RunCommands(_) => {}
        }
        variables.push(("JUJU_HOOK_NAME", hook_name));
        variables.extend(self.legacy_proxy_variables());
        match self.job {
            Job::Hook { hook, location, kind } => variables.extend(hook_variables(hook, location, kind)),
            Job::RunCommands(Some(relation)) => variables.extend(hook_variables(relation, "", "")),
            Job::Action(..) | Job::UnitExec(_) | Job::RunCommands(None) => {}
        }
        variables
    }

    /// The legacy proxy settings. `no-proxy` has a default, so alone it does not count (`AsEnvironmentValues` of
    /// github.com/juju/proxy).
    fn legacy_proxy_variables(&self) -> Vec<(&'static str, String)> {
        let [proxies @ .., no] = self.legacy_proxies;
        if proxies.iter().all(|proxy| proxy.is_empty()) {
            return Vec::new();
        }
        // Juju sorts the hosts, and removes duplicates.
        let hosts: BTreeSet<&str> = no.split(',').filter(|host| !host.is_empty()).collect();
        let no = hosts.into_iter().collect::<Vec<_>>().join(",");
        let values = proxies.map(str::to_owned).into_iter().chain([no]);
        let variables = LEGACY_PROXIES.into_iter().zip(values).filter(|(_, value)| !value.is_empty());
        variables.flat_map(|(names, value)| names.map(|name| (name, value.clone()))).collect()
    }
}

/// The variables that depend on the version of Juju.
fn version_variables(juju: JujuVersion) -> Vec<(&'static str, String)> {
    if juju.is_4() {
        let trace = ["JUJU_CHARM_TRACE_CONFIG_HTTP", "JUJU_CHARM_TRACE_CONFIG_GRPC", "JUJU_CHARM_TRACE_CONFIG_CA_CERT"];
        trace.map(|name| (name, String::new())).to_vec()
    } else {
        vec![("JUJU_SLA", "unsupported".to_owned())]
    }
}

/// Proxy variables that programs other than charms read.
const LEGACY_PROXIES: [[&str; 2]; 4] = [
    ["http_proxy", "HTTP_PROXY"],
    ["https_proxy", "HTTPS_PROXY"],
    ["ftp_proxy", "FTP_PROXY"],
    ["no_proxy", "NO_PROXY"],
];

/// The controller's address for a unit on the machine at `address`: the machine's gateway.
pub fn api_address(address: &str) -> String {
    let gateway = address.rsplit_once('.').map_or("127.0.0.1".to_owned(), |(net, _)| format!("{net}.1"));
    format!("{gateway}:17070")
}

/// The variables that describe what a hook is about.
fn hook_variables(hook: &Hook, location: &str, storage_kind: &str) -> Vec<(&'static str, String)> {
    match hook {
        Hook::Relation(hook) => {
            let mut variables = vec![
                ("JUJU_RELATION", hook.endpoint.clone()),
                ("JUJU_RELATION_ID", format!("{}:{}", hook.endpoint, hook.relation)),
                ("JUJU_REMOTE_UNIT", hook.unit.clone()),
                ("JUJU_REMOTE_APP", hook.application.clone()),
            ];
            if hook.kind == RelationKind::Departed {
                variables.push(("JUJU_DEPARTING_UNIT", hook.departing.clone()));
            }
            variables
        }
        Hook::Storage { id, .. } => vec![
            ("JUJU_STORAGE_ID", id.clone()),
            ("JUJU_STORAGE_LOCATION", location.to_owned()),
            ("JUJU_STORAGE_KIND", storage_kind.to_owned()),
        ],
        Hook::Secret { kind, uri, revision, label } => {
            // Juju's resolver of secrets names an expired one by its ID alone.
            let id = uri.strip_prefix("secret:").filter(|_| *kind == SecretKind::Expired).unwrap_or(uri);
            let mut variables = vec![("JUJU_SECRET_ID", id.to_owned()), ("JUJU_SECRET_LABEL", label.clone())];
            // `secret-changed` and `secret-rotate` concern the secret, not one of its revisions.
            if matches!(kind, SecretKind::Expired | SecretKind::Remove) && *revision > 0 {
                variables.push(("JUJU_SECRET_REVISION", revision.to_string()));
            }
            variables
        }
        Hook::Unit(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::hook::{RelationHook, UnitHook};

    fn environment(job: Job<'_>) -> Environment<'_> {
        Environment {
            unit: "app/0",
            tag: "unit-app-0",
            principal: "",
            model: "m",
            juju: JujuVersion::V3_6,
            uuid: "1234",
            machine: "3",
            address: "10.7.0.5",
            context: "app/0-x-1",
            job,
            proxies: ["", "", "", ""],
            legacy_proxies: ["", "", "", "localhost"],
        }
    }

    fn variables(job: Job<'_>) -> HashMap<&'static str, String> {
        environment(job).variables().into_iter().collect()
    }

    #[test]
    fn a_context_id_ends_in_32_random_hexadecimal_digits() {
        let id = context_id("app/0", "install");
        let digits = id.strip_prefix("app/0-install-").unwrap();
        assert!(digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert_ne!(id, context_id("app/0", "install"));
    }

    #[test]
    fn a_hook_is_dispatched_by_its_path() {
        let found = variables(Job::Hook { hook: &UnitHook::Install.into(), location: "", kind: "" });
        assert_eq!(found["JUJU_DISPATCH_PATH"], "hooks/install");
        assert_eq!(found["JUJU_HOOK_NAME"], "install");
        assert_eq!(found["JUJU_CHARM_DIR"], "/var/lib/juju/agents/unit-app-0/charm");
        assert_eq!(found["JUJU_API_ADDRESSES"], "10.7.0.1:17070");
        assert!(found["PATH"].starts_with("/var/lib/juju/tools/unit-app-0:/usr/local/sbin:"));
        assert!(!found.contains_key("JUJU_RELATION_ID"));
        assert!(!found.contains_key("JUJU_ACTION_NAME"));
    }

    #[test]
    fn a_hook_has_the_variables_of_its_version_of_juju() {
        let variables = |juju| -> HashMap<_, _> {
            Environment { juju, ..environment(Job::UnitExec(1)) }.variables().into_iter().collect()
        };
        let (old, new) = (variables(JujuVersion::V3_6), variables(JujuVersion::V4_0));
        assert_eq!((old["JUJU_VERSION"].as_str(), new["JUJU_VERSION"].as_str()), ("3.6.12", "4.0.15"));
        assert!(old.contains_key("JUJU_SLA") && !new.contains_key("JUJU_SLA"));
        assert!(!old.contains_key("JUJU_CHARM_TRACE_CONFIG_HTTP") && new["JUJU_CHARM_TRACE_CONFIG_HTTP"].is_empty());
    }

    #[test]
    fn an_action_is_dispatched_by_its_path_and_knows_its_task() {
        let found = variables(Job::Action("backup", 7));
        assert_eq!(found["JUJU_DISPATCH_PATH"], "actions/backup");
        assert_eq!(found["JUJU_ACTION_TAG"], "action-7");
        assert_eq!(found["JUJU_HOOK_NAME"], "");
    }

    #[test]
    fn a_relation_hook_names_both_sides() {
        let hook = Hook::Relation(RelationHook {
            kind: RelationKind::Departed,
            relation: 4,
            endpoint: "db".to_owned(),
            application: "pg".to_owned(),
            unit: "pg/1".to_owned(),
            departing: "pg/1".to_owned(),
            version: 0,
        });
        let found = variables(Job::Hook { hook: &hook, location: "", kind: "" });
        assert_eq!(found["JUJU_RELATION_ID"], "db:4");
        assert_eq!(found["JUJU_REMOTE_UNIT"], "pg/1");
        assert_eq!(found["JUJU_DEPARTING_UNIT"], "pg/1");
        assert_eq!(found["JUJU_DISPATCH_PATH"], "hooks/db-relation-departed");
    }

    #[test]
    fn legacy_proxy_settings_are_set_for_every_program_in_a_hook() {
        let job = Job::UnitExec(1);
        let names = |environment: Environment<'_>| environment.variables().into_iter().map(|(name, _)| name);
        assert!(
            names(environment(job)).all(|name| !name.to_lowercase().ends_with("no_proxy") || name.starts_with("JUJU"))
        );
        let legacy_proxies = ["http://proxy:3128", "", "", "localhost,::1,127.0.0.1,localhost"];
        let found: HashMap<_, _> = Environment { legacy_proxies, ..environment(job) }.variables().into_iter().collect();
        assert_eq!([&found["http_proxy"], &found["HTTP_PROXY"]], ["http://proxy:3128"; 2]);
        assert_eq!([&found["no_proxy"], &found["NO_PROXY"]], ["127.0.0.1,::1,localhost"; 2]);
        assert!(!found.contains_key("https_proxy"));
    }

    #[test]
    fn only_hooks_about_a_revision_of_a_secret_name_it() {
        let named = |kind| {
            let hook = Hook::Secret { kind, uri: "secret:a".to_owned(), revision: 2, label: String::new() };
            variables(Job::Hook { hook: &hook, location: "", kind: "" }).get("JUJU_SECRET_REVISION").cloned()
        };
        assert_eq!(named(SecretKind::Remove).as_deref(), Some("2"));
        assert_eq!(named(SecretKind::Expired).as_deref(), Some("2"));
        assert_eq!(named(SecretKind::Changed), None);
    }

    #[test]
    fn secret_expired_has_only_the_id_of_the_secret() {
        let named = |kind| {
            let hook = Hook::Secret { kind, uri: "secret:a".to_owned(), revision: 2, label: String::new() };
            variables(Job::Hook { hook: &hook, location: "", kind: "" })["JUJU_SECRET_ID"].clone()
        };
        assert_eq!(named(SecretKind::Expired), "a");
        for kind in [SecretKind::Changed, SecretKind::Rotate, SecretKind::Remove] {
            assert_eq!(named(kind), "secret:a");
        }
    }
}
