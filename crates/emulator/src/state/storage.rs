//! Storage instances.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of a storage instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageKind {
    /// A block device.
    Block,
    /// A directory.
    #[default]
    Filesystem,
}

impl StorageKind {
    /// Juju's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Filesystem => "filesystem",
        }
    }
}

impl fmt::Display for StorageKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A storage instance that is attached to the unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Storage {
    /// The storage's name in the charm.
    pub name: String,
    /// The instance's number.
    pub index: u32,
    /// The path where it is mounted.
    pub location: String,
    /// Whether it is a block device or a file system.
    #[serde(default)]
    pub kind: StorageKind,
}

impl Storage {
    /// Instance number 0 of the storage `name`, a file system.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let location = format!("/var/lib/juju/storage/{name}/0");
        Self { name, index: 0, location, kind: StorageKind::Filesystem }
    }

    /// Set the number, and Juju's default path for it.
    #[must_use]
    pub fn index(mut self, index: u32) -> Self {
        self.index = index;
        self.location = format!("/var/lib/juju/storage/{}/{index}", self.name);
        self
    }

    /// Set the path.
    #[must_use]
    pub fn location(mut self, path: impl Into<String>) -> Self {
        self.location = path.into();
        self
    }

    /// Juju's ID, such as `data/0`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.name, self.index)
    }
}
