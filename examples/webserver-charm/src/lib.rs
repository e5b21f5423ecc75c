//! An example charm that serves a site with nginx, like a charm in production.
//!
//! - [`charm`]: what the charm does on each event.
//! - [`nginx`]: nginx on the machine.

pub mod charm;
pub mod nginx;

pub use charm::WebServerCharm;
