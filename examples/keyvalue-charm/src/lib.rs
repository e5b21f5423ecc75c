//! An example charm: a small key-value store for other applications.
//!
//! - [`charm`]: what the charm does on each event.
//! - [`interface`]: the `keyvalue` interface, which charms on the other side use too.
//! - [`server`]: the workload, a process that serves the store over TCP.
//! - [`store`]: the values and users, as files in a folder.

pub mod charm;
pub mod interface;
pub mod server;
pub mod store;

pub use charm::KeyValueCharm;
pub use interface::{Answer, Client, Name, Request};
