//! Writes a charm's project for `minijuju init` and `minijuju port`.
//!
//! The project is written to a temporary folder beside its destination, and moved there when it is complete, so no
//! partial project is left behind.

mod crates;
mod error;
mod names;
mod plan;
mod port;
mod project;
mod questions;

pub(crate) use crates::CrateSource;
pub(crate) use error::InitError;
pub(crate) use names::{ConfigOption, Endpoint, Workload};
pub(crate) use plan::{PartialPlan, write};
pub(crate) use port::port;
pub(crate) use questions::ask;

/// Check an action's name.
pub(crate) fn check_action(name: &str) -> Result<String, InitError> {
    names::check_name("action", name)
}
