//! Removes all machines, and what crashes left of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::error::ignore_missing;
use super::lock::Lock;
use super::record::{MachineFolder, MachineKind};
use super::stop::{remove_folder, remove_machine};
use super::{Error, Machines, Result, cgroup, init_process, paths};

impl Machines {
    /// Run `prepare`, then stop and remove all machines, and what crashes left of any. Returns the IDs of those
    /// removed. A command that was already running cannot start a machine afterwards.
    pub fn prepare_and_clean<T>(&self, prepare: impl FnOnce() -> T) -> Result<(T, Vec<String>)> {
        let lock = Self::lock_if_root()?;
        let prepared = prepare();
        let duplicate = lock.as_ref().map(Lock::duplicate_fd).transpose()?;
        let removed = self.clean_locked(lock)?;
        let folder = paths::machines(&self.data);
        fs::remove_dir(&folder).or_else(ignore_missing).map_err(Error::file("remove", folder))?;
        drop(duplicate);
        Ok((prepared, removed))
    }

    /// Users other than root have no machines, and cannot open the lock.
    pub(super) fn lock_if_root() -> Result<Option<Lock>> {
        nix::unistd::geteuid().is_root().then(Lock::acquire).transpose()
    }

    /// Stop and remove all machines, and what crashes left of any. It holds the lock while it looks for leftovers: a
    /// killed command may have left a program running.
    pub(super) fn clean_locked(&self, lock: Option<Lock>) -> Result<Vec<String>> {
        self.remove_unfinished_bases()?;
        let mut removed = Vec::new();
        for folder in self.folders()? {
            if folder.read()?.is_some_and(|record| record.kind == MachineKind::Host) {
                remove_folder(&folder)?;
                removed.push(id(&folder));
            }
        }
        let stray = || {
            init_process::all().into_iter().map(|(_, folder)| folder).filter(|folder| folder.starts_with(&self.data))
        };
        if self.folders()?.is_empty() && stray().next().is_none() && !self.network.exists() {
            return Ok(removed);
        }
        Self::check_permitted()?;
        let lock = lock.map_or_else(Lock::acquire, Ok)?;
        // Include machines whose folder somebody removed.
        let folders: BTreeSet<PathBuf> =
            self.folders()?.iter().map(|folder| folder.path().to_owned()).chain(stray()).collect();
        for folder in folders {
            let folder = MachineFolder::new(folder);
            remove_machine(&lock, &folder)?;
            removed.push(id(&folder));
        }
        cgroup::remove_all(self.network.tag())?;
        self.network.remove(&lock)?;
        Ok(removed)
    }
}

fn id(folder: &MachineFolder) -> String {
    folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
}
