//! Resources.

use serde::{Deserialize, Serialize};

/// A file that was given to the application beside its charm.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// The charm's name for it.
    pub name: String,
    /// Where `resource-get` says that it is.
    pub path: String,
}

impl Resource {
    /// The resource `name` at `path`.
    pub fn new(name: impl Into<String>, path: impl Into<String>) -> Self {
        Self { name: name.into(), path: path.into() }
    }
}
