//! What Juju has of Go: how its libraries read a command line, a boolean or a number, and quote a string.

pub mod gnuflag;
mod quote;
mod strconv;

pub use quote::{quoted, quoted_list};
pub use strconv::{InvalidSyntax, parse_bool, parse_int};
