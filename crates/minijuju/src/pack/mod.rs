//! Packed charms: `.charm` files, made from a project and unpacked onto a machine.
//!
//! A `.charm` is a zip file. [`pack`] puts the same files into it as Charmcraft; [`unpack`] takes only what stays inside
//! of the charm's own folder.

mod archive;
mod binary;
mod entry_point;
mod error;
mod listing;
mod project;
mod unpack;

#[cfg(test)]
mod tests;

pub use error::{PackError, PartFault, UnpackError};
pub use project::{Profile, Step, juju_arch, pack};
pub use unpack::unpack;
