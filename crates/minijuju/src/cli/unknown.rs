//! Commands that are not here.

use clap::Command;
use strsim::levenshtein;

/// Juju 3.6's other commands and their aliases.
const ELSEWHERE: &[&str] = &[
    "abort",
    "add-branch",
    "add-cloud",
    "add-credential",
    "add-k8s",
    "add-machine",
    "add-secret-backend",
    "add-space",
    "add-ssh-key",
    "add-user",
    "agree",
    "agreements",
    "application-storage",
    "attach-storage",
    "autoload-credentials",
    "bind",
    "bootstrap",
    "branch",
    "change-user-password",
    "charm-resources",
    "clouds",
    "commit",
    "commits",
    "consume",
    "controller-config",
    "create-backup",
    "create-storage-pool",
    "credentials",
    "dashboard",
    "debug-code",
    "debug-hook",
    "debug-hooks",
    "default-credential",
    "default-region",
    "destroy-controller",
    "detach-storage",
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
    "find-offers",
    "firewall-rules",
    "grant",
    "grant-cloud",
    "help-action-commands",
    "help-hook-commands",
    "import-filesystem",
    "import-ssh-key",
    "info",
    "kill-controller",
    "list-agreements",
    "list-clouds",
    "list-commits",
    "list-credentials",
    "list-disabled-commands",
    "list-firewall-rules",
    "list-offers",
    "list-payloads",
    "list-regions",
    "list-secret-backends",
    "list-spaces",
    "list-ssh-keys",
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
    "offer",
    "offers",
    "payloads",
    "regions",
    "register",
    "reload-spaces",
    "remove-cloud",
    "remove-credential",
    "remove-k8s",
    "remove-machine",
    "remove-offer",
    "remove-saas",
    "remove-secret-backend",
    "remove-space",
    "remove-ssh-key",
    "remove-storage",
    "remove-storage-pool",
    "remove-user",
    "rename-space",
    "resume-relation",
    "retry-provisioning",
    "revoke",
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
    "show-offer",
    "show-secret-backend",
    "show-space",
    "show-status-log",
    "show-user",
    "spaces",
    "ssh-keys",
    "storage-pools",
    "subnets",
    "suspend-relation",
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

/// What to do instead of a command that is not here.
fn instead(name: &str) -> &'static str {
    match name {
        "bootstrap" | "register" | "login" => "there is a controller already; begin with \"juju add-model\"",
        "destroy-controller" | "kill-controller" | "unregister" => {
            "the controller is this command; \"minijuju clean\" removes every machine"
        }
        "add-machine" | "remove-machine" | "retry-provisioning" | "upgrade-machine" => {
            "machines come and go with their units; see \"juju add-unit\" and \"juju remove-unit\""
        }
        "wait-for" => "commands return once the model has settled; \"juju status\" tells how",
        "debug-hooks" | "debug-hook" | "debug-code" => {
            "see \"juju debug-log\", \"juju ssh\", and \"minijuju fire\" to make an event happen"
        }
        "show-status-log" => "see \"juju debug-log\"",
        "add-ssh-key" | "remove-ssh-key" | "import-ssh-key" | "ssh-keys" | "list-ssh-keys" => {
            "\"juju ssh\" needs no key here"
        }
        "find" | "info" | "download" | "charm-resources" => "charms come from files, not from Charmhub",
        "attach-storage" | "detach-storage" | "remove-storage" | "import-filesystem" => "storage goes with its unit",
        "offer" | "offers" | "consume" | "find-offers" | "show-offer" | "remove-offer" | "remove-saas"
        | "list-offers" => "there are no relations across models",
        _ => "it stands in for one machine; for the rest, use Juju with the same charm",
    }
}

/// What to say of a command that is not here, and the exit code that goes with it.
pub(super) fn refuse(root: &Command, name: &str) -> (String, u8) {
    if ELSEWHERE.contains(&name) {
        return (format!("minijuju does not do {name:?}: {}", instead(name)), 2);
    }
    let refusal = match closest(root, name) {
        Some(close) => {
            format!("juju: {name:?} is not a juju command. See \"juju --help\".\n\nDid you mean:\n\t{close}")
        }
        None => format!("juju: {name:?} is not a juju command. See \"juju --help\"."),
    };
    // Juju finds out only while it runs, so its exit code is not that of a wrong command line.
    (refusal, 1)
}

/// The command whose name takes the fewest changes to come from this one; the first in the alphabet, of several.
fn closest<'a>(root: &'a Command, name: &str) -> Option<&'a str> {
    root.get_subcommands()
        .flat_map(|command| command.get_name_and_visible_aliases())
        .chain(["help", "version"])
        .map(|candidate| (levenshtein(name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len())
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_is_both_here_and_elsewhere() {
        let root = super::super::parse::root("juju");
        for name in ELSEWHERE {
            assert!(root.find_subcommand(name).is_none(), "{name}");
        }
        assert!(ELSEWHERE.is_sorted(), "kept in order");
    }
}
