//! Statuses of units and applications.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a status, in the order in which Ops ranks them: of several that are proposed, the highest is reported.
///
/// See [Juju's reference](https://documentation.ubuntu.com/juju/3.6/reference/status/).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum StatusName {
    /// The charm has not said yet.
    #[default]
    Unknown,
    /// The workload does what it is meant to do.
    Active,
    /// The unit waits for another application, and cannot go on by itself.
    Waiting,
    /// The charm is at work, and the workload is not available yet.
    Maintenance,
    /// A person must do something before the unit can go on.
    Blocked,
    /// A hook failed. Juju sets this one; a charm can read it, not set it.
    Error,
}

impl StatusName {
    /// The word that Juju uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Maintenance => "maintenance",
            Self::Blocked => "blocked",
            Self::Error => "error",
        }
    }

    /// Whether `status-set` takes it from a charm.
    #[must_use]
    pub fn is_settable(self) -> bool {
        !matches!(self, Self::Unknown | Self::Error)
    }
}

impl fmt::Display for StatusName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a status: Juju knows active, blocked, error, maintenance, unknown and waiting")]
pub struct UnknownStatus(String);

impl FromStr for StatusName {
    type Err = UnknownStatus;

    fn from_str(name: &str) -> Result<Self, UnknownStatus> {
        [Self::Unknown, Self::Active, Self::Waiting, Self::Maintenance, Self::Blocked, Self::Error]
            .into_iter()
            .find(|status| status.as_str() == name)
            .ok_or_else(|| UnknownStatus(name.to_owned()))
    }
}

/// A status with its message, as `juju status` shows it for a unit or an application. They are ordered by how bad they are.
#[must_use = "a status is set, or proposed, for someone to see it"]
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Status {
    /// Which status.
    #[serde(rename = "status")]
    pub name: StatusName,
    /// What it says to the person who reads it.
    #[serde(default)]
    pub message: String,
}

impl Status {
    /// The workload does what it is meant to do; no message.
    pub fn active() -> Self {
        Self { name: StatusName::Active, message: String::new() }
    }

    /// The workload does what it is meant to do, with a message.
    pub fn active_with(message: impl Into<String>) -> Self {
        Self { name: StatusName::Active, message: message.into() }
    }

    /// A person must do something, and `message` says what.
    pub fn blocked(message: impl Into<String>) -> Self {
        Self { name: StatusName::Blocked, message: message.into() }
    }

    /// The charm is at work.
    pub fn maintenance(message: impl Into<String>) -> Self {
        Self { name: StatusName::Maintenance, message: message.into() }
    }

    /// The unit waits for another application.
    pub fn waiting(message: impl Into<String>) -> Self {
        Self { name: StatusName::Waiting, message: message.into() }
    }

    /// The charm has not said yet. A charm can read this status, not set it.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// A hook failed. A charm can read this status, not set it.
    pub fn error(message: impl Into<String>) -> Self {
        Self { name: StatusName::Error, message: message.into() }
    }

    /// The one to report of those proposed: the worst, and of several equally bad ones the first.
    pub(crate) fn worst(proposed: Vec<Self>) -> Option<Self> {
        proposed.into_iter().reduce(|worst, next| if next.name > worst.name { next } else { worst })
    }
}

/// As `juju status` shows it: `blocked: Relation database is missing`.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => self.name.fmt(f),
            message => write!(f, "{}: {message}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_proposed_status_wins_and_the_first_of_equals() {
        let worst = Status::worst(vec![
            Status::active(),
            Status::waiting("for a friend"),
            Status::maintenance("first"),
            Status::maintenance("second"),
        ]);
        assert_eq!(worst, Some(Status::maintenance("first")));
        let order = [
            Status::unknown(),
            Status::active(),
            Status::waiting(""),
            Status::maintenance(""),
            Status::blocked(""),
            Status::error(""),
        ];
        assert!(order.is_sorted_by_key(|status| status.name));
        assert_eq!(Status::worst(vec![]), None);
    }

    #[test]
    fn names_are_juju_s_words() {
        for name in ["unknown", "active", "waiting", "maintenance", "blocked", "error"] {
            assert_eq!(name.parse::<StatusName>().unwrap().to_string(), name);
        }
        assert!("happy".parse::<StatusName>().unwrap_err().to_string().contains("\"happy\" is not a status"));
    }
}
