//! `storage-add`, `storage-get` and `storage-list`.

use std::path::PathBuf;

use serde::Deserialize;

use super::{Command, Result, Runner};

/// The output of `storage-get`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct StorageInfo {
    /// `filesystem` or `block`.
    pub kind: String,
    /// The mount point, or the block device.
    pub location: PathBuf,
}

/// `storage-add`: request more instances of a storage.
pub fn storage_add(runner: &dyn Runner, name: &str, count: u32) -> Result<()> {
    Command::new("storage-add").arg(format!("{name}={count}")).run(runner)
}

/// `storage-get`: information about an instance, such as `data/0`.
pub fn storage_get(runner: &dyn Runner, id: &str) -> Result<StorageInfo> {
    Command::new("storage-get").args(["--format=json", "-s", id]).json(runner)
}

/// `storage-list`: the instances of a storage that are attached to this unit, such as `data/0`.
pub fn storage_list(runner: &dyn Runner, name: &str) -> Result<Vec<String>> {
    Command::new("storage-list").args(["--format=json", name]).json(runner)
}
