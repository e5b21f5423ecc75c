//! Ctrl-C as a file descriptor, to wait for together with everything else.

use std::io;
use std::io::PipeReader;
use std::os::fd::{AsFd, BorrowedFd};
use std::process;
use std::thread;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};

/// Turns the first SIGINT, SIGTERM or SIGHUP into a readable file; the second ends the process.
#[derive(Debug)]
pub struct Interrupt {
    raised: PipeReader,
}

impl Interrupt {
    /// Watch for signals from now on. Call it before other threads start: they inherit the blocked signals.
    pub fn watch() -> io::Result<Self> {
        let mut signals = SigSet::empty();
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            signals.add(signal);
        }
        signals.thread_block()?;
        let (raised, raise) = io::pipe()?;
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if signals.wait().is_ok() {
                // Closing the only writer makes the reader readable from then on.
                drop(raise);
            }
            if let Ok(signal) = signals.wait() {
                process::exit(128 + signal as i32);
            }
        })?;
        Ok(Self { raised })
    }

    /// Whether a signal came.
    pub fn raised(&self) -> bool {
        let mut fds = [PollFd::new(self.raised.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }
}

/// Readable once a signal came.
impl AsFd for Interrupt {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.raised.as_fd()
    }
}
