//! How a hook command fails.

use std::fmt::Display;
use std::io;

/// Why a hook command failed: what it prints behind `ERROR`, and its exit code.
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

    /// It could not do what it was asked.
    pub(crate) fn run(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }

    /// Not the leader.
    pub(crate) fn not_leader() -> Self {
        Self::run("this unit is not the leader")
    }

    /// With what was being done before the reason.
    pub(crate) fn during(self, doing: impl Display) -> Self {
        Self { message: format!("{doing}: {}", self.message), ..self }
    }

    /// A file could not be reached. Go says it in lower case, and without the error's number.
    pub(crate) fn file(doing: &str, path: impl Display, error: &io::Error) -> Self {
        let reason = error.to_string();
        let reason = reason.split(" (os error").next().unwrap_or(&reason);
        let mut letters = reason.chars();
        let reason: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
        Self::run(format!("{doing} {path}: {reason}"))
    }
}

pub(crate) type Answer = Result<(), Failure>;
