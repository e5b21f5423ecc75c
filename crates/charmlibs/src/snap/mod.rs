//! Snaps, through snapd's socket, without the program `snap`.
//!
//! The functions have the names of `snap`'s commands, and do the same. Each waits until snapd is done. [`Snapd`] has
//! the same functions as methods, for another socket or other limits.
//!
//! ```no_run
//! use charmlibs::snap::{self, Install};
//!
//! snap::ensure("juju", &Install::new().channel("3.6/stable"))?;
//! snap::hold("juju", None)?;
//! # Ok::<(), snap::Error>(())
//! ```
//!
//! snapd's API: <https://snapcraft.io/docs/snapd-rest-api>.

mod client;
mod error;
mod hold;
mod http;
mod info;
mod install;
mod services;
mod settings;

pub use client::Snapd;
pub use error::{Error, Refusal};
pub use hold::{hold, hold_refresh, unhold, unhold_refresh};
pub use info::{Info, Service};
pub use install::Install;
pub use install::{ensure, install, install_local, list, list_one, purge, refresh, remove};
pub use services::{LogEntry, logs, reload_or_restart, restart, start, start_and_enable, stop, stop_and_disable};
pub use settings::{alias, connect, disconnect, get, get_one, set, unalias, unset};
