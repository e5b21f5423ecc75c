//! The process in a PID file.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Error;

/// How often to check whether tinyproxy is ready for signals. On an idle machine, it is ready 0.1 ms after it wrote
/// its PID file.
const READY_POLL_INTERVAL: Duration = Duration::from_millis(1);
/// How often to check whether tinyproxy has ended. Without connections, this takes 9 ms.
const END_POLL_INTERVAL: Duration = Duration::from_millis(2);
/// How long to wait before sending SIGTERM again.
const SIGTERM_INTERVAL: Duration = Duration::from_millis(25);

/// A process of this machine. It may end at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process(Pid);

impl Process {
    /// The process in a PID file with this text. `None` if it is not a process ID: the file may be incomplete, or not
    /// tinyproxy's. For `kill`, 0 and negative numbers are process groups.
    pub(super) fn from_pid_file(text: &[u8]) -> Option<Self> {
        let pid: i32 = std::str::from_utf8(text).ok()?.trim().parse().ok()?;
        (pid > 0).then_some(Self(Pid::from_raw(pid)))
    }

    pub(super) fn id(self) -> i32 {
        self.0.as_raw()
    }

    /// Whether it is alive and is `program`. The PID in an old file may belong to no process, or to another one.
    ///
    /// The kernel names a process after its executable. Unlike the path in `/proc/PID/exe`, the name stays the same
    /// when an upgrade replaces the file, and every user may read it.
    pub(super) fn runs(self, program: &str) -> bool {
        self.status().is_some_and(|status| status.name == program && status.is_alive && status.is_process)
    }

    /// Wait until it handles `signal`, or fail after `timeout`. tinyproxy writes its PID file just before it sets up
    /// its handlers. Until then, a signal that should reload the config would kill it.
    pub(super) fn wait_for_handler(self, signal: Signal, timeout: Duration) -> Result<(), Error> {
        let started = Instant::now();
        while let Some(status) = self.status() {
            if status.handled_signals & (1 << (signal as i32 - 1)) != 0 {
                return Ok(());
            }
            if started.elapsed() > timeout {
                return Err(Error::NotHandled { pid: self.id(), signal });
            }
            thread::sleep(READY_POLL_INTERVAL);
        }
        Err(Error::NotRunning)
    }

    /// Send `signal`. Returns whether the process still existed.
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

    /// Send `SIGTERM` while it is `program`, repeatedly until `timeout` is over.
    ///
    /// One `SIGTERM` is not enough. tinyproxy stores the request to end in its config, and loses it if it is just
    /// replacing the config during a reload. That happens when a hook stops tinyproxy right after another hook changed
    /// its config.
    pub(super) fn terminate(self, program: &str, timeout: Duration) -> Result<(), Error> {
        let started = Instant::now();
        loop {
            self.signal(Signal::SIGTERM)?;
            let sent = Instant::now();
            while sent.elapsed() < SIGTERM_INTERVAL {
                if !self.runs(program) {
                    return Ok(());
                }
                thread::sleep(END_POLL_INTERVAL);
            }
            if started.elapsed() >= timeout {
                tracing::debug!(pid = self.id(), "{program} has not ended yet");
                return Ok(());
            }
        }
    }

    /// The kernel's status of the process, if it exists. See `man 5 proc_pid_status`.
    fn status(self) -> Option<Status> {
        let text = fs::read(format!("/proc/{}/status", self.0)).ok()?;
        let text = String::from_utf8_lossy(&text);
        let field = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim).unwrap_or_default()
        };
        Some(Status {
            name: field("Name").to_owned(),
            // Z: a zombie, which its parent has not reaped. X: dead.
            is_alive: !field("State").starts_with(['Z', 'X']),
            is_process: field("Tgid") == self.0.to_string(),
            handled_signals: u64::from_str_radix(field("SigCgt"), 16).unwrap_or_default(),
        })
    }
}

struct Status {
    name: String,
    is_alive: bool,
    /// Whether it is a process, and not a thread, which has an ID too.
    is_process: bool,
    /// The signals that it handles: signal N is bit N - 1.
    handled_signals: u64,
}
