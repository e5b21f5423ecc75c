//! nsenter, by which programs in a machine are started. When its child is stopped, it stops itself, as if somebody at a
//! terminal had done that. systemd stops all processes of a machine for a moment when it shuts down; nsenter then stays
//! stopped for good, and its child, which nobody reaps, keeps the machine from ending.

use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::proc;

/// How often to check whether a process that is about to end has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// Wait for nsenter, whose child is about to end.
pub(super) fn wait(nsenter: &mut Child) {
    while let Ok(None) = nsenter.try_wait() {
        resume(nsenter.id());
        thread::sleep(POLL_INTERVAL);
    }
}

/// Continue every process outside of a PID namespace that has a child in it, and is stopped.
pub(super) fn resume_all(namespace: &Path) {
    let is_inside = |pid: u32| proc::pid_namespace(pid).as_deref() == Some(namespace);
    for (_, parent) in proc::pids().filter(|pid| is_inside(*pid)).filter_map(proc::state_and_parent) {
        if !is_inside(parent) && proc::state_and_parent(parent).is_some_and(|(state, _)| state == 'T') {
            resume(parent);
        }
    }
}

/// Continue a process.
pub(super) fn resume(pid: u32) {
    if let Ok(number) = i32::try_from(pid) {
        // It may have ended.
        let _ = kill(Pid::from_raw(number), Signal::SIGCONT);
    }
}
