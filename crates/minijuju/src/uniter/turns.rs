//! Turns: locks on units and machines, across commands.
//!
//! A turn ends with the process that took it. So work that nobody has the turn for is not being done.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::private;

/// The turns of one model.
#[derive(Clone, Debug)]
pub struct Turns {
    folder: PathBuf,
}

/// A turn. It ends when this is dropped.
#[derive(Debug)]
pub struct Turn {
    _locks: Vec<File>,
}

impl Turns {
    /// The turns of a model, as locked files in the data folder.
    pub fn new(data: &Path, model: &str) -> io::Result<Self> {
        let folder = data.join("models").join(model);
        private::folder(&folder)?;
        Ok(Self { folder })
    }

    /// The lock of the command that decides what the model's units do next.
    pub fn runner(&self) -> io::Result<File> {
        private::lock_file(&self.folder.join("runner.lock"))
    }

    /// Take a turn at all of these places, unless another process has one at any of them.
    pub fn take(&self, places: &[String]) -> io::Result<Option<Turn>> {
        let mut locks = Vec::new();
        for place in places {
            let lock = self.lock(place)?;
            match lock.try_lock() {
                Ok(()) => locks.push(lock),
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(Some(Turn { _locks: locks }))
    }

    /// Take a shared turn at a place.
    pub fn share(&self, place: &str) -> io::Result<Turn> {
        let lock = self.lock(place)?;
        lock.lock_shared()?;
        Ok(Turn { _locks: vec![lock] })
    }

    fn lock(&self, place: &str) -> io::Result<File> {
        private::lock_file(&self.folder.join(format!("{}.lock", place.replace('/', "-"))))
    }
}

/// The place of a unit's agent. For a machine's number: the place of the machine's commands.
pub fn agent(unit: &str) -> String {
    format!("agent-{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_one_turns_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let turns = Turns::new(folder.path(), "model").unwrap();
        let both = ["agent-web/0".to_owned(), "machine-0".to_owned()];
        let turn = turns.take(&both).unwrap().unwrap();
        assert!(turns.take(&both[1..]).unwrap().is_none());
        assert!(turns.take(&["agent-web/1".to_owned()]).unwrap().is_some());
        drop(turn);
        assert!(turns.take(&both).unwrap().is_some());
    }
}
