//! Statuses of units and applications.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a status, in Ops' order of severity: of several proposed statuses, the highest is set.
///
/// See [Juju's reference](https://documentation.ubuntu.com/juju/3.6/reference/status/).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum StatusName {
    /// The charm has not set a status yet.
    #[default]
    Unknown,
    /// The workload is working.
    Active,
    /// The unit waits for another application, and cannot continue by itself.
    Waiting,
    /// The charm is working, and the workload is not available yet.
    Maintenance,
    /// A user must do something before the unit can continue.
    Blocked,
    /// A hook failed. Set by Juju; a charm can only read it.
    Error,
}

impl StatusName {
    /// Juju's word for it.
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

    /// Whether a charm can set it with `status-set`.
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

/// A text is not a status.
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

/// A status with its message, as `juju status` shows it for a unit or an application. Ordered by severity.
#[must_use = "a status is set, or proposed, for someone to see it"]
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Status {
    /// The status's name.
    #[serde(rename = "status")]
    pub name: StatusName,
    /// The message for users.
    #[serde(default)]
    pub message: String,
}

impl Status {
    /// The workload is working; no message.
    pub fn active() -> Self {
        Self { name: StatusName::Active, message: String::new() }
    }

    /// The workload is working, with a message.
    pub fn active_with(message: impl Into<String>) -> Self {
        Self { name: StatusName::Active, message: message.into() }
    }

    /// A user must do something, which `message` describes.
    pub fn blocked(message: impl Into<String>) -> Self {
        Self { name: StatusName::Blocked, message: message.into() }
    }

    /// The charm is working.
    pub fn maintenance(message: impl Into<String>) -> Self {
        Self { name: StatusName::Maintenance, message: message.into() }
    }

    /// The unit waits for another application.
    pub fn waiting(message: impl Into<String>) -> Self {
        Self { name: StatusName::Waiting, message: message.into() }
    }

    /// The charm has not set a status yet. A charm can only read this status.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// A hook failed. A charm can only read this status.
    pub fn error(message: impl Into<String>) -> Self {
        Self { name: StatusName::Error, message: message.into() }
    }

    /// The worst of the proposed statuses; of several equal ones the first.
    pub(crate) fn worst(proposed: Vec<Self>) -> Option<Self> {
        proposed.into_iter().reduce(|worst, next| if next.name > worst.name { next } else { worst })
    }
}

/// Formatted as in `juju status`: `blocked: Relation database is missing`.
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
