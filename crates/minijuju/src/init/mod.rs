//! Writes a charm's project for `minijuju init` and `minijuju port`.
//!
//! The project is made in a temporary folder next to its place, and moved there when it is complete, so no partial
//! project is left behind.

mod crates;
mod error;
mod names;
mod port;
mod project;
mod questions;

pub(crate) use crates::CratesFrom;
pub(crate) use error::InitError;
pub(crate) use names::{Endpoint, Opt, Workload};
pub(crate) use port::port;
pub(crate) use project::write;
pub(crate) use questions::{Asked, ask};

/// An action's name, checked.
pub(crate) fn action(name: &str) -> Result<String, InitError> {
    names::checked("action", name)
}
