//! What can go wrong with tinyproxy.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Output;

use charmlibs::{apt, pathops, process};
use nix::errno::Errno;
use nix::sys::signal::Signal;

/// Why tinyproxy is not as it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The package could not be installed or removed.
    #[error(transparent)]
    Apt(#[from] apt::Error),
    /// The config file could not be written.
    #[error(transparent)]
    Config(#[from] pathops::Error),
    /// There is no tinyproxy executable on `PATH`.
    #[error("tinyproxy is not installed")]
    NotInstalled,
    /// tinyproxy is not running.
    #[error("tinyproxy is not running")]
    NotRunning,
    /// The executable could not be run at all.
    #[error("could not run {}: {error}", program.display())]
    Run {
        /// The executable.
        program: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// tinyproxy exited with a code other than 0.
    #[error("`{command}` {outcome}: {}", if output.is_empty() { "it gave no reason" } else { output })]
    Failed {
        /// The command line.
        command: String,
        /// Such as `exited with code 70`.
        outcome: String,
        /// What it printed, on one line.
        output: String,
    },
    /// Another program has the port that tinyproxy should listen on.
    #[error("tinyproxy cannot listen on port {port}: {error}")]
    Port {
        /// The TCP port.
        port: u16,
        /// What the machine said.
        error: io::Error,
    },
    /// Something else is where tinyproxy writes its PID file.
    #[error("tinyproxy cannot write its PID file: {} is there, and is no file: remove it", path.display())]
    NoPidFile {
        /// The PID file.
        path: PathBuf,
    },
    /// The time of the PID file could not be renewed.
    #[error("could not renew the time of {}: {error}", path.display())]
    Touch {
        /// The PID file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// `tinyproxy -v` printed something else than a version.
    #[error("could not find a version in what `tinyproxy -v` printed: {output:?}")]
    Version {
        /// What it printed, trimmed.
        output: String,
    },
    /// The process could not be sent a signal.
    #[error("could not send {signal} to tinyproxy (process {pid}): {error}")]
    Signal {
        /// The process ID.
        pid: i32,
        /// The signal.
        signal: Signal,
        /// Why not.
        error: Errno,
    },
    /// The process has no handler for the signal, so that the signal would end it.
    #[error("did not send {signal} to tinyproxy (process {pid}): it does not handle it, and would end")]
    NotCaught {
        /// The process ID.
        pid: i32,
        /// The signal.
        signal: Signal,
    },
    /// A file or folder could not be removed.
    #[error("could not remove {}: {error}", path.display())]
    Remove {
        /// Which.
        path: PathBuf,
        /// Why not.
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
