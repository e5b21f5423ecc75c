//! The data of `juju storage`, and of the storage in `juju status`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::format::{Colours, Paint, Table};
use crate::store::Life;

/// The storage of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CombinedStorage {
    /// By ID, such as `data/0`.
    #[serde(rename = "storage", skip_serializing_if = "BTreeMap::is_empty")]
    pub storage_instances: BTreeMap<String, StorageInfo>,
    /// By ID, such as `0`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub filesystems: BTreeMap<String, FilesystemInfo>,
}

impl CombinedStorage {
    /// Remove the units' mount points of filesystems, which `juju storage` of Juju 4 does not show.
    pub fn hide_filesystem_locations(&mut self) {
        let attachments = self.filesystems.values_mut().filter_map(|filesystem| filesystem.attachments.as_mut());
        for unit in attachments.flat_map(|attachments| attachments.units.values_mut()) {
            (unit.location, unit.life) = (String::new(), None);
        }
    }

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
    pub life: Life,
    /// `attached`, `pending`, `detached`.
    pub status: StorageStatus,
    /// Whether it outlives its unit.
    pub persistent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<StorageAttachments>,
}

/// The units that have a storage instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StorageAttachments {
    /// By unit name.
    pub units: BTreeMap<String, UnitStorageAttachment>,
}

/// A storage instance on a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UnitStorageAttachment {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub machine: String,
    /// The folder or device.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
}

/// The status of a storage instance or filesystem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StorageStatus {
    /// `attached`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub current: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it was set, by [`Clock::since`](crate::format::Clock::since).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub since: String,
}

/// The filesystem of a storage instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FilesystemInfo {
    #[serde(rename = "provider-id", skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    /// The storage instance's ID.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<FilesystemAttachments>,
    /// The storage pool, such as `rootfs`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pool: String,
    /// Its size, in MiB.
    pub size: u64,
    pub life: Life,
    /// `attached`.
    pub status: StorageStatus,
}

/// The machines and units that have a filesystem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FilesystemAttachments {
    /// By machine ID.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub machines: BTreeMap<String, FilesystemAttachment>,
    /// By unit name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, UnitStorageAttachment>,
}

/// A filesystem on a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FilesystemAttachment {
    #[serde(rename = "mount-point")]
    pub mount_point: String,
    #[serde(rename = "read-only")]
    pub read_only: bool,
    pub life: Life,
}

/// One line of a storage table.
struct StorageLine<'a> {
    unit: &'a str,
    id: &'a str,
    info: &'a StorageInfo,
    filesystem: Option<&'a FilesystemInfo>,
}

impl CombinedStorage {
    /// The lines of a storage table: detached storage first, then by unit.
    fn lines(&self) -> Vec<StorageLine<'_>> {
        let mut lines = Vec::new();
        for (id, info) in &self.storage_instances {
            let filesystem = self.filesystems.values().find(|filesystem| filesystem.storage == *id);
            match &info.attachments {
                None => lines.push(StorageLine { unit: "", id, info, filesystem }),
                Some(attachments) => {
                    lines.extend(attachments.units.keys().map(|unit| StorageLine { unit, id, info, filesystem }));
                }
            }
        }
        lines
    }

    fn has_pools(&self) -> bool {
        self.filesystems.values().any(|filesystem| !filesystem.pool.is_empty())
    }
}

impl StorageLine<'_> {
    fn pool(&self) -> &str {
        self.filesystem.map(|filesystem| filesystem.pool.as_str()).unwrap_or_default()
    }

    fn size(&self) -> String {
        self.filesystem.map(|filesystem| size(filesystem.size)).unwrap_or_default()
    }

    fn mount_point(&self) -> &str {
        let attachments = self.filesystem.and_then(|filesystem| filesystem.attachments.as_ref());
        let attachment = attachments.and_then(|attachments| attachments.machines.values().next());
        attachment.map(|attachment| attachment.mount_point.as_str()).unwrap_or_default()
    }
}

/// Write the storage part of `juju status --storage`.
pub fn status_lines(table: &mut Table, storage: &CombinedStorage) {
    let pools = storage.has_pools();
    table.write("\n");
    table.cells(&["Storage Unit", "Storage ID", "Type"]);
    if pools {
        table.cells(&["Pool"]);
    }
    table.line(&["Mountpoint", "Size", "Status", "Message"]);
    let mut lines = storage.lines();
    lines.sort_by_key(|line| (line.unit, line.id));
    for line in lines {
        table.cells(&[line.unit, line.id, &line.info.kind]);
        if pools {
            table.cells(&[line.pool()]);
        }
        table.cells(&[line.mount_point(), &line.size()]);
        table.status(&line.info.status.current);
        table.paint(Paint::Gray, &line.info.status.message);
        table.write("\n");
    }
    table.flush();
}

/// `juju storage` as a table.
#[must_use]
pub fn storage_tabular(storage: &CombinedStorage, colour: Colours) -> String {
    let pools = storage.has_pools();
    let mut table = Table::new(colour);
    table.cells(&["Unit", "Storage ID", "Type"]);
    if pools {
        table.cells(&["Pool"]);
    }
    table.line(&["Size", "Status", "Message"]);
    let number = |id: &str| id.rsplit_once('/').and_then(|(_, number)| number.parse::<u64>().ok());
    let mut lines = storage.lines();
    lines.sort_by_key(|line| (line.unit, line.id.split('/').next(), number(line.id)));
    for line in lines {
        table.cells(&[line.unit, line.id, &line.info.kind]);
        if pools {
            table.cells(&[line.pool()]);
        }
        table.cells(&[&line.size()]);
        table.status(&line.info.status.current);
        table.line(&[&line.info.status.message]);
    }
    table.finish()
}

