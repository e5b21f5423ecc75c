//! Locks on units and machines, across commands.
//!
//! A lock ends with the process that holds it. So if nobody holds the lock for some work, nobody is doing the work.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::private;

/// The locks of one model.
#[derive(Clone, Debug)]
pub struct Locks {
    folder: PathBuf,
}

/// One or more locks that are held. They are released when this is dropped.
#[derive(Debug)]
pub struct LockGuard {
    _locks: Vec<File>,
}

impl Locks {
    /// The locks of a model: files in the data folder.
    pub fn new(data: &Path, model: &str) -> io::Result<Self> {
        let folder = data.join("models").join(model);
        private::folder(&folder)?;
        Ok(Self { folder })
    }

    /// The lock of the command that decides what the model's units do next.
    pub fn runner(&self) -> io::Result<File> {
        private::lock_file(&self.folder.join("runner.lock"))
    }

    /// Take all of these locks, unless another process holds one of them.
    pub fn try_lock(&self, names: &[String]) -> io::Result<Option<LockGuard>> {
        let mut locks = Vec::new();
        for name in names {
            let lock = self.open(name)?;
            match lock.try_lock() {
                Ok(()) => locks.push(lock),
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(Some(LockGuard { _locks: locks }))
    }

    /// Wait for a lock, and share it with others who do the same.
    pub fn lock_shared(&self, name: &str) -> io::Result<LockGuard> {
        let lock = self.open(name)?;
        lock.lock_shared()?;
        Ok(LockGuard { _locks: vec![lock] })
    }

    fn open(&self, name: &str) -> io::Result<File> {
        private::lock_file(&self.folder.join(format!("{}.lock", name.replace('/', "-"))))
    }
}

/// The name of the lock on a unit's agent or, for a machine's number, on the commands of `juju exec --machine`.
pub fn agent_lock(unit: &str) -> String {
    format!("agent-{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let locks = Locks::new(folder.path(), "model").unwrap();
        let both = ["agent-web/0".to_owned(), "machine-0".to_owned()];
        let lock = locks.try_lock(&both).unwrap().unwrap();
        assert!(locks.try_lock(&both[1..]).unwrap().is_none());
        assert!(locks.try_lock(&["agent-web/1".to_owned()]).unwrap().is_some());
        drop(lock);
        assert!(locks.try_lock(&both).unwrap().is_some());
    }
}
