//! What can go wrong with snaps.

use std::fmt;
use std::time::Duration;

/// Why a snap is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not the name of a snap, an app, an alias or a service, so it is not sent to snapd.
    #[error("'{text}' is not the name of {kind}")]
    Name {
        /// Such as `a snap`.
        kind: &'static str,
        /// What was given.
        text: String,
    },
    /// The machine has no snapd, or it does not run.
    #[error("snapd does not run on this machine: could not connect to {socket}: {why}")]
    NotRunning {
        /// Where it should listen.
        socket: String,
        /// Why not.
        why: String,
    },
    /// The connection to snapd broke while it was used.
    #[error("lost the connection to snapd while doing {request}: {why}")]
    Connection {
        /// Such as `POST /v2/snaps/juju`.
        request: String,
        /// How.
        why: String,
    },
    /// snapd did not answer, or did not finish, in time.
    #[error("snapd did not finish {doing} within {limit:?}")]
    TimedOut {
        /// A request, or a change with what is being done.
        doing: String,
        /// How long it had.
        limit: Duration,
    },
    /// snapd answered in a way that it does not document.
    #[error("could not read what snapd answered to {request}: {why}")]
    Response {
        /// Such as `GET /v2/snaps/juju`.
        request: String,
        /// What is wrong with it.
        why: String,
    },
    /// The snap is not installed.
    #[error("the snap {snap} is not installed")]
    NotInstalled {
        /// Its name.
        snap: String,
    },
    /// The store has no such snap, channel or revision; or the snap wants what was not granted, such as classic
    /// confinement; or anything else that snapd refused.
    #[error("{0}")]
    Refused(Refusal),
    /// The change began, and failed. snapd has undone what it had done of it.
    #[error("failed to {doing}: {why} (snapd's change {id})")]
    Change {
        /// What snapd did, in its words.
        doing: String,
        /// Why it failed, in its words.
        why: String,
        /// For `snap change ID`.
        id: String,
    },
    /// The file of a snap could not be read.
    #[error("could not read the snap file {path}: {why}")]
    File {
        /// Which.
        path: String,
        /// Why not.
        why: String,
    },
}

impl Error {
    /// The kind of what snapd refused, such as `snap-channel-not-available`; empty where it names none.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => Some(&refusal.kind),
            _ => None,
        }
    }

    /// Whether snapd refused because of what it does just now. It has no kind for that it is new to the machine.
    pub(super) fn may_pass(&self) -> bool {
        let Self::Refused(refusal) = self else { return false };
        refusal.kind == "snap-change-conflict" || refusal.message.starts_with("too early for operation")
    }

    /// Whether snapd refused with this kind.
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        self.kind() == Some(kind)
    }
}

/// What snapd refused. Kinds: <https://snapcraft.io/docs/snapd-rest-api>, such as `snap-not-found`,
/// `snap-channel-not-available`, `snap-revision-not-available`, `snap-needs-classic`, `snap-change-conflict`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked for, such as `install the snap juju`.
    pub doing: String,
    /// The kind, where snapd names one.
    pub kind: String,
    /// Why, in snapd's words.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}: {}", self.doing, self.message.trim().replace('\n', " "))?;
        if self.kind.is_empty() { Ok(()) } else { write!(f, " ({})", self.kind) }
    }
}
