//! Commands that are not here.

use clap::Command;
use strsim::levenshtein;

use super::Commands;

/// What to say of a command that is not here, and the exit code that goes with it.
pub(super) fn refuse<C: Commands>(root: &Command, name: &str) -> (String, u8) {
    if let Some(instead) = C::instead(name) {
        return (format!("minijuju does not do {name:?}: {instead}"), 2);
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
