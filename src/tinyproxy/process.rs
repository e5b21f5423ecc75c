//! The process that a PID file names.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Error;

/// How often to look whether tinyproxy is ready for signals: on an idle machine, it is 0.1 ms after its PID file is there.
const READY_POLL: Duration = Duration::from_millis(1);
/// How often to look whether tinyproxy ended: with nobody connected, it takes 9 ms.
const END_POLL: Duration = Duration::from_millis(2);
/// How long to look before it is asked again.
const END_PATIENCE: Duration = Duration::from_millis(25);

/// A process of this machine. It may end at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process(Pid);

impl Process {
    /// The process that a PID file with this text names. `None` if it is not a process ID: the file may be half written, or
    /// not tinyproxy's. 0 and negative numbers are never processes: to `kill` they are groups of them.
    pub(super) fn from_pid_file(text: &[u8]) -> Option<Self> {
        let pid: i32 = std::str::from_utf8(text).ok()?.trim().parse().ok()?;
        (pid > 0).then_some(Self(Pid::from_raw(pid)))
    }

    pub(super) fn id(self) -> i32 {
        self.0.as_raw()
    }

    /// Whether it is alive, and `program`. A PID file that was left behind names no process, or a stranger's.
    ///
    /// The kernel names a process after the file that it executes. Unlike the path of that file, `/proc/PID/exe`, this
    /// name stays what it is when an upgrade replaces the file, and any user may read it.
    pub(super) fn runs(self, program: &str) -> bool {
        self.status().is_some_and(|status| status.name == program && status.is_alive && status.is_process)
    }

    /// Wait until it handles `signal`. tinyproxy writes its PID file a moment before it does: until then, a signal that
    /// should make it read its config would end it. If it does not within `patience`, that is an error.
    pub(super) fn wait_to_catch(self, signal: Signal, patience: Duration) -> Result<(), Error> {
        let started = Instant::now();
        while let Some(status) = self.status() {
            if status.caught & (1 << (signal as i32 - 1)) != 0 {
                return Ok(());
            }
            if started.elapsed() > patience {
                return Err(Error::NotCaught { pid: self.id(), signal });
            }
            thread::sleep(READY_POLL);
        }
        Err(Error::NotRunning)
    }

    /// Send `signal`, and return whether the process was still there.
    pub(super) fn signal(self, signal: Signal) -> Result<bool, Error> {
        match kill(self.0, signal) {
            Ok(()) => {
                tracing::debug!(pid = self.id(), %signal, "sent a signal");
                Ok(true)
            }
            Err(Errno::ESRCH) => Ok(false),
            Err(error) => Err(Error::Signal { pid: self.id(), signal, error }),
        }
    }

    /// Ask it to end with `SIGTERM`, as long as it is `program`: once, and again and again until `patience` is over.
    ///
    /// Once is not enough: tinyproxy notes in its config that it should end, so it forgets about that if it is just
    /// replacing this config by the one that it reloaded. That happens when a hook stops tinyproxy right after another
    /// hook changed its config.
    pub(super) fn end(self, program: &str, patience: Duration) -> Result<(), Error> {
        let started = Instant::now();
        loop {
            self.signal(Signal::SIGTERM)?;
            let asked = Instant::now();
            while asked.elapsed() < END_PATIENCE {
                if !self.runs(program) {
                    return Ok(());
                }
                thread::sleep(END_POLL);
            }
            if started.elapsed() >= patience {
                tracing::debug!(pid = self.id(), "{program} takes its time to end");
                return Ok(());
            }
        }
    }

    /// What the kernel says of it, if it is there. See `man 5 proc_pid_status`.
    fn status(self) -> Option<Status> {
        let text = fs::read(format!("/proc/{}/status", self.0)).ok()?;
        let text = String::from_utf8_lossy(&text);
        let field = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim).unwrap_or_default()
        };
        Some(Status {
            name: field("Name").to_owned(),
            // Z: ended, but its parent did not ask how. X: about to be gone.
            is_alive: !field("State").starts_with(['Z', 'X']),
            is_process: field("Tgid") == self.0.to_string(),
            caught: u64::from_str_radix(field("SigCgt"), 16).unwrap_or_default(),
        })
    }
}

struct Status {
    name: String,
    is_alive: bool,
    /// Not one of the threads of a process, which have numbers too.
    is_process: bool,
    /// The signals that it handles: signal N is bit N - 1.
    caught: u64,
}
