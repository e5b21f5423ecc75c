//! Runs state-transition tests.

#[expect(clippy::module_inception, reason = "the context is the noun of this room")]
mod context;
mod error;
pub(crate) mod event;
mod make;
mod manager;
mod runner;
mod store;
#[cfg(test)]
mod tests;

pub use context::Context;
pub use error::{Error, Result};
pub use event::Event;
pub use make::Make;
pub use manager::Manager;

pub(crate) use event::{DepartingUnit, Subject};
