//! Juju's hook commands (also known as hook tools), one function each.
//!
//! A charm talks to Juju by running small programs that the unit agent puts first on the hook's `PATH`: `config-get`,
//! `status-set`, and so on. See [Juju's reference](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/).
//!
//! [`Runner`] is the seam between a charm and Juju: in production it starts the process, in a unit test it answers from
//! a state in memory. Both see the same names, arguments and output.

mod runner;

pub use runner::{Command, Error, Output, ProcessRunner, Result, Runner};
