//! Machines: throw-away, copy-on-write views of this computer.
//!
//! A machine sees the files of this computer and may change all of them: its writes go to its own folder below
//! `$MINIJUJU_DATA`, never to the computer. It has its own processes, host name and network address. Only its first
//! process keeps it alive, so it outlives the command that started it and needs no daemon.
//!
//! A machine protects the computer from a charm's accidents. It does not stop an attacker: its root is the host's
//! root.

mod agent;
mod base;
mod boot;
mod cgroup;
mod enter;
mod entrance;
mod error;
mod files;
mod firewall;
mod init;
mod legacy_firewall;
mod limits;
mod lock;
mod machines;
mod network;
mod nsenter;
mod overlay;
mod record;
mod resolver;
mod rootfs;
mod start;
mod stop;
mod sudo;
mod surroundings;
mod tool;
mod ubuntu;

#[cfg(test)]
mod tests;

pub use base::Source as BaseSource;
pub use boot::Init;
pub use enter::Machine;
pub use entrance::{Entrances, Launch, Started};
pub use error::{Error, Result};
pub use files::{Files, Folder};
pub use init::run_if_asked;
pub use machines::{MachineInfo, Machines};
pub use record::Kind;
pub use start::Spec;
pub use sudo::stand_in_if_asked;
pub use ubuntu::USER;
