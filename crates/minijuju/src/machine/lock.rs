//! The lock for changes to machines and their network.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use super::{Error, Result};
use crate::private;

const PATH: &str = "/run/minijuju/lock";

/// Held while machines start and stop, across all data folders: subnets are chosen from those that are free.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Wait for the lock and take it. It is released when it and all its duplicates are dropped.
    pub(super) fn acquire() -> Result<Self> {
        Self::acquire_at(Path::new(PATH))
    }

    fn acquire_at(path: &Path) -> Result<Self> {
        let open = || {
            // Anyone who can open a file can lock it.
            private::folder(path.parent().unwrap_or(path))?;
            loop {
                let file = private::lock_file(path)?;
                file.lock()?;
                if private::is_at(&file, path)? {
                    return Ok(Self(file));
                }
            }
        };
        open().map_err(Error::file("lock", path))
    }

    /// Another descriptor for the lock, which holds it too. A program that works under the lock inherits it, so that
    /// the lock lasts until the program ends, even if this process ends first.
    pub(super) fn duplicate_fd(&self) -> Result<OwnedFd> {
        self.0.try_clone().map(OwnedFd::from).map_err(Error::file("share", PATH))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, TryLockError};

    use super::super::host_program::HostProgram;
    use super::*;

    #[test]
    fn a_program_run_under_the_lock_holds_it_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/lock");
        let lock = Lock::acquire_at(&path).unwrap();
        // `nsenter` without a namespace just runs the program. Its child blocks until the pipe has a writer.
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let script = format!("(read word) >&- 2>&- <'{}' &", pipe.display());
        HostProgram::Nsenter.run_locked(&lock, &["sh", "-c", &script], "", "leave a child").unwrap();
        drop(lock);

        let other = File::open(&path).unwrap();
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        fs::write(&pipe, "end\n").unwrap();
        other.lock().unwrap();
    }
}
