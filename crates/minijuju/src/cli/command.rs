//! What the command line needs to know about commands.

use clap::{Args, Subcommand};

use super::usage::UsageError;

/// The arguments of one command.
pub trait Arguments: Args {
    /// Juju's messages for missing words: for no word, for one word, and so on. The last one covers all further
    /// counts.
    const MISSING: &[&str] = &["an argument is missing"];

    /// What follows the options in the usage line, in Juju's words. By default, the names of the arguments.
    const USAGE: Option<&str> = None;

    /// Whether options may follow the first positional word.
    const OPTIONS_ANYWHERE: bool = true;

    /// Check the words as Juju does before it runs anything, and fill in what follows from them. The error is in
    /// Juju's words.
    fn init(&mut self) -> Result<(), UsageError> {
        Ok(())
    }
}

pub trait Commands: Subcommand {
    /// [`Arguments::MISSING`] of a command.
    fn missing(name: &str) -> &'static [&'static str];

    /// [`Arguments::USAGE`] of a command.
    fn usage(name: &str) -> Option<&'static str>;

    /// [`Arguments::OPTIONS_ANYWHERE`] of a command.
    fn options_anywhere(name: &str) -> bool;

    /// [`Arguments::init`] of this command.
    fn init(&mut self) -> Result<(), UsageError>;

    /// What to do instead, for a command of Juju that minijuju lacks.
    fn instead(name: &str) -> Option<&'static str>;

    /// The text that `juju`, `juju help` and `juju --help` print.
    fn basics(program: &str) -> String;
}
