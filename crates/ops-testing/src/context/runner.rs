//! Hook commands that are answered in this process.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ops::hookcmds::{Command, Output, Runner};

use emulator::{Call, Juju};

/// Gives the charm's hook commands to [`Juju`], while a hook runs.
#[derive(Debug, Default)]
pub(super) struct InProcess(Mutex<Option<(Juju, PathBuf)>>);

impl InProcess {
    /// A hook begins, with the charm in `charm_dir`.
    pub(super) fn begin(&self, juju: Juju, charm_dir: PathBuf) {
        *self.lock() = Some((juju, charm_dir));
    }

    /// The hook has ended. Nothing if none had begun.
    pub(super) fn end(&self) -> Option<Juju> {
        self.lock().take().map(|(juju, _)| juju)
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Juju, PathBuf)>> {
        // A panic of the charm leaves Juju as it was between two commands.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Runner for InProcess {
    fn run(&self, command: &Command) -> io::Result<Output> {
        let mut running = self.lock();
        let Some((juju, charm_dir)) = running.as_mut() else { return Err(io::Error::other("no hook runs")) };
        Ok(juju.answer(&Call {
            name: command.name(),
            args: command.arguments(),
            stdin: command.input(),
            cwd: charm_dir,
            root: Path::new("/"),
        }))
    }
}
