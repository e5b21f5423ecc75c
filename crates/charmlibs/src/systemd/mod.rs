//! Services and their unit files, through `systemctl` and `journalctl`.
//!
//! The functions here run the machine's own programs, and wait for up to five minutes for a service. [`Systemd`] has
//! the same functions as methods, with other limits. In a unit's name, `.service` can be omitted.
//!
//! If a service does not start, the error has the last lines of its journal, so that Juju's log shows the reason.
//!
//! ```no_run
//! use charmlibs::systemd;
//!
//! let unit = "[Service]\nExecStart=/usr/bin/web --port 80\n\n[Install]\nWantedBy=multi-user.target\n";
//! if systemd::ensure_unit("web.service", unit)? {
//!     systemd::service_restart("web")?;
//! }
//! systemd::service_resume("web")?;
//! systemd::service_stays_running("web", std::time::Duration::from_secs(2))?;
//! # Ok::<(), systemd::Error>(())
//! ```

mod error;
mod services;
mod state;
mod systemctl;
mod units;

pub use error::{Error, ServiceFailure};
pub use services::{
    daemon_reload, service_disable, service_enable, service_enabled, service_failed, service_mask, service_pause,
    service_reload, service_reload_or_restart, service_restart, service_resume, service_running, service_start,
    service_stays_running, service_stop, service_unmask, state,
};
pub use state::State;
pub use systemctl::Systemd;
pub use units::{ensure_unit, remove_unit};
