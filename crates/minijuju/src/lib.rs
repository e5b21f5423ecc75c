//! Run Juju charms on any Linux machine in seconds, without Juju.

pub mod cli;
pub mod format;

pub mod machine;
pub mod pack;
