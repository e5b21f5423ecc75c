//! Metrics, logs, alert rules and dashboards for the Canonical Observability Stack: the interface
//! [`cos_agent`][interface]. The other side is a collector beside each unit.
//!
//! ```
//! use interfaces::cos_agent::{Metrics, Provider};
//! use ops::{Charm, Framework, on};
//!
//! const COS: Provider = Provider::new("cos-agent")
//!     .metrics(&[Metrics::new(9113, "/metrics")])
//!     // In a real charm: `include_str!("../alerts/shop.yaml")`.
//!     .metrics_alert_rules(&[("shop", "alert: ShopDown\nexpr: up == 0\nfor: 5m\n")])
//!     .log_files(&["/var/log/shop/*.log"]);
//!
//! struct ShopCharm;
//!
//! impl Charm for ShopCharm {
//!     fn observe(framework: &mut Framework<Self>) {
//!         framework.library(COS).refresh_on([on::upgrade_charm().into()]);
//!     }
//! }
//! ```
//!
//! [interface]: https://github.com/canonical/charmlibs/tree/main/interfaces/cos_agent/interface/v0

mod dashboard;
mod expression;
mod rules;
mod topology;

use ops::{Error, Framework, Library, Model, RelationJoinedEvent, on};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use dashboard::dashboard;
use expression::Language;
use rules::{HOST_HEALTH, rules};
use topology::Topology;

/// Configures the collector beside this unit.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    endpoint: &'static str,
    metrics: &'static [Metrics],
    metrics_alert_rules: NamedFiles,
    log_alert_rules: NamedFiles,
    dashboards: NamedFiles,
    log_files: &'static [&'static str],
    log_slots: &'static [&'static str],
    tracing_protocols: &'static [&'static str],
}

/// Names and contents of files.
type NamedFiles = &'static [(&'static str, &'static str)];

/// An endpoint with metrics for Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Metrics {
    port: u16,
    path: &'static str,
}

impl Metrics {
    /// At this port of the machine's address, with this path.
    #[must_use]
    pub const fn new(port: u16, path: &'static str) -> Self {
        Self { port, path }
    }
}

/// A rule or dashboard of the charm is invalid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidFile {
    /// The alert rules are invalid.
    #[error("the alert rules {name} are not valid: {reason}")]
    Rules {
        /// The name of the rules.
        name: &'static str,
        /// The reason.
        reason: String,
    },
    /// The dashboard is not JSON.
    #[error("the dashboard {name} is not JSON: {error}")]
    Dashboard {
        /// The dashboard's name.
        name: &'static str,
        /// The parser's error.
        error: serde_json::Error,
    },
    /// The dashboard cannot be compressed.
    #[error("the dashboard {name} cannot be compressed: {error}")]
    Compression {
        /// The dashboard's name.
        name: &'static str,
        /// The compressor's error.
        error: std::io::Error,
    },
}

/// An endpoint where a collector receives traces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Receiver {
    /// The protocol, such as `otlp_http`.
    pub protocol: String,
    /// The URL.
    pub url: String,
}

/// What the collector writes.
#[derive(Deserialize)]
struct CollectorData {
    #[serde(default)]
    receivers: Vec<ReceiverData>,
}

#[derive(Deserialize)]
struct ReceiverData {
    protocol: ProtocolData,
    url: Option<String>,
}

#[derive(Deserialize)]
struct ProtocolData {
    name: String,
}

/// What this unit writes under the key `config`.
#[derive(Serialize)]
struct Config {
    metrics_alert_rules: Value,
    log_alert_rules: Value,
    dashboards: Vec<String>,
    metrics_scrape_jobs: Vec<Value>,
    log_slots: &'static [&'static str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    include_log_files: &'static [&'static str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tracing_protocols: &'static [&'static str],
}

impl Provider {
    /// A provider at this endpoint that observes nothing yet.
    #[must_use]
    pub const fn new(endpoint: &'static str) -> Self {
        Self {
            endpoint,
            metrics: &[],
            metrics_alert_rules: &[],
            log_alert_rules: &[],
            dashboards: &[],
            log_files: &[],
            log_slots: &[],
            tracing_protocols: &[],
        }
    }

