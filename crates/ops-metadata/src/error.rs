//! Why a charm's metadata could not be read.

use std::{io, path::PathBuf};

use crate::yaml_error::YamlError;

/// A charm's metadata could not be read, or Juju would refuse it.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// The folder holds neither `charmcraft.yaml` nor `metadata.yaml`.
    #[error("{} is not a charm: it has no charmcraft.yaml and no metadata.yaml", dir.display())]
    NotACharm {
        /// The folder that was looked into.
        dir: PathBuf,
    },
    /// A file is there and cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// A file is not YAML.
    #[error("{file} is not valid YAML: {reason}")]
    Syntax {
        /// The file's name, such as `charmcraft.yaml`.
        file: String,
        /// What is wrong, and in which line and column.
        reason: YamlError,
    },
    /// A key's value is missing, or is not what Juju takes.
    #[error("{file}: {key}: {reason}")]
    Invalid {
        /// The file's name, such as `charmcraft.yaml`.
        file: String,
        /// Where in the file, such as `config.options.slug.default`.
        key: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
}
