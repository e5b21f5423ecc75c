//! Turns a charm in Python into the skeleton of a charm in Rust, for `minijuju port`.
//!
//! The metadata is read as for packing, and the Python by Python itself. Except for what the old charm says, the
//! project is that of a new charm.

mod events;
mod metadata;
mod python;
mod skeleton;

use std::path::Path;

use ops_metadata::CharmMeta;

pub(crate) use self::skeleton::Ported;
use super::project::{self, Source};
use super::{CratesFrom, InitError};

/// Read a charm in Python from a folder, and write its skeleton in Rust to another one, which is created if missing.
///
/// # Errors
/// The folder holds no charm, or one that Juju would refuse. Python is missing or cannot parse the charm. Or the other
/// folder is not empty, or cannot be written. In all cases no partial project is left behind.
pub(crate) fn port(from: &Path, to: Option<&Path>, crates: &CratesFrom) -> Result<Ported, InitError> {
    let meta = CharmMeta::load(from)?;
    let charm = python::read(from)?;
    let charmcraft = metadata::charmcraft_yaml(from, &meta.name)?;
    let name = meta.name.clone();
    let to = to.unwrap_or(Path::new(&name)).to_owned();
    let ported = Ported::new(&meta, charm, to);
    project::fill(&ported.folder, &Source::Port { ported: &ported, charmcraft: &charmcraft, crates })?;
    Ok(ported)
}

#[cfg(test)]
mod tests;
