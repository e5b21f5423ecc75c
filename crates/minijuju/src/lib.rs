//! Run Juju charms on any Linux machine in seconds, without Juju.
//!
//! What is known is in one `SQLite` database, a command that changes it runs the hooks that are due before it returns, and
//! machines live by themselves. There is no daemon but a process beside each machine that hears `juju-exec` in it.

mod called;
mod charm;
mod cli;
mod client;
mod commands;
mod format;
mod hook;
mod hookcmd;
mod init;
mod log;
mod machine;
mod pack;
mod private;
mod progress;
mod random;
mod store;
mod uniter;

use std::env;
use std::path::Path;
use std::process::ExitCode;

use emulator::COMMANDS;

/// Be what this process was started as: a hook command, a machine's first process, or a command for people.
///
/// The first comes first, and quickly: a charm runs several hook commands per hook.
#[must_use]
pub fn main() -> ExitCode {
    // Before anything else: a process that runs it with rights that are not the caller's gets `sudo` alone.
    if let Some(code) = machine::stand_in_if_asked() {
        return code;
    }
    if let Some(name) = env::args_os().next().as_deref().and_then(|path| Path::new(path).file_name()?.to_str()) {
        if COMMANDS.contains(&name) {
            return hookcmd::client::run(name);
        }
        if hookcmd::exec::NAMES.contains(&name) {
            return hookcmd::exec::run();
        }
    }
    if let Some(code) = machine::run_if_asked() {
        return code;
    }
    commands::main()
}
