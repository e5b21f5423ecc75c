//! Runs state-transition tests.

mod charm_source;
#[expect(clippy::module_inception, reason = "the folder is named after its main type, which has a file")]
mod context;
mod error;
mod manager;
mod runner;
mod store;
#[cfg(test)]
mod tests;

pub use charm_source::CharmSource;
pub use context::Context;
pub use error::{Error, Result};
pub use manager::Manager;
