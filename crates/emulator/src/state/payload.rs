//! Payloads: processes that a charm has registered. Juju has abandoned them, but still has the hook commands.

use serde::{Deserialize, Serialize};

/// A registered process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// The payload's class in the charm's metadata.
    pub class: String,
    /// Its type, such as `docker`.
    pub kind: String,
    /// The ID that the charm gave it.
    pub id: String,
    /// `starting`, `running`, `stopping` or `stopped`.
    pub status: String,
    /// Its labels, in order.
    #[serde(default)]
    pub labels: Vec<String>,
}
