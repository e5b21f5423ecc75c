//! The internal subcommands of minijuju's program: it starts itself to do parts of its work.

use std::process::ExitCode;

use super::{agent, exec_environment, init, launcher, run_if_sudo};

/// Run as a machine's init process, as its agent, or as a step of entering it, if this program was started as that. A
/// program that starts [`Machines`](super::Machines) calls this first in its `main`.
#[must_use]
pub fn run_subcommand() -> Option<ExitCode> {
    run_if_sudo()
        .or_else(exec_environment::run_subcommand)
        .or_else(launcher::run_subcommand)
        .or_else(agent::run_subcommand)
        .or_else(init::run_subcommand)
}
