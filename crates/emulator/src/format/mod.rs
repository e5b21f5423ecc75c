//! Juju's output formats, byte for byte: YAML, JSON, and its own "smart" format.

pub mod base64;
pub(crate) mod float;
pub mod json;
mod serializer;
pub mod smart;
mod value;
pub mod yaml;

pub use serializer::{Instant, Unprintable, to_value};
pub use value::Value;
