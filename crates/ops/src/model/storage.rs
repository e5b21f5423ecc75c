//! Storage.

use std::fmt;
use std::path::PathBuf;

use crate::error::Error;
use crate::hookcmds;
use crate::model::{Model, cached};

/// An instance of a storage that the charm's metadata defines.
#[derive(Clone)]
pub struct Storage {
    model: Model,
    name: String,
    index: u32,
}

impl Model {
    /// The instances of a storage that are attached to this unit.
    ///
    /// # Errors
    /// The metadata defines no such storage, or `storage-list` failed.
    pub fn storages(&self, name: &str) -> Result<Vec<Storage>, Error> {
        Self::check_defined("storage", name, self.meta()?.storages.contains_key(name))?;
        let ids =
            cached(&self.inner.storage_ids, name.to_owned(), |name| Ok(hookcmds::storage_list(self.runner(), name)?))?;
        ids.iter().map(|id| self.storage_by_id(id)).collect()
    }

    /// Request more instances of a storage. `storage-attached` is sent for each of them.
    ///
    /// # Errors
    /// The metadata defines no such storage, or `storage-add` failed.
    pub fn request_storage(&self, name: &str, count: u32) -> Result<(), Error> {
        Self::check_defined("storage", name, self.meta()?.storages.contains_key(name))?;
        Ok(hookcmds::storage_add(self.runner(), name, count)?)
    }

    pub(crate) fn storage_by_id(&self, id: &str) -> Result<Storage, Error> {
        let parts = id.rsplit_once('/').and_then(|(name, index)| Some((name, index.parse().ok()?)));
        let (name, index) = parts.ok_or_else(|| Error::Unexpected {
            command: "storage-list",
            value: id.to_owned(),
            expected: "a storage instance such as data/0",
        })?;
        Ok(Storage { model: self.clone(), name: name.to_owned(), index })
    }
}

impl Storage {
    /// The storage's name, as in the charm's metadata.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The instance's number, unique in the model.
    #[must_use]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// The instance's ID, such as `data/0`.
    #[must_use]
    pub fn id(&self) -> String {
        self.to_string()
    }

    /// Where it is: the mount point of a file system, or the path of a block device.
    ///
    /// # Errors
    /// `storage-get` failed.
    pub fn location(&self) -> Result<PathBuf, Error> {
        cached(&self.model.inner.storage_locations, self.id(), |id| {
            Ok(hookcmds::storage_get(self.model.runner(), id)?.location)
        })
    }
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.index)
    }
}

impl PartialEq for Storage {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.index) == (&other.name, other.index)
    }
}

impl Eq for Storage {}

impl PartialOrd for Storage {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Storage {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (&self.name, self.index).cmp(&(&other.name, other.index))
    }
}

impl std::hash::Hash for Storage {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (&self.name, self.index).hash(state);
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Storage({self})")
    }
}
