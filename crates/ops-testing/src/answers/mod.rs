//! Juju's hook commands, answered from a [`State`](crate::State) as Juju 3.6 answers them, to the byte.

mod action;
mod call;
mod config;
mod credential;
mod failure;
mod file;
mod flags;
mod goal;
mod help;
mod hook;
mod invocation;
mod juju;
mod key_value;
mod kubernetes;
mod leader;
mod log;
pub(crate) mod name;
mod network;
mod opened;
mod payload;
mod pending;
mod port;
mod reboot;
mod record;
mod relation;
mod resource;
mod secret;
mod server_state;
mod spec;
mod status;
mod storage;
mod table;
#[cfg(test)]
mod tests;
mod version;

pub use call::Call;
pub use hook::{Action, Hook};
pub use juju::{Juju, Outcome};
pub use record::{ActionRecord, LogLine, Reboot, Record};
pub use table::{COMMANDS, reads_stdin};
