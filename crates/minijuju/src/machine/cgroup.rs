//! A machine's cgroup (v2). The machine's systemd manages it as if it were the whole tree (cgroups(7)).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::error::ignore_missing;
use super::{Error, Result, mountinfo};

/// How long it may take until a cgroup whose processes were killed can be removed.
const REMOVE_TIMEOUT: Duration = Duration::from_secs(10);

/// The file that lists a cgroup's processes. Writing a PID to it moves that process into the cgroup.
pub(super) const PROCESSES_FILE: &str = "cgroup.procs";

/// Why a machine on this computer cannot boot systemd.
#[derive(Debug, thiserror::Error)]
pub(super) enum SystemdUnavailable {
    #[error("systemd is not installed on this computer")]
    NotInstalled,
    #[error("systemd is not installed in the base {0}")]
    NotInBase(String),
    #[error("cgroup v2 is not mounted on this computer")]
    NoCgroupV2,
    #[error("the cgroup {} cannot be made: {error}", path.display())]
    NoCgroup { path: PathBuf, error: io::Error },
}

/// Create the cgroup of machine `id` below that of its data folder.
pub(super) fn create(tag: &str, id: &str) -> Result<PathBuf, SystemdUnavailable> {
    let parent = parent_of_machines(tag).ok_or(SystemdUnavailable::NoCgroupV2)?;
    let cgroup = parent.join(id);
    let failed = |path: &Path, error| SystemdUnavailable::NoCgroup { path: path.to_owned(), error };
    fs::create_dir_all(&parent).map_err(|error| failed(&parent, error))?;
    // Enable the controllers that are available, one by one: in a hybrid hierarchy most are elsewhere.
    for controller in fs::read_to_string(parent.join("cgroup.controllers")).unwrap_or_default().split_whitespace() {
        let _ = fs::write(parent.join("cgroup.subtree_control"), format!("+{controller}"));
    }
    match fs::create_dir(&cgroup) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(&cgroup, error)),
        _ => {}
    }
    let processes = cgroup.join(PROCESSES_FILE);
    fs::File::options().write(true).open(&processes).map_err(|error| failed(&cgroup, error))?;
    Ok(cgroup)
}

/// Move this process into a cgroup.
pub(super) fn join(cgroup: &Path) -> Result<()> {
    let processes = cgroup.join(PROCESSES_FILE);
    fs::write(&processes, "0").map_err(Error::file("write", processes))
}

/// Remove a cgroup and everything below it. Its processes have been killed, but may still be exiting.
pub(super) fn remove(cgroup: &Path) -> Result<()> {
    let deadline = Instant::now() + REMOVE_TIMEOUT;
    loop {
        match remove_tree(cgroup) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(2));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::file("remove", cgroup)(error));
            }
            _ => return Ok(()),
        }
    }
}

/// Remove the cgroup of a data folder's machines, and what a crash left in it.
pub(super) fn remove_all(tag: &str) -> Result<()> {
    parent_of_machines(tag).map_or(Ok(()), |parent| remove(&parent))
}

/// The cgroup that holds those of a data folder's machines, or `None` if cgroup v2 is not mounted.
fn parent_of_machines(tag: &str) -> Option<PathBuf> {
    let mountinfo = fs::read_to_string("/proc/self/mountinfo").ok()?;
    Some(mountinfo::mount_point_of(&mountinfo, "cgroup2")?.join(format!("minijuju-{tag}")))
}

/// A cgroup is removed with `rmdir`; its control files vanish with it.
fn remove_tree(cgroup: &Path) -> io::Result<()> {
    for entry in fs::read_dir(cgroup)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path()).or_else(ignore_missing)?;
        }
    }
    fs::remove_dir(cgroup)
}
