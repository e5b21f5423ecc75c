use std::io;
use std::path::PathBuf;

use crate::program_name::program_name;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation on machines failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The user, or the surrounding container, may not create namespaces, mounts or network devices.
    #[error(
        "cannot {operation}: not permitted here ({reason}); run it with sudo, or set MINIJUJU_MACHINES=host to run units \
         on this computer itself"
    )]
    NotPermitted {
        /// The operation that failed.
        operation: String,
        /// The system's message.
        reason: String,
    },
    /// A program that machines need is not installed.
    #[error("machines need the program `{program}`: install it with `apt install {package}`")]
    MissingProgram {
        program: &'static str,
        /// Its package in Debian and Ubuntu.
        package: &'static str,
    },
    /// `MINIJUJU_MACHINES` is neither empty nor a kind of machine.
    #[error("MINIJUJU_MACHINES is {0:?}: it may be \"namespaces\" (the default) or \"host\"")]
    UnknownKind(String),
    /// `MINIJUJU_INIT` is neither empty nor a kind of init process.
    #[error(
        "MINIJUJU_INIT is {0:?}: it may be \"auto\" (the default: systemd where it can run), \"systemd\" or \"plain\""
    )]
    UnknownInit(String),
    /// `MINIJUJU_INIT` asks for systemd, and it cannot run.
    #[error("MINIJUJU_INIT asks for systemd, which cannot run here: {0}")]
    NoSystemd(String),
    #[error("base {name}: {reason}")]
    Base { name: String, reason: String },
    /// A machine's name cannot be the name of a folder.
    #[error("machine id {0:?} may have only letters, digits, `-`, `_` and `.`, and must begin with a letter or digit")]
    InvalidId(String),
    /// Another command removed all machines in the meantime.
    #[error("minijuju's data in {} was removed meanwhile, by `{} clean`: run the command again", .0.display(), program_name())]
    Cleaned(PathBuf),
    #[error("no free network for machines: this computer has a route into each 10.x.y.0/24 that was tried")]
    NoFreeNetwork,
    #[error("no free address for another machine in {0}: remove one first")]
    NoFreeAddress(String),
    #[error("cannot {operation} {}: {error}", path.display())]
    File {
        /// Such as "write".
        operation: &'static str,
        path: PathBuf,
        error: io::Error,
    },
    /// A program that machines need failed.
    #[error("cannot {operation}: {program}: {reason}")]
    ProgramFailed {
        operation: String,
        program: &'static str,
        /// The last lines of its output, or its exit status.
        reason: String,
    },
    /// The machine's init process failed while it set the machine up.
    #[error("cannot start machine {id}: {reason}")]
    Start { id: String, reason: String },
}

impl Error {
    /// For `map_err` where an operation on one file failed.
    pub(super) fn file(operation: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File { operation, path, error }
    }
}

/// For `or_else` where a file that is removed may be missing.
pub(super) fn ignore_missing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
