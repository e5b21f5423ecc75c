//! A machine's cgroup (v2). The machine's systemd manages it as if it were the whole tree (cgroups(7)).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::overlay;
use super::{Error, Result};

/// How long it may take until a cgroup whose processes were killed can be removed.
const PATIENCE: Duration = Duration::from_secs(10);

/// The file that lists a cgroup's processes. Writing a PID to it moves that process into the cgroup.
pub(super) const PROCESSES: &str = "cgroup.procs";

/// Why a machine on this computer cannot boot systemd.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unavailable {
    #[error("systemd is not installed on this computer")]
    NoSystemd,
    #[error("systemd is not installed in the base {0}")]
    NotInBase(String),
    #[error("cgroup v2 is not mounted on this computer")]
    NotMounted,
    /// The kernel refused.
    #[error("the cgroup {} cannot be made: {error}", path.display())]
    Refused { path: PathBuf, error: io::Error },
}

/// Make the cgroup of machine `id` below that of its data folder.
pub(super) fn make(tag: &str, id: &str) -> std::result::Result<PathBuf, Unavailable> {
    let all = parent(tag).ok_or(Unavailable::NotMounted)?;
    let own = all.join(id);
    let failed = |path: &Path, error| Unavailable::Refused { path: path.to_owned(), error };
    fs::create_dir_all(&all).map_err(|error| failed(&all, error))?;
    // Enable the controllers that are available, one by one: in a hybrid hierarchy most are elsewhere.
    for controller in fs::read_to_string(all.join("cgroup.controllers")).unwrap_or_default().split_whitespace() {
        let _ = fs::write(all.join("cgroup.subtree_control"), format!("+{controller}"));
    }
    match fs::create_dir(&own) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(&own, error)),
        _ => {}
    }
    let processes = own.join(PROCESSES);
    fs::File::options().write(true).open(&processes).map_err(|error| failed(&own, error))?;
    Ok(own)
}

/// Move this process into a cgroup.
pub(super) fn join(cgroup: &Path) -> Result<()> {
    let processes = cgroup.join(PROCESSES);
    fs::write(&processes, "0").map_err(Error::file("write", processes))
}

/// Remove a cgroup and everything below it. Its processes have been killed, but may still be exiting.
pub(super) fn remove(cgroup: &Path) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        match remove_tree(cgroup) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && Instant::now() < until => {
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
    parent(tag).map_or(Ok(()), |all| remove(&all))
}

fn parent(tag: &str) -> Option<PathBuf> {
    let mountinfo = fs::read_to_string("/proc/self/mountinfo").ok()?;
    Some(overlay::mount_of(&mountinfo, "cgroup2")?.join(format!("minijuju-{tag}")))
}

/// A cgroup is removed with `rmdir`; its control files vanish with it.
fn remove_tree(cgroup: &Path) -> io::Result<()> {
    for entry in fs::read_dir(cgroup)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            match remove_tree(&entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    fs::remove_dir(cgroup)
}
