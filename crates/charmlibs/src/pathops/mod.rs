//! Files that are written whole or not at all.

mod contents;
mod error;
mod owner;
mod replacement;

pub use contents::{Options, ensure_contents};
pub use error::Error;
