use std::fmt;
use std::time::Duration;

/// Why an operation on snaps failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not a valid name of a snap, an app, an alias or a service. It is not sent to snapd.
    #[error("'{text}' is not the name of {kind}")]
    Name {
        /// Such as `a snap`.
        kind: &'static str,
        /// The invalid text.
        text: String,
    },
    /// The machine has no snapd, or it is not running.
    #[error("snapd does not run on this machine: could not connect to {socket}: {reason}")]
    NotRunning {
        /// The path of its socket.
        socket: String,
        /// The reason.
        reason: String,
    },
    /// The connection to snapd broke.
    #[error("lost the connection to snapd while doing {request}: {reason}")]
    Connection {
        /// Such as `POST /v2/snaps/juju`.
        request: String,
        /// The reason.
        reason: String,
    },
    /// snapd did not answer, or did not finish, in time.
    #[error("snapd did not finish {operation} within {limit:?}")]
    TimedOut {
        /// The request or the change.
        operation: String,
        /// The time limit.
        limit: Duration,
    },
    /// snapd's response does not fit its documentation.
    #[error("could not read what snapd answered to {request}: {reason}")]
    Response {
        /// Such as `GET /v2/snaps/juju`.
        request: String,
        /// What is wrong with the response.
        reason: String,
    },
    /// The snap is not installed.
    #[error("the snap {snap} is not installed")]
    NotInstalled {
        /// Its name.
        snap: String,
    },
    /// snapd refused the request: the store has no such snap, channel or revision, the snap needs something that was
    /// not granted, such as classic confinement, or another reason.
    #[error("{0}")]
    Refused(Refusal),
    /// The change started, but failed. snapd has undone it.
    #[error("failed to {operation}: {reason} (snapd's change {id})")]
    Change {
        /// The change, in snapd's words.
        operation: String,
        /// The reason, in snapd's words.
        reason: String,
        /// The ID, for `snap change ID`.
        id: String,
    },
    /// The file of a snap could not be read.
    #[error("could not read the snap file {path}: {reason}")]
    File {
        /// The file's path.
        path: String,
        /// The reason.
        reason: String,
    },
}

impl Error {
    /// The kind of snapd's refusal, such as `snap-channel-not-available`; empty if snapd gives none.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => Some(&refusal.kind),
            _ => None,
        }
    }

    /// Whether snapd refused because of what it does just now. It has no kind for that it is new to the machine.
    pub(super) fn is_temporary(&self) -> bool {
        let Self::Refused(refusal) = self else { return false };
        refusal.kind == "snap-change-conflict" || refusal.message.starts_with("too early for operation")
    }

    /// Whether snapd refused with this kind.
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        self.kind() == Some(kind)
    }
}

/// A refusal of snapd. Kinds: <https://snapcraft.io/docs/snapd-rest-api>, such as `snap-not-found`,
/// `snap-channel-not-available`, `snap-revision-not-available`, `snap-needs-classic`, `snap-change-conflict`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The requested operation, such as `install the snap juju`.
    pub operation: String,
    /// The kind, if snapd gives one.
    pub kind: String,
    /// The reason, in snapd's words.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}: {}", self.operation, self.message.trim().replace('\n', " "))?;
        if self.kind.is_empty() { Ok(()) } else { write!(f, " ({})", self.kind) }
    }
}
