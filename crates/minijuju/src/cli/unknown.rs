//! Errors for unknown commands.

use clap::Command;
use strsim::levenshtein;

use super::Commands;
use crate::program_name::with_program_name;

/// Why a command or a help topic is unknown.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnknownCommand {
    /// Juju has the command, but it makes no sense here.
    #[error("minijuju does not do {name:?}: {}", with_program_name(.instead))]
    NotSupported { name: String, instead: &'static str },
    #[error("juju: {name:?} is not a juju command. See \"juju --help\".{}", did_you_mean(closest.as_deref()))]
    Unknown {
        name: String,
        /// The most similar command.
        closest: Option<String>,
    },
    /// Extra words follow the topic of `help`.
    #[error("extra arguments to command help: {0:?}")]
    HelpOnSeveral(Vec<String>),
}

fn did_you_mean(closest: Option<&str>) -> String {
    closest.map(|close| format!("\n\nDid you mean:\n\t{close}")).unwrap_or_default()
}

impl UnknownCommand {
    /// The error for a word that is not a command.
    pub(super) fn new<C: Commands>(root: &Command, name: &str) -> Self {
        let closest = || closest(root, name).map(str::to_owned);
        match C::instead(name) {
            Some(instead) => Self::NotSupported { name: name.to_owned(), instead },
            None => Self::Unknown { name: name.to_owned(), closest: closest() },
        }
    }

    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::NotSupported { .. } | Self::HelpOnSeveral(_) => 2,
            // Juju notices this only when it runs the command, so the exit code differs from that of a wrong command
            // line.
            Self::Unknown { .. } => 1,
        }
    }
}

/// Juju's suggestion for a misspelt command: the one with the smallest edit distance; of several, the first in
/// alphabetical order.
fn closest<'a>(root: &'a Command, name: &str) -> Option<&'a str> {
    root.get_subcommands()
        .flat_map(|command| command.get_name_and_visible_aliases())
        .chain(["help", "version"])
        .map(|candidate| (levenshtein(name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len())
        .map(|(_, candidate)| candidate)
}
