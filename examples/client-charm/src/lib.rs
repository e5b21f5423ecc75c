//! An example charm: keeps values in the key-value store of another application.
//!
//! - [`charm`]: what the charm does at each event.
//! - [`store`]: the store on the other side of the relation.

pub mod charm;
pub mod store;

pub use charm::ClientCharm;
