//! Storage instances.

use serde::{Deserialize, Serialize};

/// What a storage instance is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageKind {
    /// A device.
    Block,
    /// A folder.
    #[default]
    Filesystem,
}

impl StorageKind {
    /// The word that Juju uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Filesystem => "filesystem",
        }
    }
}

/// A storage instance that is attached to the unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Storage {
    /// The charm's name for it.
    pub name: String,
    /// Its number.
    pub index: u32,
    /// Where it is.
    pub location: String,
    /// What it is.
    #[serde(default)]
    pub kind: StorageKind,
}

impl Storage {
    /// The storage instance number 0 of `name`, a folder.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let location = format!("/var/lib/juju/storage/{name}/0");
        Self { name, index: 0, location, kind: StorageKind::Filesystem }
    }

    /// With this number, and the folder that Juju would choose for it.
    #[must_use]
    pub fn index(mut self, index: u32) -> Self {
        self.index = index;
        self.location = format!("/var/lib/juju/storage/{}/{index}", self.name);
        self
    }

    /// At this path.
    #[must_use]
    pub fn location(mut self, path: impl Into<String>) -> Self {
        self.location = path.into();
        self
    }

    /// What Juju calls it: `data/0`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.name, self.index)
    }
}
