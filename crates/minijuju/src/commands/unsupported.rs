//! Commands of Juju that minijuju does not support.

/// These commands of Juju 3.6, and their aliases, in alphabetical order.
const UNSUPPORTED: &[&str] = &[
    "abort",
    "add-branch",
    "add-cloud",
    "add-credential",
    "add-k8s",
    "add-machine",
    "add-secret-backend",
    "add-space",
    "add-user",
    "agree",
    "agreements",
    "application-storage",
    "autoload-credentials",
    "bind",
    "branch",
    "change-user-password",
    "charm-resources",
    "clouds",
    "commit",
    "commits",
    "controller-config",
    "create-backup",
    "create-storage-pool",
    "credentials",
    "dashboard",
    "default-credential",
    "default-region",
    "destroy-controller",
    "diff",
    "diff-bundle",
    "disable-command",
    "disable-user",
    "disabled-commands",
    "documentation",
    "download",
    "download-backup",
    "dump-db",
    "dump-model",
    "enable-command",
    "enable-destroy-controller",
    "enable-ha",
    "enable-user",
    "export-bundle",
    "find",
    "firewall-rules",
    "grant-cloud",
    "help-action-commands",
    "help-hook-commands",
    "import-filesystem",
    "info",
    "kill-controller",
    "list-agreements",
    "list-clouds",
    "list-commits",
    "list-credentials",
    "list-disabled-commands",
    "list-firewall-rules",
    "list-payloads",
    "list-regions",
    "list-secret-backends",
    "list-spaces",
    "list-storage-pools",
    "list-subnets",
    "list-users",
    "login",
    "logout",
    "migrate",
    "model-default",
    "model-defaults",
    "model-secret-backend",
    "move-to-space",
    "payloads",
    "regions",
    "register",
    "reload-spaces",
    "remove-cloud",
    "remove-credential",
    "remove-k8s",
    "remove-machine",
    "remove-secret-backend",
    "remove-space",
    "remove-storage-pool",
    "remove-user",
    "rename-space",
    "retry-provisioning",
    "revoke-cloud",
    "secret-backends",
    "set-application-base",
    "set-credential",
    "set-default-credentials",
    "set-default-region",
    "set-firewall-rule",
    "show-cloud",
    "show-commit",
    "show-credential",
    "show-credentials",
    "show-secret-backend",
    "show-space",
    "show-user",
    "spaces",
    "storage-pools",
    "subnets",
    "sync-agent-binary",
    "track",
    "unregister",
    "update-cloud",
    "update-credential",
    "update-credentials",
    "update-k8s",
    "update-public-clouds",
    "update-secret-backend",
    "update-storage-pool",
    "upgrade-controller",
    "upgrade-machine",
    "upgrade-model",
    "users",
    "wait-for",
];

/// What to do instead of a command that minijuju does not support.
pub fn alternative(name: &str) -> Option<&'static str> {
    UNSUPPORTED.binary_search(&name).ok()?;
    Some(match name {
        "register" | "login" => "there is a controller already; start with \"juju add-model\"",
        "destroy-controller" | "kill-controller" | "unregister" => {
            "the controller is this command; \"juju clean\" removes every machine"
        }
        "add-machine" | "remove-machine" | "retry-provisioning" | "upgrade-machine" => {
            "machines come and go with their units; see \"juju add-unit\" and \"juju remove-unit\""
        }
        "wait-for" => "commands return once the model has settled; \"juju status\" shows the result",
        "find" | "info" | "download" | "charm-resources" => "charms come from files, not from Charmhub",
        _ => "it stands in for one machine; for the rest, use Juju with the same charm",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;
    use crate::commands::Command;

    #[test]
    fn no_command_is_both_supported_and_unsupported() {
        let root = cli::root::<Command>("juju");
        for name in UNSUPPORTED {
            assert!(root.find_subcommand(name).is_none(), "{name}");
        }
        assert!(UNSUPPORTED.is_sorted(), "in alphabetical order");
    }
}
