//! A machine on disk: its folder, and the record in it.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Error, Init, Result, boot};
use crate::private;

/// What machines are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Copy-on-write views of this computer, each in its own namespaces.
    Namespaces,
    /// This computer itself, without isolation.
    Host,
}

/// `machine.json` in a machine's folder. It is written before anything of the machine exists, so that a record names
/// whatever a crash leaves behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) hostname: String,
    pub(super) kind: Kind,
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
    /// The host's PID of its first process, once it is up.
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
    pub(super) made: bool,
    /// Start time, in seconds since 1970.
    pub(super) started: u64,
    /// Remarks about its start for the user.
    pub(super) notes: Vec<String>,
}

/// A machine's folder: `$MINIJUJU_DATA/machines/ID`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder(PathBuf);

impl Folder {
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

    /// The machine's first process, if it runs. Its arguments name this folder, so a process that reused the PID does
    /// not match.
    pub(super) fn init(&self, record: &Record) -> Option<u32> {
        record.pid.filter(|pid| self.is_of_init(*pid))
    }

    /// Whether the process is the first one of this folder's machine, as [`inits`] finds it.
    pub(super) fn is_of_init(&self, pid: u32) -> bool {
        folder_of_init(pid).is_some_and(|folder| folder == self.0)
    }

    /// Bytes on disk that the machine wrote.
    pub(super) fn disk_use(&self) -> u64 {
        size(&self.0.join("upper"))
    }
}

/// The first processes of all machines on this computer, with their folders. Includes those whose starter was killed
/// before it recorded the PID.
pub(super) fn inits() -> Vec<(u32, PathBuf)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, folder_of_init(pid)?))).collect()
}

/// The folder that a process's arguments name, if it is or will become a machine's first process.
fn folder_of_init(pid: u32) -> Option<PathBuf> {
    let command = started_with(pid, "cmdline")?;
    let args: Vec<&[u8]> = command.split(|byte| *byte == 0).collect();
    // In between it is `unshare`, with these as its last arguments. The last argument ends with a zero byte too.
    let [.., init, _step, folder, b""] = args.as_slice() else { return folder_of_systemd(pid, args[0]) };
    if *init == super::init::SUBCOMMAND.as_bytes() {
        return Some(OsStr::from_bytes(folder).into());
    }
    folder_of_systemd(pid, args[0])
}

/// A process's `cmdline` or `environ`. Both are briefly empty during an `exec`; retry, because a machine whose systemd
/// is shutting down must not look as if it were gone.
fn started_with(pid: u32, what: &str) -> Option<Vec<u8>> {
    for _ in 0..20 {
        let content = fs::read(format!("/proc/{pid}/{what}")).ok()?;
        if !content.is_empty() {
            return Some(content);
        }
        // A zombie no longer has an executable, and holds nothing. A kernel thread never has one.
        fs::read_link(format!("/proc/{pid}/exe")).ok()?;
        thread::sleep(Duration::from_millis(1));
    }
    None
}

/// systemd's arguments change when it re-executes itself or its shutdown program. Its environment stays.
fn folder_of_systemd(pid: u32, program: &[u8]) -> Option<PathBuf> {
    let name = program.rsplit(|byte| *byte == b'/').next()?;
    if !name.starts_with(b"systemd") {
        return None;
    }
    // Children of systemd share its memory until they execute.
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    if numbers.split_whitespace().next_back() != Some("1") {
        return None;
    }
    let environment = started_with(pid, "environ")?;
    let value = |variable: &[u8]| Some(variable.strip_prefix(boot::FOLDER.as_bytes())?.strip_prefix(b"=")?.to_owned());
    environment.split(|byte| *byte == 0).find_map(value).map(|folder| OsStr::from_bytes(&folder).into())
}

/// The disk usage of a folder. Files that vanish or cannot be read count as 0.
pub(super) fn size(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .filter_map(|entry| {
            let meta = entry.metadata().ok()?;
            let below = if meta.is_dir() { size(&entry.path()) } else { 0 };
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
        assert_eq!(Folder::new(folder.path()).read().unwrap(), None);
    }

    #[test]
    fn another_process_is_not_taken_for_the_first_process() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::new(folder.path());
        assert_eq!(folder_of_init(std::process::id()), None);
        assert!(inits().iter().all(|(_, other)| other != folder.path()));
    }

    #[test]
    fn disk_use_counts_what_is_below() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("upper/root/etc");
        fs::create_dir_all(&below).unwrap();
        fs::write(below.join("file"), vec![1; 100_000]).unwrap();
        assert!(Folder::new(folder.path()).disk_use() >= 100_000);
    }

    #[test]
    fn a_process_that_executes_another_program_does_not_pass_for_one_that_is_gone() {
        let script = r#"exec /bin/sh -c "$0" "$0""#;
        let mut child = std::process::Command::new("/bin/sh").args(["-c", script, script]).spawn().unwrap();
        let seen = (0..3000).filter(|_| started_with(child.id(), "cmdline").is_some()).count();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(seen, 3000);
    }
}
