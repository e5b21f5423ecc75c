//! Packed charms: `.charm` files, made from a project and unpacked on a machine.
//!
//! A `.charm` is a zip file. [`pack`] writes the same files to it as Charmcraft. [`unpack`] refuses anything that
//! leads out of the charm's own folder.

mod archive;
mod binary;
mod entry_point;
mod error;
mod listing;
mod profile;
mod project;
mod step;
mod unpack;

#[cfg(test)]
mod tests;

pub use error::{PackError, UnpackError, UnsupportedPart};
pub use profile::Profile;
pub use project::{juju_arch, pack};
pub use step::Step;
pub use unpack::unpack;