impl FilesystemInfo {
    /// Whether it is attached to one of these machines.
    pub fn is_on(&self, machines: &[String]) -> bool {
        let attachments = self.attachments.iter().flat_map(|attachments| attachments.machines.keys());
        attachments.into_iter().any(|machine| machines.contains(machine))
    }
}

/// `juju storage --filesystem` as a table: filesystems that are attached to a machine.
#[must_use]
pub fn filesystems_tabular(storage: &CombinedStorage) -> String {
    let mut rows = Vec::new();
    for (id, found) in &storage.filesystems {
        for (machine, attachment) in found.attachments.iter().flat_map(|attachments| &attachments.machines) {
            let unit = found.attachments.iter().flat_map(|attachments| attachments.units.keys()).next();
            rows.push((machine, unit.map_or("", String::as_str), id, found, attachment));
        }
    }
    rows.sort_by_key(|(machine, unit, id, ..)| (machine.parse::<u64>().ok(), *unit, *id));
    let mut table = Table::new(Colours::Off);
    if !rows.is_empty() {
        table.cells(&["Machine"]);
    }
    table.cells(&["Unit", "Storage ID", "ID"]);
    if !rows.is_empty() {
        table.cells(&["Volume"]);
    }
    table.line(&["Provider ID", "Mountpoint", "Size", "State", "Message"]);
    for (machine, unit, id, found, attachment) in rows {
        table.cells(&[machine, unit, &found.storage, id, "", &found.provider_id, &attachment.mount_point]);
        table.line(&[&size(found.size), &found.status.current, &found.status.message]);
    }
    table.finish()
}

/// A human-readable size: `512 MiB`, `1.0 GiB`.
fn size(mebibytes: u64) -> String {
    if mebibytes == 0 {
        return String::new();
    }
    let mut unit = "MiB";
    // One decimal is shown; f64 is precise enough for any real size.
    #[allow(clippy::cast_precision_loss)]
    let mut value = mebibytes as f64;
    for larger in ["GiB", "TiB", "PiB", "EiB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    let value = (value * 10.0 + 0.5).floor() / 10.0;
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> CombinedStorage {
        let since = "22 Nov 2026 08:15:01Z".to_owned();
        let status = StorageStatus { current: "attached".into(), message: String::new(), since };
        let attachment =
            UnitStorageAttachment { machine: "0".into(), location: "/srv/data".into(), life: Some(Life::Alive) };
        let units = BTreeMap::from([("db/0".to_owned(), attachment)]);
        let machine = FilesystemAttachment { mount_point: "/srv/data".into(), read_only: false, life: Life::Alive };
        CombinedStorage {
            storage_instances: BTreeMap::from([(
                "data/0".to_owned(),
                StorageInfo {
                    kind: "filesystem".into(),
                    life: Life::Alive,
                    status: status.clone(),
                    persistent: false,
                    attachments: Some(StorageAttachments { units: units.clone() }),
                },
            )]),
            filesystems: BTreeMap::from([(
                "0/0".to_owned(),
                FilesystemInfo {
                    provider_id: "0/0".into(),
                    storage: "data/0".into(),
                    attachments: Some(FilesystemAttachments {
                        machines: BTreeMap::from([("0".to_owned(), machine)]),
                        units,
                    }),
                    pool: "rootfs".into(),
                    size: 1024,
                    life: Life::Alive,
                    status,
                },
            )]),
        }
    }

    #[test]
    fn storage_is_listed_by_unit() {
        assert_eq!(
            storage_tabular(&data(), Colours::Off),
            "\
Unit  Storage ID  Type        Pool    Size     Status    Message
db/0  data/0      filesystem  rootfs  1.0 GiB  attached  
"
        );
        assert_eq!(
            storage_tabular(&CombinedStorage::default(), Colours::Off),
            "Unit  Storage ID  Type  Size  Status  Message\n"
        );
    }

    #[test]
    fn sizes_are_rounded_as_juju_rounds_them() {
        for (mebibytes, text) in [(0, ""), (512, "512 MiB"), (1024, "1.0 GiB"), (1536, "1.5 GiB"), (35_840, "35 GiB")] {
            assert_eq!(size(mebibytes), text);
        }
    }

    #[test]
    fn storage_is_a_document_with_jujus_names() {
        assert_eq!(
            crate::format::yaml(&data()),
            "\
storage:
  data/0:
    kind: filesystem
    life: alive
    status:
      current: attached
      since: 22 Nov 2026 08:15:01Z
    persistent: false
    attachments:
      units:
        db/0:
          machine: \"0\"
          location: /srv/data
          life: alive
filesystems:
  0/0:
    provider-id: 0/0
    storage: data/0
    attachments:
      machines:
        \"0\":
          mount-point: /srv/data
          read-only: false
          life: alive
      units:
        db/0:
          machine: \"0\"
          location: /srv/data
          life: alive
    pool: rootfs
    size: 1024
    life: alive
    status:
      current: attached
      since: 22 Nov 2026 08:15:01Z
"
        );
    }
}
