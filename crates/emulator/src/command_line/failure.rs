//! Errors of hook commands.

use std::fmt::Display;
use std::io;

/// Why a hook command failed: the text after `ERROR`, and the exit code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    pub(crate) code: i32,
    pub(crate) message: String,
}

impl Failure {
    /// The arguments are wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into() }
    }

    /// The command cannot do what it was asked.
    pub(crate) fn run(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }

    /// The unit is not the leader.
    pub(crate) fn not_leader() -> Self {
        Self::run("this unit is not the leader")
    }

    /// Prefix the reason with what the command was doing.
    pub(crate) fn during(self, operation: impl Display) -> Self {
        Self { message: format!("{operation}: {}", self.message), ..self }
    }

    /// A file could not be accessed. Go prints the error in lower case and without its number.
    pub(crate) fn file(operation: &str, path: impl Display, error: &io::Error) -> Self {
        let reason = error.to_string();
        let reason = reason.split(" (os error").next().unwrap_or(&reason);
        let mut letters = reason.chars();
        let reason: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
        Self::run(format!("{operation} {path}: {reason}"))
    }
}

/// The result of a hook command, whose output is in its invocation.
pub(crate) type CommandResult = Result<(), Failure>;
