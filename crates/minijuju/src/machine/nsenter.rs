//! nsenter, by which programs in a machine are started. When its child is stopped, it stops itself, as if somebody at a
//! terminal had done that. systemd stops all processes of a machine for a moment when it shuts down; nsenter then stays
//! stopped for good, and its child, which nobody reaps, keeps the machine from ending.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

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
    let is_in = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/pid")).ok().as_deref() == Some(namespace);
    let Ok(entries) = fs::read_dir("/proc") else { return };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    for (_, parent) in pids.filter(|pid| is_in(*pid)).filter_map(state) {
        if !is_in(parent) && state(parent).is_some_and(|(state, _)| state == 'T') {
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

/// The state of a process, and its parent (`proc_pid_stat(5)`).
fn state(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}
