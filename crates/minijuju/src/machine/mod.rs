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
mod cgroup;
mod clean;
mod device_nodes;
mod dns;
mod enter;
mod error;
mod exec_environment;
mod files;
mod firewall;
mod host_program;
mod init;
mod init_process;
mod install;
mod interfaces;
mod launcher;
mod legacy_firewall;
mod lock;
mod machines;
mod mountinfo;
mod network;
mod nsenter;
mod paths;
mod proc;
mod record;
mod rootfs;
mod start;
mod stop;
mod subcommand;
mod sudo;
mod systemd;
mod ubuntu;
mod wrappers;

#[cfg(test)]
mod tests;

pub use base::BaseSource;
pub use enter::Machine;
pub use error::{Error, Result};
pub use files::{Files, Folder};
pub use launcher::{LaunchRequest, LaunchedProcess, Launchers};
pub use machines::{MachineInfo, Machines};
pub use record::MachineKind;
pub use start::MachineSpec;
pub use subcommand::run_subcommand;
pub use sudo::run_if_sudo;
pub use ubuntu::DEFAULT_USER;
