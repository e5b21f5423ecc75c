//! Why a charm could not be packed or unpacked.

use std::{io, path::PathBuf};

/// A charm could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Its metadata cannot be read, or Juju would refuse it.
    #[error(transparent)]
    Metadata(#[from] ops_metadata::MetadataError),
    /// A file or folder cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The `.charm` cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// The `.charm`, or the folder that was to hold it.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// Juju would have nothing to execute.
    #[error("{} has neither an executable `dispatch` nor a `hooks` folder: Juju would have nothing to execute", project.display())]
    NothingToExecute {
        /// The project's folder.
        project: PathBuf,
    },
    /// `dispatch` does not start a binary of the package.
    #[error("the last line of {} has to start the charm's binary, such as `exec ./bin/my-charm`, and is `{line}`", path.display())]
    EntryPoint {
        /// The `dispatch` file.
        path: PathBuf,
        /// Its last line.
        line: String,
    },
    /// Cargo cannot be run.
    #[error("cannot run `{cargo}` to build the charm: {error}")]
    NoCargo {
        cargo: String,
        /// What the operating system said.
        error: io::Error,
    },
    /// Cargo did not build the binary. What it said was passed on line by line, as [`Step::Cargo`](super::Step::Cargo).
    #[error("cargo could not build the binary `{binary}`{}", hint.map(|hint| format!(": {hint}")).unwrap_or_default())]
    Build {
        /// The binary that `dispatch` starts.
        binary: String,
        /// What to do about it, if that is known.
        hint: Option<&'static str>,
    },
    /// A part of `charmcraft.yaml` that only Charmcraft can make.
    #[error("charmcraft.yaml: parts.{part}: {fault}; `charmcraft pack` makes this charm")]
    Part {
        /// The part's name.
        part: String,
        /// What only Charmcraft can do.
        fault: PartFault,
    },
    /// Something in the project's folder is neither a file nor a folder nor a link that leads to one.
    #[error("{} cannot go into a charm: {reason}", path.display())]
    NoFile { path: PathBuf, reason: String },
}

/// A charm could not be unpacked. Nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The file cannot be read.
    #[error("cannot read the charm {}: {error}", charm.display())]
    Read {
        charm: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// It is not a charm, or one that must not be unpacked.
    #[error("{} is not a charm that can be deployed: {reason}", charm.display())]
    Refused { charm: PathBuf, reason: String },
    /// The charm's folder cannot be written.
    #[error("cannot unpack the charm to {}: {error}", to.display())]
    Write {
        /// The folder, or the file in it.
        to: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
}

/// What minijuju does not do of a part.
#[derive(Debug, thiserror::Error)]
pub enum PartFault {
    /// It is built or staged by commands of its own.
    #[error("it has commands of its own (`override-…`)")]
    Customized,
    /// It moves what it builds.
    #[error("it moves what it makes (`organize`)")]
    Moves,
    /// Its plugin is another one.
    #[error("the plugin `{0}` is unknown here")]
    Plugin(String),
    /// Its source is a URL.
    #[error("its source {0} is not in the project")]
    Elsewhere(String),
    /// Its source is the project, and it names no files.
    #[error("it puts the whole project into the charm; name its files under `stage`")]
    WholeProject,
    /// It names files by a pattern, or outside of its source.
    #[error("`{0}` is not the plain path of a file or folder")]
    NotPlain(String),
}
