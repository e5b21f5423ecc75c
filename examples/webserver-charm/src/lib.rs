//! An example charm: serves a site with nginx, as a team would run it.
//!
//! - [`charm`]: what the charm does at each event.
//! - [`nginx`]: nginx on the machine.

pub mod charm;
pub mod nginx;

pub use charm::WebServerCharm;
