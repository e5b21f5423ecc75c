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

pub(crate) use self::skeleton::PortedCharm;
use super::project::Project;
use super::{CrateSource, InitError};

/// The templates of a ported charm, in place of a new charm's and in addition to them.
const TEMPLATES: [(&str, &str); 3] = [
    ("PORTING.md", include_str!("../../../templates/port/PORTING.md.j2")),
    ("src/charm.rs", include_str!("../../../templates/port/charm.rs.j2")),
    ("tests/unit/main.rs", include_str!("../../../templates/port/unit.rs.j2")),
];

/// Read a charm in Python from a folder, and write its skeleton in Rust to another one, which is created if missing.
///
/// # Errors
/// The folder holds no charm, or one that Juju would refuse. Python is missing or cannot parse the charm. Or the other
/// folder is not empty, or cannot be written. In all cases no partial project is left behind.
pub(crate) fn port(from: &Path, to: Option<&Path>, crates: &CrateSource) -> Result<PortedCharm, InitError> {
    let meta = CharmMeta::load(from)?;
    let charm = python::read(from)?;
    let charmcraft = metadata::charmcraft_yaml(from, &meta.name)?;
    let folder = to.unwrap_or(Path::new(&meta.name)).to_owned();
    let ported = PortedCharm::new(&meta, charm, folder);
    let mut project = Project::new(&ported.name, &ported.summary, crates, ported.values());
    project.add_templates(&TEMPLATES);
    project.add_text("charmcraft.yaml", charmcraft);
    project.write(&ported.folder)?;
    Ok(ported)
}

#[cfg(test)]
mod tests;
