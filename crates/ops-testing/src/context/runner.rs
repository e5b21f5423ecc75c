//! Answers hook commands in this process.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ops::hookcmds::{Command, Output, Runner};

use emulator::{Call, Juju};

/// Passes the charm's hook commands to [`Juju`] while a hook runs.
#[derive(Debug, Default)]
pub(super) struct InProcessRunner(Mutex<Option<(Juju, PathBuf)>>);

impl InProcessRunner {
    /// Start a hook, with the charm in `charm_dir`.
    pub(super) fn begin(&self, juju: Juju, charm_dir: PathBuf) {
        *self.lock() = Some((juju, charm_dir));
    }

    /// End the hook. `None` if none was running.
    pub(super) fn end(&self) -> Option<Juju> {
        self.lock().take().map(|(juju, _)| juju)
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Juju, PathBuf)>> {
        // A panic of the charm happens between two commands, so this is consistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refuse what Linux refuses: an argument with NUL or of more than 128 KiB (`MAX_ARG_STRLEN`, see execve(2)), or
/// arguments that together exceed a quarter of the default stack limit of 8 MiB.
fn check_arguments(command: &Command) -> io::Result<()> {
    const E2BIG: i32 = 7;
    let args = command.arguments();
    if args.iter().any(|arg| arg.contains('\0')) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "nul byte found in provided data"));
    }
    let total: usize = args.iter().map(|arg| arg.len() + 1).sum();
    if total > 2 * 1024 * 1024 || args.iter().any(|arg| arg.len() >= 128 * 1024) {
        return Err(io::Error::from_raw_os_error(E2BIG));
    }
    Ok(())
}

impl Runner for InProcessRunner {
    fn run(&self, command: &Command) -> io::Result<Output> {
        check_arguments(command)?;
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
