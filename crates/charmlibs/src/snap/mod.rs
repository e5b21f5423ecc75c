//! Snaps, over the socket of snapd, without the program `snap`.
//!
//! The functions here are named as the commands of `snap`, and do what these do. Each waits until snapd has done its work.
//! [`Snapd`] has the same as methods, for another socket or other bounds.
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
mod http;
mod info;
mod install;
mod settings;

pub use client::Snapd;
pub use error::{Error, Refusal};
pub use info::{Info, Service};
pub use install::Install;
pub use install::{ensure, hold, install, install_local, list_one, refresh, remove, unhold};
pub use settings::{alias, connect, disconnect, get, logs, restart, set, start, stop, unalias, unset};
