//! A charm in Python, as the skeleton of one in Rust: what `minijuju port` writes.
//!
//! The metadata is read as packing reads it, and the Python by Python itself. The project is that of a new charm, but for
//! what the old one says.

mod events;
mod metadata;
mod python;
mod skeleton;

use std::path::Path;

use ops_metadata::CharmMeta;

pub(crate) use self::skeleton::Ported;
use super::project::{self, Source};
use super::{CratesFrom, InitError};

/// Reads a charm in Python from a folder, and writes its skeleton in Rust into another one, which is made if it is not
/// there.
///
/// # Errors
/// The folder holds no charm or one that Juju would refuse, Python is missing or cannot read it, or the other folder is
/// not empty or cannot be written. Then nothing is left of it.
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
