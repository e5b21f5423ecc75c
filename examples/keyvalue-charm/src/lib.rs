//! An example charm: a small key-value store for other applications to use.
//!
//! - [`charm`]: what the charm does at each event.
//! - [`interface`]: what the two sides of the `keyvalue` interface tell each other. Charms on the other side use it too.
//! - [`server`]: the workload, a process that serves the store over TCP.
//! - [`store`]: the values and users, as files in a folder.

pub mod charm;
pub mod interface;
pub mod server;
pub mod store;

pub use charm::KeyValueCharm;
pub use interface::{Answer, Client, Name, Request};
