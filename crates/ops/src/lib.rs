//! Write Juju machine charms in Rust.

pub mod hookcmds;
