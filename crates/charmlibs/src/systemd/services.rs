//! Starting, stopping and querying services.

use std::thread;
use std::time::{Duration, Instant};

use super::systemctl::check_name;
use super::{Error, State, Systemd};
use crate::process;

/// How often to check whether a service is still running.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

macro_rules! on_this_machine {
    ($($(#[$doc:meta])* $name:ident = $method:ident -> $result:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        #[doc = concat!("See [`Systemd::", stringify!($method), "`].")]
        pub fn $name(name: &str) -> Result<$result, Error> {
            Systemd::new().$method(name)
        }
    )*};
}

on_this_machine! {
    /// The state of a unit.
    state = state -> State;
    /// Whether the service is running.
    service_running = running -> bool;
    /// Whether the service has failed.
    service_failed = failed -> bool;
    /// Whether the service starts with the machine.
    service_enabled = enabled -> bool;
    /// Start the service, unless it is running.
    service_start = start -> ();
    /// Stop the service, if it is running.
    service_stop = stop -> ();
    /// Stop the service, if it is running, and start it.
    service_restart = restart -> ();
    /// Reload the service's configuration.
    service_reload = reload -> ();
    /// Reload the service's configuration. If the service cannot do that, restart it.
    service_reload_or_restart = reload_or_restart -> ();
    /// Make the service start with the machine.
    service_enable = enable -> ();
    /// Stop the service from starting with the machine.
    service_disable = disable -> ();
    /// Prevent the service from being started.
    service_mask = mask -> ();
    /// Undo [`service_mask`].
    service_unmask = unmask -> ();
    /// Stop the service, and prevent it from being started.
    service_pause = pause -> ();
    /// Undo [`service_pause`]: start the service, now and with the machine.
    service_resume = resume -> ();
}

/// Watch the service for this long, and check that it keeps running.
///
/// # Errors
/// See [`Systemd::stays_running`].
pub fn service_stays_running(name: &str, span: Duration) -> Result<(), Error> {
    Systemd::new().stays_running(name, span)
}

/// Make systemd reload all unit files. [`ensure_unit`](super::ensure_unit) does so when needed.
///
/// # Errors
/// See [`Systemd::daemon_reload`].
pub fn daemon_reload() -> Result<(), Error> {
    Systemd::new().daemon_reload()
}

impl Systemd {
    /// The state of the unit `name`. A missing unit is not an error: its state is `not-found`.
    ///
    /// # Errors
    /// [`Error::NotRunning`]: systemd is not running. See [`Error`] for others.
    pub fn state(&self, name: &str) -> Result<State, Error> {
        let output = self.systemctl(&["show", State::PROPERTIES, "--", check_name(name)?])?;
        let text = String::from_utf8_lossy(&output.stdout);
        State::parse(&text).ok_or_else(|| Error::Output { unit: name.to_owned(), output: text.into_owned() })
    }

    /// Whether the service is running or reloading. False for a missing service.
    ///
    /// # Errors
    /// As [`Systemd::state`].
    pub fn running(&self, name: &str) -> Result<bool, Error> {
        Ok(self.state(name)?.is_running())
    }

    /// Whether the service has failed: it could not be started, or ended with an error.
    ///
    /// # Errors
    /// As [`Systemd::state`].
    pub fn failed(&self, name: &str) -> Result<bool, Error> {
        Ok(self.state(name)?.active == "failed")
    }

    /// Whether the service starts with the machine.
    ///
    /// # Errors
    /// As [`Systemd::state`].
    pub fn enabled(&self, name: &str) -> Result<bool, Error> {
        Ok(matches!(self.state(name)?.file.as_str(), "enabled" | "enabled-runtime"))
    }

    /// Start the service, unless it is running, and wait until it has started, as defined by the `Type=` of its unit.
    ///
    /// Earlier starts do not count for `StartLimitBurst=`: a charm starts a service again because it has changed
    /// something.
    ///
    /// # Errors
    /// [`Error::UnitNotFound`]; [`Error::Service`]: it did not start, or ended at once. See [`Error`] for others.
    pub fn start(&self, name: &str) -> Result<(), Error> {
        self.reset_start_count(name)?;
        self.run_operation("start", name)?;
        self.check_has_process("start", name)
    }

    /// Watch the service for this long, and check that it keeps running. A `Type=simple` service counts as started as
    /// soon as it has a process: a mistake in its configuration may end it a moment later.
    ///
    /// # Errors
    /// [`Error::Service`]: it is not running, has ended, or was restarted. See [`Error`] for others.
    pub fn stays_running(&self, name: &str, span: Duration) -> Result<(), Error> {
        let started = Instant::now();
        let first = self.state(name)?;
        let mut current = first.clone();
        loop {
            if !current.is_running() || current.main_pid != first.main_pid {
                let reason = format!("it has ended ({}: {})", current.active, current.result);
                return Err(self.service_failure("keep running", name, reason));
            }
            let remaining = span.saturating_sub(started.elapsed());
            if remaining.is_zero() {
                return Ok(());
            }
            thread::sleep(POLL_INTERVAL.min(remaining));
            current = self.state(name)?;
        }
    }

    /// Stop the service, if it is running.
    ///
    /// # Errors
    /// As [`Systemd::start`].
    pub fn stop(&self, name: &str) -> Result<(), Error> {
        self.run_operation("stop", name)
    }

    /// Stop the service, if it is running, and start it. As with [`Systemd::start`], earlier starts do not count.
    ///
    /// # Errors
    /// As [`Systemd::start`].
    pub fn restart(&self, name: &str) -> Result<(), Error> {
        self.reset_start_count(name)?;
        self.run_operation("restart", name)?;
        self.check_has_process("restart", name)
    }

    /// Reload the service's configuration.
    ///
    /// # Errors
    /// [`Error::Service`]: it is not running, or cannot reload, or reloading failed. See [`Error`] for others.
    pub fn reload(&self, name: &str) -> Result<(), Error> {
        self.run_operation("reload", name)
    }

    /// Reload the service's configuration. Restart the service if it is not running, cannot reload, or fails to
    /// reload.
    ///
    /// # Errors
    /// As [`Systemd::restart`].
    pub fn reload_or_restart(&self, name: &str) -> Result<(), Error> {
        match self.reload(name) {
            Err(Error::Service(failure)) => {
                tracing::info!("{failure}; restarting it");
                self.restart(name)
            }
            result => result,
        }
    }

    /// Make the service start with the machine. Does not start it now.
    ///
    /// # Errors
    /// [`Error::UnitNotFound`], or [`Error::Service`], for example if it is masked. See [`Error`] for others.
    pub fn enable(&self, name: &str) -> Result<(), Error> {
        self.run_operation("enable", name)
    }

    /// Stop the service from starting with the machine. Does not stop it now.
    ///
    /// # Errors
    /// As [`Systemd::enable`].
    pub fn disable(&self, name: &str) -> Result<(), Error> {
        self.run_operation("disable", name)
    }

    /// Prevent the service from being started, even by other services that need it. Does not stop it now.
    ///
    /// # Errors
    /// [`Error::Service`], for example if the unit's file is in `/etc/systemd/system`. See [`Error`] for others.
    pub fn mask(&self, name: &str) -> Result<(), Error> {
        self.run_operation("mask", name)
    }

    /// Undo [`Systemd::mask`].
    ///
    /// # Errors
    /// See [`Error`].
    pub fn unmask(&self, name: &str) -> Result<(), Error> {
        self.run_operation("unmask", name)
    }

    /// Stop the service, and prevent it from being started.
    ///
    /// # Errors
    /// As [`Systemd::stop`], [`Systemd::disable`] and [`Systemd::mask`].
    pub fn pause(&self, name: &str) -> Result<(), Error> {
        if self.state(name)?.load != "masked" {
            self.disable(name)?;
            self.mask(name)?;
        }
        self.stop(name)?;
        let state = self.state(name)?;
        if state.is_running() {
            return Err(self.service_failure("pause", name, "it still runs".to_owned()));
        }
        Ok(())
    }

    /// Undo [`Systemd::pause`]: start the service, now and with the machine.
    ///
    /// # Errors
    /// As [`Systemd::unmask`], [`Systemd::enable`] and [`Systemd::start`].
    pub fn resume(&self, name: &str) -> Result<(), Error> {
        let state = self.state(name)?;
        if matches!(state.file.as_str(), "masked" | "masked-runtime") {
            self.unmask(name)?;
        }
        if !matches!(state.file.as_str(), "enabled" | "static") {
            self.enable(name)?;
        }
        if state.is_running() { Ok(()) } else { self.start(name) }
    }

    /// Make systemd reload all unit files.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn daemon_reload(&self) -> Result<(), Error> {
        self.systemctl(&["daemon-reload"])?;
        Ok(())
    }

    /// Reset the count of starts: systemd refuses to start a service that was started five times in ten seconds.
    /// Packages cause that by themselves, if their service restarts until the charm has configured it.
    fn reset_start_count(&self, name: &str) -> Result<(), Error> {
        match self.systemctl(&["reset-failed", "--", check_name(name)?]) {
            // It fails for a unit that systemd has not loaded; there are no starts to count. Any other problem makes
            // the start fail too.
            Ok(_) | Err(Error::Program(process::Error::Failed(_))) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn run_operation(&self, operation: &'static str, name: &str) -> Result<(), Error> {
        match self.systemctl(&[operation, "--", check_name(name)?]) {
            Ok(_) => {
                tracing::debug!(unit = name, "{operation}: done");
                Ok(())
            }
            Err(Error::Program(process::Error::Failed(failure))) => {
                if self.state(name)?.load == "not-found" {
                    return Err(Error::UnitNotFound { unit: name.to_owned() });
                }
                let lines: Vec<_> = failure
                    .stderr
                    .lines()
                    .map(str::trim)
                    // The error already has the lines that this message tells the user to look at.
                    .filter(|line| !line.is_empty() && !line.starts_with("See \"systemctl status"))
                    .collect();
                Err(self.service_failure(operation, name, lines.join(" ")))
            }
            Err(error) => Err(error),
        }
    }

    /// Check that a process is alive: a `Type=simple` service counts as started even if its process ended at once.
    fn check_has_process(&self, operation: &'static str, name: &str) -> Result<(), Error> {
        let state = self.state(name)?;
        if state.active == "failed" || state.sub == "auto-restart" {
            let reason = format!("it has ended ({}: {})", state.active, state.result);
            return Err(self.service_failure(operation, name, reason));
        }
        Ok(())
    }
}
