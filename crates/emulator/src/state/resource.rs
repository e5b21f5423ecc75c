//! Resources.

use serde::{Deserialize, Serialize};

/// A file that is attached to the application.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// The resource's name in the charm.
    pub name: String,
    /// The path that `resource-get` prints.
    pub path: String,
}

impl Resource {
    /// The resource `name` at `path`.
    pub fn new(name: impl Into<String>, path: impl Into<String>) -> Self {
        Self { name: name.into(), path: path.into() }
    }
}
