//! The command line: Juju's rules for options, and its error messages. It does not know the commands.
//!
//! [`parse`] turns the words of a command line into an [`Invocation`] of one of the [`Commands`], or into an
//! [`EarlyExit`]: help, or an error in Juju's words.

mod command;
mod completion;
pub mod duration;
mod gnuflag;
mod help;
mod names;
mod offer_url;
mod options;
mod pairs;
mod parse;
mod shell;
mod unknown;
mod usage;

pub use command::{Arguments, Commands};
pub use completion::completion;
pub use emulator::go::{parse_bool as boolean, parse_int as integer};
pub use names::{
    check_application_name, check_new_application_name, is_action, is_application, is_machine, is_model, is_number,
    is_unit, is_unit_or_leader,
};
pub use offer_url::{OfferUrl, is_user};
pub use options::{
    ColorOptions, ControllerOption, Global, ModelIdentifier, ModelOption, NoPrompt, Output, SshOptions, UtcOption,
};
pub use pairs::{ConfigSource, Pair};
#[cfg(test)]
pub use parse::EarlyExit;
pub use parse::{Invocation, Session, parse, root};
pub use shell::{quote, shell_line};
pub use usage::{UsageError, refuse_option};
