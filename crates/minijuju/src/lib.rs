//! Run Juju charms on any Linux machine in seconds, without Juju.
//!
//! All data is in one `SQLite` database. A command that changes it runs the hooks that are due before it returns.
//! Machines run independently of commands. There is no daemon, except one process per machine that answers `juju-exec`
//! there.

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
mod program_name;
mod progress;
mod random;
mod store;
mod uniter;

use std::env;
use std::path::Path;
use std::process::ExitCode;

use emulator::COMMANDS;

/// Run as what this process was started as: a hook command, a machine's first process, or a command for users.
///
/// Hook commands come first, because a charm runs several of them per hook.
#[must_use]
pub fn main() -> ExitCode {
    // First of all: a process with other rights than its caller's must only ever act as `sudo`.
    if let Some(code) = machine::run_if_sudo() {
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
    if let Some(code) = machine::run_subcommand() {
        return code;
    }
    commands::main()
}
