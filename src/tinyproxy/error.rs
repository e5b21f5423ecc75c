//! Errors of tinyproxy.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Output;

use charmlibs::{apt, pathops, process};
use nix::errno::Errno;
use nix::sys::signal::Signal;

/// A failed operation on tinyproxy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The package could not be installed or removed.
    #[error(transparent)]
    Apt(#[from] apt::Error),
    /// The config file could not be written.
    #[error(transparent)]
    Config(#[from] pathops::Error),
    /// `PATH` has no tinyproxy executable.
    #[error("tinyproxy is not installed")]
    NotInstalled,
    /// tinyproxy is not running.
    #[error("tinyproxy is not running")]
    NotRunning,
    /// The executable could not be started.
    #[error("could not run {}: {error}", program.display())]
    Run {
        /// The executable.
        program: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// tinyproxy exited with a code other than 0.
    #[error("`{command}` {outcome}: {}", if output.is_empty() { "it gave no reason" } else { output })]
    Failed {
        /// The command line.
        command: String,
        /// Such as `exited with code 70`.
        outcome: String,
        /// Its output, on one line.
        output: String,
    },
    /// Another program has the port that tinyproxy should listen on.
    #[error("tinyproxy cannot listen on port {port}: {error}")]
    Port {
        /// The TCP port.
        port: u16,
        /// The system's error.
        error: io::Error,
    },
    /// The path of tinyproxy's PID file is not a file.
    #[error("tinyproxy cannot write its PID file: {} is not a file: remove it", path.display())]
    InvalidPidFile {
        /// The PID file.
        path: PathBuf,
    },
    /// The modification time of the PID file could not be updated.
    #[error("could not update the time of {}: {error}", path.display())]
    Touch {
        /// The PID file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The output of `tinyproxy -v` was not a version.
    #[error("there is no version in the output of `tinyproxy -v`: {output:?}")]
    Version {
        /// The output, trimmed.
        output: String,
    },
    /// A signal could not be sent to the process.
    #[error("could not send {signal} to tinyproxy (process {pid}): {error}")]
    Signal {
        /// The process ID.
        pid: i32,
        /// The signal.
        signal: Signal,
        /// The cause.
        error: Errno,
    },
    /// The process has no handler for the signal, so the signal would kill it.
    #[error(
        "did not send {signal} to tinyproxy (process {pid}): the process does not handle the signal, which would kill it"
    )]
    NotHandled {
        /// The process ID.
        pid: i32,
        /// The signal.
        signal: Signal,
    },
    /// A file or folder could not be removed.
    #[error("could not remove {}: {error}", path.display())]
    Remove {
        /// The path.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
}

impl Error {
    pub(super) fn failed(program: &Path, args: &[&str], output: &Output) -> Self {
        let command = program.display().to_string();
        let text = [output.stderr.as_slice(), output.stdout.as_slice()].concat();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        Self::Failed {
            command: args.iter().fold(command, |command, arg| command + " " + arg),
            outcome: process::outcome(output.status),
            output: lines.join("; "),
        }
    }
}
