//! A machine on disk: its folder, and the record in it.

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Error, Result, init_process};
use crate::private;

/// What machines are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MachineKind {
    /// Copy-on-write views of this computer, each in its own namespaces.
    Namespaces,
    /// This computer itself, without isolation.
    Host,
}

/// What a machine's init process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// minijuju, which only keeps the machine alive.
    #[default]
    Plain,
    Systemd,
}

/// `machine.json` in a machine's folder. It is written before anything of the machine exists, so that a record names
/// whatever a crash leaves behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) hostname: String,
    pub(super) kind: MachineKind,
    /// The last byte of its address; 0 on the host itself.
    pub(super) number: u8,
    pub(super) address: Ipv4Addr,
    pub(super) gateway: Ipv4Addr,
    /// The host's end of its veth pair.
    pub(super) interface: String,
    /// The content of its `/etc/resolv.conf`.
    pub(super) resolv_conf: String,
    /// The host's `/etc/hosts`, for a new machine; a machine that starts again keeps its own. Read on the host and not
    /// in the machine's view: in a container it is a mount of its own.
    #[serde(default)]
    pub(super) hosts: Option<String>,
    /// The host's PID of its init process, once it is up.
    pub(super) pid: Option<u32>,
    #[serde(default)]
    pub(super) init: Init,
    /// The base that it is a view of, or `None` for the host's root.
    #[serde(default)]
    pub(super) base: Option<String>,
    /// The cgroup that its systemd manages, as a path on the host.
    #[serde(default)]
    pub(super) cgroup: Option<PathBuf>,
    /// Whether it was ever up. Only then are its files kept after a crash.
    #[serde(rename = "made")]
    pub(super) was_up: bool,
    /// Start time, in seconds since 1970.
    pub(super) started: u64,
    /// Warnings about its start for the user.
    #[serde(rename = "notes")]
    pub(super) warnings: Vec<String>,
}

/// A machine's folder: `$MINIJUJU_DATA/machines/ID`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MachineFolder(PathBuf);

impl MachineFolder {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The record, or `None` if it is missing or incomplete: then the machine was never up.
    pub(super) fn read(&self) -> Result<Option<Record>> {
        read_json(&self.0.join("machine.json"))
    }

    pub(super) fn write(&self, record: &Record) -> Result<()> {
        write_json(&self.0.join("machine.json"), record)
    }

    /// The PID of the machine's init process, if it runs. Its arguments name this folder, so a process that reused the
    /// PID does not match.
    pub(super) fn init_pid(&self, record: &Record) -> Option<u32> {
        record.pid.filter(|pid| self.is_init(*pid))
    }

    /// Whether the process is the init process of this folder's machine.
    pub(super) fn is_init(&self, pid: u32) -> bool {
        init_process::folder_of(pid).is_some_and(|folder| folder == self.0)
    }

    /// Bytes on disk that the machine wrote.
    pub(super) fn disk_usage(&self) -> u64 {
        disk_usage(&self.0.join("upper"))
    }
}

/// The disk usage of a folder. Files that vanish or cannot be read count as 0.
pub(super) fn disk_usage(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .filter_map(|entry| {
            let meta = entry.metadata().ok()?;
            let below = if meta.is_dir() { disk_usage(&entry.path()) } else { 0 };
            // `blocks` counts units of 512 bytes, whatever the file system's own block size is.
            Some(meta.blocks() * 512 + below)
        })
        .sum()
}

/// Read a JSON file; `None` if it is missing or does not hold a whole `T`.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match fs::read(path) {
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("read", path)(error)),
    }
}

/// Replace a JSON file atomically.
pub(super) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let text = serde_json::to_vec_pretty(value).map_err(|error| Error::file("write", path)(error.into()))?;
    private::replace(path, &text).map_err(Error::file("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_record_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("machine.json"), "{\"id\": \"m-0\", \"host").unwrap();
        assert_eq!(MachineFolder::new(folder.path()).read().unwrap(), None);
    }

    #[test]
    fn another_process_is_not_taken_for_the_init_process() {
        let folder = tempfile::tempdir().unwrap();
        let folder = MachineFolder::new(folder.path());
        assert_eq!(init_process::folder_of(std::process::id()), None);
        assert!(init_process::all().iter().all(|(_, other)| other != folder.path()));
    }

    #[test]
    fn disk_usage_includes_subfolders() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("upper/root/etc");
        fs::create_dir_all(&below).unwrap();
        fs::write(below.join("file"), vec![1; 100_000]).unwrap();
        assert!(MachineFolder::new(folder.path()).disk_usage() >= 100_000);
    }
}
