//! Commands that are not here.

use clap::Command;
use strsim::levenshtein;

use super::Commands;
use crate::called;

/// A word is not a command, or help on it is asked for in a way that there is not.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnknownCommand {
    /// Juju has it, and it has no meaning here.
    #[error("minijuju does not do {name:?}: {}", called::hint(.instead))]
    Elsewhere {
        name: String,
        /// What to do instead.
        instead: &'static str,
    },
    /// There is no such command.
    #[error("juju: {name:?} is not a juju command. See \"juju --help\".{}", hint(closest.as_deref()))]
    Unknown {
        name: String,
        /// The command that may be meant.
        closest: Option<String>,
    },
    /// Help on one command is asked for, with further words.
    #[error("extra arguments to command help: {0:?}")]
    HelpOnSeveral(Vec<String>),
}

fn hint(closest: Option<&str>) -> String {
    closest.map(|close| format!("\n\nDid you mean:\n\t{close}")).unwrap_or_default()
}

impl UnknownCommand {
    /// What to say of a word that is none of the commands.
    pub(super) fn of<C: Commands>(root: &Command, name: &str) -> Self {
        let closest = || closest(root, name).map(str::to_owned);
        match C::instead(name) {
            Some(instead) => Self::Elsewhere { name: name.to_owned(), instead },
            None => Self::Unknown { name: name.to_owned(), closest: closest() },
        }
    }

    /// The exit code that goes with it.
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Elsewhere { .. } | Self::HelpOnSeveral(_) => 2,
            // Juju finds out only while it runs, so its exit code is not that of a wrong command line.
            Self::Unknown { .. } => 1,
        }
    }
}

/// The command that Juju suggests for a misspelt one: whose name takes the fewest changes to come from this one; the first
/// in the alphabet, of several.
fn closest<'a>(root: &'a Command, name: &str) -> Option<&'a str> {
    root.get_subcommands()
        .flat_map(|command| command.get_name_and_visible_aliases())
        .chain(["help", "version"])
        .map(|candidate| (levenshtein(name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len())
        .map(|(_, candidate)| candidate)
}
