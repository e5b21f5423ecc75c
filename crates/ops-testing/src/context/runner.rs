//! Hook commands that are answered in this process.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ops::hookcmds::{Command, Output, Runner};

use crate::answers::{Call, Juju};

/// Gives the charm's hook commands to [`Juju`].
pub(super) struct InProcess {
    juju: Mutex<Option<Juju>>,
    charm_dir: PathBuf,
}

impl InProcess {
    pub(super) fn new(juju: Juju, charm_dir: PathBuf) -> Self {
        Self { juju: Mutex::new(Some(juju)), charm_dir }
    }

    /// Juju, after the hook. Nothing the second time.
    pub(super) fn take(&self) -> Option<Juju> {
        // A panic of the charm leaves Juju as it was between two commands.
        self.juju.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Runner for InProcess {
    fn run(&self, command: &Command) -> io::Result<Output> {
        let mut juju = self.juju.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(juju) = juju.as_mut() else { return Err(io::Error::other("the hook has ended")) };
        Ok(juju.answer(&Call {
            name: command.name(),
            args: command.arguments(),
            stdin: command.input(),
            cwd: &self.charm_dir,
            root: Path::new("/"),
        }))
    }
}
