use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why an operation on a file or folder failed. A file is unchanged then.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The path is empty, or ends in `/` or `..`.
    #[error("could not write '{}': it does not end in a file's name", path.display())]
    NoFileName {
        /// The path.
        path: PathBuf,
    },
    /// There is a folder in place of the file.
    #[error("could not write {}: it is a folder", path.display())]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// There is a device, socket or pipe in place of the file.
    #[error("could not write {}: it is not a regular file", path.display())]
    NotRegular {
        /// Its path.
        path: PathBuf,
    },
    /// There is something else in place of the folder.
    #[error("could not make the folder {}: it exists, but is not a folder", path.display())]
    NotFolder {
        /// Its path.
        path: PathBuf,
    },
    /// A tree cannot be copied into itself.
    #[error("could not copy {} into itself", path.display())]
    IntoItself {
        /// The tree.
        path: PathBuf,
    },
    /// The path to remove is the root, or does not end in a name.
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
        /// The missing name.
        name: String,
    },
    /// The machine's users and groups could not be read.
    #[error("could not look for the {kind} '{name}' with getent: {reason}")]
    Getent {
        /// `user` or `group`.
        kind: &'static str,
        /// The requested name.
        name: String,
        /// The reason.
        reason: String,
    },
    /// A step of the operation failed.
    #[error("could not {step} {}: {error}", path.display())]
    Step {
        /// The step, such as `write` or `make the folder for`.
        step: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        error: Arc<io::Error>,
    },
}

impl Error {
    pub(crate) fn step(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |error| Self::Step { step, path, error: error.into() }
    }
}
