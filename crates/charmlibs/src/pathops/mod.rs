//! Atomic writes of files, and operations on trees of them.

mod contents;
mod error;
mod owner;
mod replacement;
mod tree;

pub use contents::{Options, ensure_contents};
pub use error::Error;
pub use tree::{ensure_folder, ensure_tree, remove};
