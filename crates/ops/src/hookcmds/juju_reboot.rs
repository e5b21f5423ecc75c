//! `juju-reboot`.

use super::{Command, Result, Runner};

/// When to reboot the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RebootTime {
    /// After the hook has succeeded.
    AfterHook,
    /// At once: the hook is stopped, and Juju runs it again.
    Now,
}

/// `juju-reboot`: reboot the machine after the hook, or at once, which stops the hook and runs it again later.
pub fn juju_reboot(runner: &dyn Runner, time: RebootTime) -> Result<()> {
    let command = Command::new("juju-reboot");
    match time {
        RebootTime::AfterHook => command.run(runner),
        RebootTime::Now => command.arg("--now").run(runner),
    }
}
