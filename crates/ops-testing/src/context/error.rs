//! Why a test's run has no state to show.

use std::fmt;

use crate::State;

/// Why a run has no state to show. `Debug` is as `Display`, for a test that unwraps.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The charm's metadata cannot be read.
    #[error(transparent)]
    Metadata(#[from] ops_metadata::MetadataError),
    /// Juju could not bring about this state and event.
    #[error("Juju could not bring this about:\n- {}", .0.join("\n- "))]
    Inconsistent(Vec<String>),
    /// The charm failed. The text is the line that the unit's log would show.
    #[error("{}", ops::chain(.0))]
    Charm(ops::Error),
    /// The charm's handlers succeeded, and then Juju did not take their changes.
    #[error("Juju refused the changes of the hook: {0}")]
    Refused(String),
    /// The action called `action-fail`.
    #[error("the action failed: {message}")]
    ActionFailed {
        /// What it said.
        message: String,
        /// The state after it: its changes stand.
        state: Box<State>,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a run returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;
