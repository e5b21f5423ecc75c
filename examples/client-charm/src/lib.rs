//! An example charm: stores values in another application's key-value store.
//!
//! - [`charm`]: what the charm does on each event.
//! - [`store`]: the store on the other side of the relation.

pub mod charm;
pub mod store;

pub use charm::ClientCharm;
