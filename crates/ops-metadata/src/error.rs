//! Why a charm's metadata cannot be read.

use std::{io, path::PathBuf};

use crate::yaml_error::YamlError;

/// Why a charm's metadata could not be read, or would be refused by Juju.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The folder holds neither `charmcraft.yaml` nor `metadata.yaml`.
    #[error("{} is not a charm: it has no charmcraft.yaml and no metadata.yaml", dir.display())]
    NotACharm {
        /// The folder that was searched.
        dir: PathBuf,
    },
    /// A file exists, but cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file's path.
        path: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
    /// A file is not YAML.
    #[error("{file} is not valid YAML: {reason}")]
    Syntax {
        /// The file's name, such as `charmcraft.yaml`.
        file: String,
        /// What is wrong, with line and column.
        reason: YamlError,
    },
    /// A key's value is missing, or Juju would refuse it.
    #[error("{file}: {}{reason}", key_prefix(key))]
    Invalid {
        /// The file's name, such as `charmcraft.yaml`.
        file: String,
        /// The key's path in the file, such as `config.options.slug.default`. It is empty if the file as a whole is wrong.
        key: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
}

fn key_prefix(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("{key}: ") }
}
