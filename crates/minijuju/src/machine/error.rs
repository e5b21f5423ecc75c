//! What can go wrong with a machine.

use std::io;
use std::path::PathBuf;

use crate::called::called;

/// A machine's `Result`.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a machine could not be started, found or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// This user, or the container that this runs in, may not make namespaces, mounts or network devices.
    #[error(
        "cannot {doing}: not permitted here ({reason}); run it with sudo, or set MINIJUJU_MACHINES=host to run units on \
         this computer itself"
    )]
    NotPermitted {
        /// What was tried.
        doing: String,
        /// What the system said.
        reason: String,
    },
    /// A program that machines are made with is not installed.
    #[error("machines need the program `{tool}`: install it with `apt install {package}`")]
    MissingTool {
        tool: &'static str,
        /// Its package in Debian and Ubuntu.
        package: &'static str,
    },
    /// `MINIJUJU_MACHINES` is neither empty nor a kind of machine.
    #[error("MINIJUJU_MACHINES is {0:?}: it may be \"namespaces\" (the default) or \"host\"")]
    UnknownKind(String),
    /// `MINIJUJU_INIT` is neither empty nor a first process.
    #[error(
        "MINIJUJU_INIT is {0:?}: it may be \"auto\" (the default: systemd where it can run), \"systemd\" or \"plain\""
    )]
    UnknownInit(String),
    /// `MINIJUJU_INIT` asks for systemd, and it cannot run.
    #[error("machines cannot have systemd here, as MINIJUJU_INIT asks for: {0}")]
    NoSystemd(String),
    /// A base cannot be imported, made or removed.
    #[error("base {name}: {reason}")]
    Base {
        /// The base.
        name: String,
        /// Why not.
        reason: String,
    },
    /// A machine's name cannot be the name of a folder.
    #[error("machine id {0:?} may have only letters, digits, `-`, `_` and `.`, and must begin with a letter or digit")]
    InvalidId(String),
    /// Another command removed all machines meanwhile.
    #[error("minijuju's data in {} was removed meanwhile, by `{} clean`: run the command again", .0.display(), called())]
    Cleaned(PathBuf),
    /// Every network that could be used is in use on this computer.
    #[error("no free network for machines: this computer has a route into each 10.x.y.0/24 that was tried")]
    NoFreeNetwork,
    /// Each address of the machines' network is taken.
    #[error("no free address for another machine in {0}: remove one first")]
    NoFreeAddress(String),
    /// A file could not be read, written, made or removed.
    #[error("cannot {doing} {}: {error}", path.display())]
    File {
        /// What was tried, such as "write".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        error: io::Error,
    },
    /// One of the programs that machines are made with failed.
    #[error("cannot {doing}: {tool}: {reason}")]
    Tool {
        /// What was tried.
        doing: String,
        tool: &'static str,
        /// The last lines that it printed, or how it ended.
        reason: String,
    },
    /// The machine's first process gave up while it made the machine.
    #[error("cannot start machine {id}: {reason}")]
    Start {
        id: String,
        /// What its first process said.
        reason: String,
    },
}

impl Error {
    /// For `map_err` on what works with one file.
    pub(super) fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File { doing, path, error }
    }
}
