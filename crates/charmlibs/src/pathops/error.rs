//! Why a file or folder could not be made as it should be.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a file or folder could not be made as it should be. A file is then as it was before.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The path is empty, or ends in `/` or `..`.
    #[error("could not write '{}': it does not end in a file's name", path.display())]
    NoFileName {
        /// The path.
        path: PathBuf,
    },
    /// A folder stands where the file should be.
    #[error("could not write {}: it is a folder", path.display())]
    IsFolder {
        /// Where.
        path: PathBuf,
    },
    /// A device, socket or pipe stands where the file should be.
    #[error("could not write {}: it is not a regular file", path.display())]
    NotRegular {
        /// Where.
        path: PathBuf,
    },
    /// Something else stands where a folder should be.
    #[error("could not make the folder {}: something else is there", path.display())]
    NotFolder {
        /// Where.
        path: PathBuf,
    },
    /// A tree would be copied to a place in itself.
    #[error("could not copy {} into itself", path.display())]
    IntoItself {
        /// The tree.
        path: PathBuf,
    },
    /// What would be removed is the machine's root, or has no name of its own.
    #[error("did not remove '{}': it names no file or folder to remove", path.display())]
    NotRemovable {
        /// The path.
        path: PathBuf,
    },
    /// The machine has no such user or group.
    #[error("there is no {kind} named '{name}' on this machine")]
    UnknownOwner {
        /// `user` or `group`.
        kind: &'static str,
        /// The name that was looked for.
        name: String,
    },
    /// The users and groups of the machine could not be read.
    #[error("could not look for the {kind} '{name}' with getent: {why}")]
    Getent {
        /// `user` or `group`.
        kind: &'static str,
        /// The name that was looked for.
        name: String,
        /// Why not.
        why: String,
    },
    /// A step on the way failed.
    #[error("could not {step} {}: {error}", path.display())]
    Step {
        /// What was being done, such as `write` or `make the folder for`.
        step: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        error: Arc<io::Error>,
    },
}

impl Error {
    pub(crate) fn step(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |error| Self::Step { step, path, error: error.into() }
    }
}
