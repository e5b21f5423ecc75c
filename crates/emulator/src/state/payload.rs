//! Payloads: processes that a charm has told Juju of. Juju has given them up; the hook commands are still there.

use serde::{Deserialize, Serialize};

/// A process that the charm has registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// The charm's name for its kind.
    pub class: String,
    /// Its type, such as `docker`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// `starting`, `running`, `stopping` or `stopped`.
    pub status: String,
    /// Its labels.
    #[serde(default)]
    pub labels: Vec<String>,
}
