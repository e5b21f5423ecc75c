//! Behaviour that Juju has from Go: parsing of command lines, booleans and numbers, and quoted strings.

pub mod gnuflag;
mod quote;
mod strconv;

pub use quote::{quoted, quoted_list};
pub use strconv::{InvalidSyntax, parse_bool, parse_int};
