//! Files that are written whole or not at all, and trees of them.

mod contents;
mod error;
mod owner;
mod replacement;
mod tree;

pub use contents::{Options, ensure_contents};
pub use error::Error;
pub use tree::{ensure_folder, ensure_tree, remove};
