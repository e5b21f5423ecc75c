//! A charm's project: what `minijuju init` and `minijuju port` write.
//!
//! The project is made in a folder beside its place and moved there when it is whole, so that nothing half written stays.

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

/// A name of an action.
pub(crate) fn action(name: &str) -> Result<String, InitError> {
    names::checked("action", name)
}
