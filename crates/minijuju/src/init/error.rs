use std::io;
use std::path::PathBuf;

use crate::program_name::program_name;

/// Why a charm's project was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitError {
    #[error("{what} {name:?} not valid: {rule}")]
    Name { what: &'static str, name: String, rule: &'static str },
    #[error("{what} {name:?} given twice")]
    Duplicate { what: &'static str, name: String },
    #[error("{} is not empty: name another folder with --path, or empty this one", folder.display())]
    NotEmpty { folder: PathBuf },
    #[error("a charm needs a name: {} init NAME", program_name())]
    NoName,
    #[error("cannot find the crates of the framework: give --crates VERSION, --crates URL or --crates FOLDER")]
    NoCrates,
    #[error("{} does not hold the crates of the framework: there is no {}", folder.display(), missing.display())]
    NotCratesFolder { folder: PathBuf, missing: PathBuf },
    #[error("{} is not a charm in Python: it has no src/charm.py", folder.display())]
    NotPython { folder: PathBuf },
    #[error("cannot start python3, which reads the charm: {0}")]
    NoPython(io::Error),
    #[error("cannot read the Python in {}: {reason}", folder.display())]
    UnreadablePython { folder: PathBuf, reason: String },
    #[error("cannot write {}: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("cannot read {}: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("a template does not render: {0}")]
    Template(minijinja::Error),
    #[error(transparent)]
    Metadata(#[from] ops_metadata::MetadataError),
}

impl From<minijinja::Error> for InitError {
    fn from(error: minijinja::Error) -> Self {
        Self::Template(error)
    }
}
