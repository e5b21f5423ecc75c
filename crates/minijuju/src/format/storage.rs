//! What `juju storage` and the storage part of `juju status` know.

use std::collections::BTreeMap;

use serde::Serialize;

/// The storage of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CombinedStorage {
    /// Storage instances, by id (`data/0`).
    #[serde(rename = "storage", skip_serializing_if = "BTreeMap::is_empty")]
    pub storage_instances: BTreeMap<String, StorageInfo>,
    /// The filesystems behind them, by id (`0`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub filesystems: BTreeMap<String, FilesystemInfo>,
}

impl CombinedStorage {
    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.storage_instances.is_empty() && self.filesystems.is_empty()
    }
}

/// One storage instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StorageInfo {
    /// `filesystem` or `block`.
    pub kind: String,
    /// `alive`, `dying` or `dead`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub life: String,
    /// `attached`, `pending`, `detached`.
    pub status: StorageStatus,
    /// Whether it outlives its unit.
    pub persistent: bool,
    /// The units that have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<StorageAttachments>,
}

/// The units that have a storage instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StorageAttachments {
    /// By unit name.
    pub units: BTreeMap<String, UnitStorageAttachment>,
}

/// Where a unit has a storage instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UnitStorageAttachment {
    /// The unit's machine.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub machine: String,
    /// The folder, or device.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
    /// `alive`, `dying` or `dead`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub life: String,
}

/// A storage instance's or filesystem's status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StorageStatus {
    /// `attached`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub current: String,
    /// What goes with it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Since when, by [`Clock::since`](super::Clock::since).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub since: String,
}

/// A filesystem behind a storage instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FilesystemInfo {
    /// The cloud's id for it.
    #[serde(rename = "provider-id", skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    /// The storage instance that it is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage: String,
    /// The machines and units that have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<FilesystemAttachments>,
    /// The storage pool (`rootfs`).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pool: String,
    /// Its size, in MiB.
    pub size: u64,
    /// `alive`, `dying` or `dead`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub life: String,
    /// `attached`.
    pub status: StorageStatus,
}

/// The machines and units that have a filesystem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FilesystemAttachments {
    /// By machine id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub machines: BTreeMap<String, FilesystemAttachment>,
    /// By unit name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, UnitStorageAttachment>,
}

/// Where a machine has a filesystem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FilesystemAttachment {
    /// The folder.
    #[serde(rename = "mount-point")]
    pub mount_point: String,
    /// Whether it can only be read.
    #[serde(rename = "read-only")]
    pub read_only: bool,
    /// `alive`, `dying` or `dead`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub life: String,
}