    /// Set the metrics.
    #[must_use]
    pub const fn metrics(mut self, metrics: &'static [Metrics]) -> Self {
        self.metrics = metrics;
        self
    }

    /// Set alert rules about metrics: names, and YAML of one rule or of `groups`.
    ///
    /// They find only the series of this application: its labels are added to whatever an expression selects. Unlike
    /// rules of charms in Python, selectors do not need `%%juju_topology%%`. As in charms in Python, two rules are
    /// always added: `HostDown` and `HostMetricsMissing`.
    #[must_use]
    pub const fn metrics_alert_rules(mut self, files: &'static [(&'static str, &'static str)]) -> Self {
        self.metrics_alert_rules = files;
        self
    }

    /// Set alert rules about logs, which find only the streams of this application.
    #[must_use]
    pub const fn log_alert_rules(mut self, files: &'static [(&'static str, &'static str)]) -> Self {
        self.log_alert_rules = files;
        self
    }

    /// Set Grafana dashboards: names, and JSON.
    #[must_use]
    pub const fn dashboards(mut self, files: &'static [(&'static str, &'static str)]) -> Self {
        self.dashboards = files;
        self
    }

    /// Set the log files, with patterns such as `/var/log/shop/*.log`.
    #[must_use]
    pub const fn log_files(mut self, patterns: &'static [&'static str]) -> Self {
        self.log_files = patterns;
        self
    }

    /// Set the log slots of snaps, such as `charmed-zookeeper:logs`.
    #[must_use]
    pub const fn log_slots(mut self, slots: &'static [&'static str]) -> Self {
        self.log_slots = slots;
        self
    }

    /// Request receivers for traces with these protocols, such as `otlp_http`.
    #[must_use]
    pub const fn tracing_protocols(mut self, protocols: &'static [&'static str]) -> Self {
        self.tracing_protocols = protocols;
        self
    }

    /// The receivers for traces that the collector has announced.
    ///
    /// # Errors
    /// The other side's data cannot be read, or a hook command failed.
    pub fn receivers(&self, model: &Model) -> Result<Vec<Receiver>, Error> {
        let mut receivers = Vec::new();
        for relation in model.relations(self.endpoint)? {
            for unit in relation.units()? {
                let CollectorData { receivers: announced } = relation.data(&unit).load()?;
                let announced = announced
                    .into_iter()
                    .filter_map(|receiver| Some(Receiver { protocol: receiver.protocol.name, url: receiver.url? }));
                receivers.extend(announced);
            }
        }
        Ok(receivers)
    }

    fn on_joined(&self, _event: &RelationJoinedEvent, model: &Model) -> anyhow::Result<()> {
        self.write_config(model)
    }

    fn write_config(&self, model: &Model) -> anyhow::Result<()> {
        let relations = model.relations(self.endpoint)?;
        if relations.is_empty() {
            return Ok(());
        }
        let topology = Topology::from_model(model)?;
        let config = Config {
            metrics_alert_rules: rules(
                self.metrics_alert_rules.iter().chain(&[HOST_HEALTH]),
                &topology,
                Language::PromQl,
            )?,
            log_alert_rules: rules(self.log_alert_rules.iter(), &topology, Language::LogQl)?,
            dashboards: self
                .dashboards
                .iter()
                .map(|file| dashboard(file, &topology.charm))
                .collect::<Result<_, _>>()?,
            metrics_scrape_jobs: self.metrics.iter().map(scrape_job).collect(),
            log_slots: self.log_slots,
            include_log_files: self.log_files,
            tracing_protocols: self.tracing_protocols,
        };
        let config = serde_json::to_string(&config)?;
        for relation in relations {
            relation.unit_data().set("config", &config)?;
        }
        Ok(())
    }
}

fn scrape_job(metrics: &Metrics) -> Value {
    let Metrics { port, path } = metrics;
    json!({"metrics_path": path, "static_configs": [{"targets": [format!("localhost:{port}")]}]})
}

impl Library for Provider {
    fn name(&self) -> &str {
        self.endpoint
    }

    fn observe(&self, framework: &mut Framework<Self>) {
        framework.observe(on::relation_joined(self.endpoint), Self::on_joined);
    }

    fn refresh(&self, model: &Model) -> anyhow::Result<()> {
        self.write_config(model)
    }
}
