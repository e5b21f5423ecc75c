//! The charm: its handlers for Juju's events.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::bail;
use ops::{
    Charm, CollectStatusEvent, ConfigChangedEvent, Framework, InstallEvent, Model, RemoveEvent, StartEvent, Status,
    StopEvent, on,
};
use regex::Regex;
use serde::Deserialize;

use crate::tinyproxy::{Tinyproxy, Workload};

/// The port that tinyproxy listens on.
pub const PORT: u16 = 8000;

/// How long tinyproxy may take to start or to stop.
const TIMEOUT: Duration = Duration::from_secs(3);

/// How often to check while waiting.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Schema for the charm's config options, checked against `charmcraft.yaml` at build time.
#[ops::config]
#[derive(Debug, Default, PartialEq, Eq)]
#[serde(default)]
pub struct TinyproxyConfig {
    /// The path of the reverse proxy.
    pub slug: Slug,
}

/// A path of the reverse proxy, which matches the regex `[a-z0-9-]+`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Slug(String);

impl Slug {
    /// The path, without slashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Slug {
    fn default() -> Self {
        Self("example".to_owned())
    }
}

impl TryFrom<String> for Slug {
    type Error = anyhow::Error;

    fn try_from(slug: String) -> Result<Self, Self::Error> {
        let regex = Regex::new("^[a-z0-9-]+$").map_err(anyhow::Error::msg)?;
        if regex.is_match(&slug) { Ok(Self(slug)) } else { bail!("Slug must match the regex [a-z0-9-]+") }
    }
}

/// Runs tinyproxy as a reverse proxy. It keeps no state: it reads everything from Juju or the machine.
#[derive(Debug)]
pub struct TinyproxyCharm<W = Tinyproxy> {
    /// The tinyproxy that the charm manages.
    pub workload: W,
}

impl Default for TinyproxyCharm {
    fn default() -> Self {
        Self::new(Tinyproxy::default())
    }
}

impl<W: Workload + 'static> Charm for TinyproxyCharm<W> {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::collect_unit_status(), Self::on_collect_status);
        framework.observe(on::install(), Self::on_install);
        framework.observe(on::start(), Self::on_start);
        framework.observe(on::config_changed(), Self::on_config_changed);
        framework.observe(on::stop(), Self::on_stop);
        framework.observe(on::remove(), Self::on_remove);
    }
}

impl<W: Workload> TinyproxyCharm<W> {
    /// Create a charm that manages this workload.
    pub fn new(workload: W) -> Self {
        Self { workload }
    }

    /// Install tinyproxy on the machine.
    fn on_install(&mut self, _event: &InstallEvent, model: &Model) -> anyhow::Result<()> {
        if !self.workload.is_installed() {
            self.workload.install()?;
            model.unit().set_workload_version(&self.workload.version()?)?;
        }
        Ok(())
    }

    /// Handle start event.
    fn on_start(&mut self, _event: &StartEvent, model: &Model) -> anyhow::Result<()> {
        self.configure_and_run(model)
    }

    /// Handle config-changed event.
    fn on_config_changed(&mut self, _event: &ConfigChangedEvent, model: &Model) -> anyhow::Result<()> {
        self.configure_and_run(model)
    }

    /// Report the status of tinyproxy (runs after each event).
    fn on_collect_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
        match model.load_config::<TinyproxyConfig>() {
            Ok(_) => {}
            Err(ops::Error::Config(error)) => {
                let message = format!("Invalid slug: '{}'. Slug must match the regex [a-z0-9-]+", error.text());
                event.add_status(Status::blocked(message));
            }
            Err(error) => return Err(error.into()),
        }
        if !self.workload.is_installed() {
            event.add_status(Status::maintenance("Waiting for tinyproxy to be installed"));
        }
        if !self.workload.is_running() {
            event.add_status(Status::maintenance("Waiting for tinyproxy to start"));
        }
        event.add_status(Status::active());
        Ok(())
    }

    /// Handle stop event.
    fn on_stop(&mut self, _event: &StopEvent, _model: &Model) -> anyhow::Result<()> {
        self.workload.stop()?;
        self.wait_for_not_running()
    }

    /// Handle remove event.
    fn on_remove(&mut self, _event: &RemoveEvent, _model: &Model) -> anyhow::Result<()> {
        self.workload.uninstall()?;
        Ok(())
    }

    /// Ensure that tinyproxy is running with the correct config.
    fn configure_and_run(&mut self, model: &Model) -> anyhow::Result<()> {
        let config: TinyproxyConfig = match model.load_config() {
            Ok(config) => config,
            // The collect-status handler runs next, and sets a status for the user.
            Err(ops::Error::Config(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if !self.workload.is_installed() {
            return Ok(());
        }
        let changed = self.workload.ensure_config(PORT, config.slug.as_str())?;
        if !self.workload.is_running() {
            self.workload.start()?;
            self.wait_for_running()?;
        } else if changed {
            tracing::info!("Config changed while tinyproxy is running. Updating tinyproxy config");
            self.workload.reload_config()?;
        }
        Ok(())
    }

    /// Wait for tinyproxy to be running.
    fn wait_for_running(&self) -> anyhow::Result<()> {
        if !self.wait_until(true) {
            bail!("tinyproxy was not running within the expected time");
        }
        Ok(())
    }

    /// Wait for tinyproxy to not be running.
    fn wait_for_not_running(&self) -> anyhow::Result<()> {
        if !self.wait_until(false) {
            bail!("tinyproxy was still running after the expected time");
        }
        Ok(())
    }

    fn wait_until(&self, running: bool) -> bool {
        let deadline = Instant::now() + TIMEOUT;
        while self.workload.is_running() != running {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(POLL_INTERVAL);
        }
        true
    }
}
