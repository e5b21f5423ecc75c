use std::fmt;

use crate::State;

/// Why a run did not return a state. `Debug` prints the same as `Display`, for tests that unwrap.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The charm's metadata cannot be read.
    #[error(transparent)]
    Metadata(#[from] ops_metadata::MetadataError),
    /// Juju could not produce this state and event, for these reasons.
    #[error("Juju could not produce this:\n- {}", .0.join("\n- "))]
    Inconsistent(Vec<String>),
    /// The charm failed. The text is the line in the unit's log.
    #[error("{}", ops::chain(.0))]
    Charm(ops::Error),
    /// The charm's handlers succeeded, but Juju refused their changes.
    #[error("Juju refused the changes of the hook: {0}")]
    Refused(String),
    /// The action called `action-fail`.
    #[error("the action failed: {message}")]
    ActionFailed {
        /// The message of `action-fail`.
        message: String,
        /// The resulting state: a failed action's changes are kept.
        state: Box<State>,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The result of a run.
pub type Result<T, E = Error> = std::result::Result<T, E>;
