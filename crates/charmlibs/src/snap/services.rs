//! The services of a snap, and their logs.

use std::fmt;

use serde_json::{Value, json};

use super::http::escape;
use super::install::check_name;
use super::{Error, Snapd};

/// A line that a service of a snap logged.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct LogEntry {
    /// The time, in RFC 3339.
    pub timestamp: String,
    /// The source: `SNAP.SERVICE`, or another identifier from the journal.
    pub sid: String,
    /// The process ID.
    pub pid: String,
    /// The text.
    pub message: String,
}

/// `TIME SERVICE[PID]: TEXT`, as `snap logs` prints it.
impl fmt::Display for LogEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { timestamp, sid, pid, message } = self;
        write!(f, "{timestamp} {sid}[{pid}]: {message}")
    }
}

/// Start services of `snap`, or all if none are named.
///
/// # Errors
/// See [`Snapd::start`].
pub fn start(snap: &str, services: &[&str]) -> Result<(), Error> {
    Snapd::new().start(snap, services)
}

/// Start services of `snap`, or all if none are named, and enable them at boot.
///
/// # Errors
/// See [`Snapd::start`].
pub fn start_and_enable(snap: &str, services: &[&str]) -> Result<(), Error> {
    Snapd::new().start_and_enable(snap, services)
}

/// Stop services of `snap`, or all if none are named.
///
/// # Errors
/// See [`Snapd::stop`].
pub fn stop(snap: &str, services: &[&str]) -> Result<(), Error> {
    Snapd::new().stop(snap, services)
}

/// Stop services of `snap`, or all if none are named, and disable them at boot.
///
/// # Errors
/// See [`Snapd::stop`].
pub fn stop_and_disable(snap: &str, services: &[&str]) -> Result<(), Error> {
    Snapd::new().stop_and_disable(snap, services)
}

/// Restart services of `snap`, or all if none are named.
///
/// # Errors
/// See [`Snapd::restart`].
pub fn restart(snap: &str, services: &[&str]) -> Result<(), Error> {
    Snapd::new().restart(snap, services)
}

/// Reload the configuration of services of `snap`, or of all if none are named. Those that cannot reload are
/// restarted.
///
/// # Errors
/// See [`Snapd::restart`].
pub fn reload_or_restart(snap: &str, services: &[&str]) -> Result<(), Error> {
    Snapd::new().reload_or_restart(snap, services)
}

/// The last log lines of services of `snap`, or of all if none are named, oldest first.
///
/// # Errors
/// See [`Snapd::logs`].
pub fn logs(snap: &str, services: &[&str], lines: u32) -> Result<Vec<LogEntry>, Error> {
    Snapd::new().logs(snap, services, lines)
}

impl Snapd {
    /// Start services of `snap`, or all if none are named.
    ///
    /// # Errors
    /// [`Error::NotInstalled`]; [`Error::Refused`]: there is no such service; [`Error::Change`]: it did not start.
    pub fn start(&self, snap: &str, services: &[&str]) -> Result<(), Error> {
        self.change_services("start", snap, services, json!({}))
    }

    /// Start services of `snap`, or all if none are named, and enable them at boot.
    ///
    /// # Errors
    /// As [`Snapd::start`].
    pub fn start_and_enable(&self, snap: &str, services: &[&str]) -> Result<(), Error> {
        self.change_services("start", snap, services, json!({"enable": true}))
    }

    /// Stop services of `snap`, or all if none are named.
    ///
    /// # Errors
    /// As [`Snapd::start`].
    pub fn stop(&self, snap: &str, services: &[&str]) -> Result<(), Error> {
        self.change_services("stop", snap, services, json!({}))
    }

    /// Stop services of `snap`, or all if none are named, and disable them at boot.
    ///
    /// # Errors
    /// As [`Snapd::start`].
    pub fn stop_and_disable(&self, snap: &str, services: &[&str]) -> Result<(), Error> {
        self.change_services("stop", snap, services, json!({"disable": true}))
    }

    /// Restart services of `snap`, or all if none are named.
    ///
    /// # Errors
    /// As [`Snapd::start`].
    pub fn restart(&self, snap: &str, services: &[&str]) -> Result<(), Error> {
        self.change_services("restart", snap, services, json!({}))
    }

    /// Reload the configuration of services of `snap`, or of all if none are named. Those that cannot reload are
    /// restarted.
    ///
    /// # Errors
    /// As [`Snapd::start`].
    pub fn reload_or_restart(&self, snap: &str, services: &[&str]) -> Result<(), Error> {
        self.change_services("restart", snap, services, json!({"reload": true}))
    }

    fn change_services(&self, action: &str, snap: &str, services: &[&str], mut body: Value) -> Result<(), Error> {
        let names = full_names(snap, services)?;
        let operation = format!("{action} {}", names.join(", "));
        body["action"] = action.into();
        body["names"] = names.into();
        self.send("POST", "/v2/apps", &body, &operation).map_err(|error| self.or_not_installed(snap, error))
    }

    /// The last log lines of services of `snap`, or of all if none are named, oldest first.
    ///
    /// # Errors
    /// [`Error::NotInstalled`]; [`Error::Refused`]: there is no such service, or the snap has none.
    pub fn logs(&self, snap: &str, services: &[&str], lines: u32) -> Result<Vec<LogEntry>, Error> {
        let path = format!("/v2/logs?names={}&n={lines}", escape(&full_names(snap, services)?.join(",")));
        let entries = self
            .get_stream(&path, &format!("read the logs of the snap {snap}"))
            .map_err(|error| self.or_not_installed(snap, error))?;
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let entry = |entry: &Value| LogEntry {
            timestamp: text(entry, "timestamp"),
            sid: text(entry, "sid"),
            pid: text(entry, "pid"),
            message: text(entry, "message"),
        };
        Ok(entries.iter().map(entry).collect())
    }
}

/// The names of services in snapd's API. For all services of a snap, it is the snap's name.
fn full_names(snap: &str, services: &[&str]) -> Result<Vec<String>, Error> {
    check_name("a snap", snap)?;
    let full_name = |service: &&str| Ok(format!("{snap}.{}", check_name("a service", service)?));
    let names = services.iter().map(full_name).collect::<Result<Vec<_>, Error>>()?;
    Ok(if names.is_empty() { vec![snap.to_owned()] } else { names })
}
