//! What the command line asks of commands.

use clap::{Args, Subcommand};

use super::usage::UsageError;

/// The arguments of one command.
pub trait Arguments: Args {
    /// What Juju says if there are too few words: to no word, to one word, and so on; the last stands for all further.
    const MISSING: &[&str] = &["an argument is missing"];

    /// What follows the options in the usage line, in Juju's words. If nothing is said, the arguments' own names do.
    const USAGE: Option<&str> = None;

    /// Whether options may follow the first word that is none.
    const OPTIONS_ANYWHERE: bool = true;

    /// Checks the words as Juju does before it runs anything, and settles what follows from them. The error is in
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

    /// What to do instead of a command of Juju's that is not among these.
    fn instead(name: &str) -> Option<&'static str>;

    /// What a bare `juju`, `juju help` and `juju --help` print.
    fn basics(program: &str) -> String;
}
