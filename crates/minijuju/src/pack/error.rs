use std::{io, path::PathBuf};

/// Why a charm could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Its metadata cannot be read, or Juju would refuse it.
    #[error(transparent)]
    Metadata(#[from] ops_metadata::MetadataError),
    #[error("cannot read {}: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// The `.charm`, or its folder.
        path: PathBuf,
        error: io::Error,
    },
    /// Juju would have nothing to execute.
    #[error("{} has neither an executable `dispatch` nor a `hooks` folder: Juju would have nothing to execute", project.display())]
    NothingToExecute { project: PathBuf },
    /// `dispatch` does not start a binary of the package.
    #[error("the last line of {} must start the charm's binary, such as `exec ./bin/my-charm`, but is `{line}`", path.display())]
    EntryPoint {
        /// The `dispatch` file.
        path: PathBuf,
        line: String,
    },
    #[error("cannot run `{cargo}` to build the charm: {error}")]
    CannotRunCargo { cargo: String, error: io::Error },
    /// Cargo did not build the binary. Its messages were reported as [`Step::Cargo`](super::Step::Cargo).
    #[error("cargo could not build the binary `{binary}`{}", hint.map(|hint| format!(": {hint}")).unwrap_or_default())]
    Build {
        /// The binary that `dispatch` starts.
        binary: String,
        /// What to do about it, if known.
        hint: Option<&'static str>,
    },
    /// A part of `charmcraft.yaml` that only Charmcraft can build.
    #[error("charmcraft.yaml: parts.{part}: {reason}; `charmcraft pack` makes this charm")]
    UnsupportedPart { part: String, reason: UnsupportedPart },
    /// Something in the project's folder is neither a file nor a folder nor a working link.
    #[error("{} cannot go into a charm: {reason}", path.display())]
    UnsupportedFile { path: PathBuf, reason: String },
}

/// Why a charm could not be unpacked. No files of it are left behind.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    #[error("cannot read the charm {}: {error}", charm.display())]
    Read { charm: PathBuf, error: io::Error },
    /// It is not a charm, or is not safe to unpack.
    #[error("{} is not a charm that can be deployed: {reason}", charm.display())]
    Refused { charm: PathBuf, reason: String },
    #[error("cannot unpack the charm to {}: {error}", to.display())]
    Write {
        /// The folder, or a file in it.
        to: PathBuf,
        error: io::Error,
    },
}

/// What minijuju does not support in a part.
#[derive(Debug, thiserror::Error)]
pub enum UnsupportedPart {
    #[error("it has commands of its own (`override-…`)")]
    Overrides,
    #[error("it moves what it makes (`organize`)")]
    Organizes,
    #[error("the plugin `{0}` is unknown here")]
    UnknownPlugin(String),
    /// Its source is a URL.
    #[error("its source {0} is not in the project")]
    RemoteSource(String),
    /// Its source is the project, and it names no files.
    #[error("it puts the whole project into the charm; name its files under `stage`")]
    WholeProject,
    /// It names files by a pattern, or outside of its source.
    #[error("`{0}` is not the plain path of a file or folder")]
    NotPlain(String),
}
