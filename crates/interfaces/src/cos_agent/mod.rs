//! Metrics, logs, alert rules and dashboards for the Canonical Observability Stack: the interface [`cos_agent`][interface],
//! whose other side is a collector beside each unit.
//!
//! ```
//! use interfaces::cos_agent::{Metrics, Provider};
//! use ops::{Charm, Framework, on};
//!
//! const COS: Provider = Provider::new("cos-agent")
//!     .metrics(&[Metrics::new(9113, "/metrics")])
//!     // A charm's own would be `include_str!("../alerts/shop.yaml")`.
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

mod expression;

use base64ct::{Base64, Encoding as _};
use lzma_rust2::{XzOptions, XzWriter};
use ops::{Error, Framework, Library, Model, RelationJoinedEvent, on};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;

use expression::{Language, Matcher};

/// Tells the collector beside this unit what to observe.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    endpoint: &'static str,
    metrics: &'static [Metrics],
    metrics_alert_rules: Files,
    log_alert_rules: Files,
    dashboards: Files,
    log_files: &'static [&'static str],
    log_slots: &'static [&'static str],
    tracing_protocols: &'static [&'static str],
}

/// Names and texts of files.
type Files = &'static [(&'static str, &'static str)];

/// Where this unit shows metrics, as Prometheus reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Metrics {
    port: u16,
    path: &'static str,
}

impl Metrics {
    /// At this port of the machine's own address, under this path.
    #[must_use]
    pub const fn new(port: u16, path: &'static str) -> Self {
        Self { port, path }
    }
}

/// Something to observe is not what it should be: the charm is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidFile {
    /// Alert rules.
    #[error("the alert rules {name} are no rules: {why}")]
    Rules {
        /// Their name.
        name: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A dashboard.
    #[error("the dashboard {name} is no JSON: {error}")]
    Dashboard {
        /// Its name.
        name: &'static str,
        /// What is wrong.
        error: serde_json::Error,
    },
    /// A dashboard cannot be compressed.
    #[error("the dashboard {name} cannot be compressed: {error}")]
    Compression {
        /// Its name.
        name: &'static str,
        /// What is wrong.
        error: std::io::Error,
    },
}

/// A place where a collector takes traces.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receiver {
    /// The protocol, such as `otlp_http`.
    pub protocol: String,
    /// The address.
    pub url: String,
}

/// What the collector writes.
#[derive(Deserialize)]
struct Collector {
    #[serde(default)]
    receivers: Vec<ReceiverData>,
}

#[derive(Deserialize)]
struct ReceiverData {
    protocol: Protocol,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Protocol {
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
    /// Nothing yet, at this endpoint.
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

    /// With these metrics.
    #[must_use]
    pub const fn metrics(mut self, metrics: &'static [Metrics]) -> Self {
        self.metrics = metrics;
        self
    }

    /// With these alert rules about metrics: names, and YAML of one rule or of `groups`.
    ///
    /// They find the series of this application alone: whatever an expression selects has to have its labels, too. There is
    /// no need of `%%juju_topology%%` in selectors, which rules of charms in Python have. Two rules are always there, as in
    /// charms in Python: `HostDown` and `HostMetricsMissing`.
    #[must_use]
    pub const fn metrics_alert_rules(mut self, files: &'static [(&'static str, &'static str)]) -> Self {
        self.metrics_alert_rules = files;
        self
    }

    /// With these alert rules about logs, which find the streams of this application alone.
    #[must_use]
    pub const fn log_alert_rules(mut self, files: &'static [(&'static str, &'static str)]) -> Self {
        self.log_alert_rules = files;
        self
    }

    /// With these dashboards of Grafana: names, and JSON.
    #[must_use]
    pub const fn dashboards(mut self, files: &'static [(&'static str, &'static str)]) -> Self {
        self.dashboards = files;
        self
    }

    /// With these log files, which may be patterns such as `/var/log/shop/*.log`.
    #[must_use]
    pub const fn log_files(mut self, patterns: &'static [&'static str]) -> Self {
        self.log_files = patterns;
        self
    }

    /// With the logs of these snaps, such as `charmed-zookeeper:logs`.
    #[must_use]
    pub const fn log_slots(mut self, slots: &'static [&'static str]) -> Self {
        self.log_slots = slots;
        self
    }

    /// To send traces by these protocols, such as `otlp_http`.
    #[must_use]
    pub const fn tracing_protocols(mut self, protocols: &'static [&'static str]) -> Self {
        self.tracing_protocols = protocols;
        self
    }

    /// Where to send traces, as far as the collector knows.
    ///
    /// # Errors
    /// What the other side wrote cannot be read, or a hook command failed.
    pub fn receivers(&self, model: &Model) -> Result<Vec<Receiver>, Error> {
        let mut receivers = Vec::new();
        for relation in model.relations(self.endpoint)? {
            for unit in relation.units()? {
                let Collector { receivers: known } = relation.data(&unit).load()?;
                let known = known
                    .into_iter()
                    .filter_map(|receiver| Some(Receiver { protocol: receiver.protocol.name, url: receiver.url? }));
                receivers.extend(known);
            }
        }
        Ok(receivers)
    }

    fn on_joined(&self, _event: &RelationJoinedEvent, model: &Model) -> anyhow::Result<()> {
        self.tell(model)
    }

    fn tell(&self, model: &Model) -> anyhow::Result<()> {
        let relations = model.relations(self.endpoint)?;
        if relations.is_empty() {
            return Ok(());
        }
        let topology = Topology::of(model)?;
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
            metrics_scrape_jobs: self.metrics.iter().map(job).collect(),
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

fn job(metrics: &Metrics) -> Value {
    let Metrics { port, path } = metrics;
    json!({"metrics_path": path, "static_configs": [{"targets": [format!("localhost:{port}")]}]})
}

/// What rules and dashboards are about.
struct Topology {
    model: String,
    uuid: String,
    app: String,
    charm: String,
}

impl Topology {
    fn of(model: &Model) -> Result<Self, Error> {
        Ok(Self {
            model: model.name().to_owned(),
            uuid: model.uuid().to_owned(),
            app: model.app().name().to_owned(),
            charm: model.meta()?.name.clone(),
        })
    }

    fn labels(&self) -> [(&'static str, &str); 4] {
        [
            ("juju_model", &self.model),
            ("juju_model_uuid", &self.uuid),
            ("juju_application", &self.app),
            ("juju_charm", &self.charm),
        ]
    }

    /// The beginning of the names of groups of rules.
    fn prefix(&self) -> String {
        format!("{}_{}_{}", self.model, self.uuid.get(..8).unwrap_or(&self.uuid), self.app)
    }
}

/// Rules that every application has, as the library for charms in Python gives them to it: what nobody can scrape is down.
const HOST_HEALTH: (&str, &str) = (
    "HostHealth",
    "\
groups:
- name: HostHealth
  rules:
  - alert: HostDown
    expr: up < 1
    for: 5m
    labels: {severity: critical}
    annotations: {summary: \"{{ $labels.instance }} of {{ $labels.juju_application }} cannot be scraped.\"}
  - alert: HostMetricsMissing
    expr: absent(up)
    for: 5m
    labels: {severity: warning}
    annotations: {summary: \"Nothing is known of a unit of {{ $labels.juju_application }}: there are no metrics.\"}
",
);

/// All rules, as Prometheus and Loki read them; nothing where there are none.
fn rules(
    files: impl Iterator<Item = &'static (&'static str, &'static str)>,
    topology: &Topology,
    language: Language,
) -> Result<Value, InvalidFile> {
    let mut groups = Vec::new();
    for (name, text) in files {
        let invalid = |why: String| InvalidFile::Rules { name, why };
        let parsed = ops_metadata::parse_yaml(text).map_err(|why| invalid(why.to_string()))?;
        let found = match parsed {
            Value::Object(mut file) if file.contains_key("groups") => file.remove("groups").unwrap_or_default(),
            Value::Object(rule) if rule.contains_key("expr") => json!([{"name": name, "rules": [rule]}]),
            _ => return Err(invalid("there is neither `groups` nor `expr`".to_owned())),
        };
        let Value::Array(found) = found else { return Err(invalid("`groups` is no list".to_owned())) };
        for group in found {
            groups.push(labelled(group, topology, language).map_err(invalid)?);
        }
    }
    Ok(if groups.is_empty() { json!({}) } else { json!({"groups": groups}) })
}

/// The labels by which an expression selects this application's series. Not the charm: a subordinate's series have its
/// principal's.
const SELECTING: [&str; 3] = ["juju_model", "juju_model_uuid", "juju_application"];

/// A group with this application's labels in its rules, and in what they select. An error if it is no group.
fn labelled(mut group: Value, topology: &Topology, language: Language) -> Result<Value, String> {
    let lacks = || "a group lacks its name or its rules".to_owned();
    let name = group.get("name").and_then(Value::as_str).ok_or_else(lacks)?;
    let name = format!("{}_{name}_rules", topology.prefix());
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    group["name"] = name.chars().map(|c| if fits(c) { c } else { '_' }).collect::<String>().into();
    for rule in group.get_mut("rules").and_then(Value::as_array_mut).ok_or_else(lacks)? {
        let rule = rule.as_object_mut().ok_or_else(lacks)?;
        let labels = rule.entry("labels").or_insert_with(|| Map::new().into()).as_object_mut();
        let labels = labels.ok_or_else(|| "the labels of a rule are no map".to_owned())?;
        for (key, value) in topology.labels() {
            labels.entry(key).or_insert_with(|| value.into());
        }
        // A rule may say whose series it is about.
        let labels = labels.clone();
        let matchers: Vec<Matcher<'_>> =
            SELECTING.into_iter().filter_map(|label| Some((label, labels.get(label)?.as_str()?))).collect();
        let expression = rule.get("expr").and_then(Value::as_str).ok_or_else(lacks)?;
        let expression = expression.replace("%%juju_topology%%,", "").replace("%%juju_topology%%", "");
        rule.insert("expr".to_owned(), expression::select(&expression, &matchers, language)?.into());
    }
    Ok(group)
}

/// A dashboard as the other side reads it: JSON, compressed, in base64.
fn dashboard((name, text): &(&'static str, &'static str), charm: &str) -> Result<String, InvalidFile> {
    let mut dashboard: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| InvalidFile::Dashboard { name, error })?;
    // Grafana knows a dashboard by 40 letters, which are this one's in whatever model the charm is.
    let uid = crate::hex(&Sha256::digest(format!("{charm}-{name}"))[..20]);
    dashboard.insert("uid".to_owned(), uid.into());
    let tags = dashboard.entry("tags").or_insert_with(|| json!([]));
    if let Value::Array(tags) = tags
        && !tags.iter().any(|tag| tag.as_str().is_some_and(|tag| tag.starts_with("charm: ")))
    {
        tags.push(format!("charm: {charm}").into());
    }
    let compress = || -> std::io::Result<Vec<u8>> {
        let mut writer = XzWriter::new(Vec::new(), XzOptions::default())?;
        writer.write_all(Value::from(dashboard).to_string().as_bytes())?;
        writer.finish()
    };
    let compressed = compress().map_err(|error| InvalidFile::Compression { name, error })?;
    Ok(Base64::encode_string(&compressed))
}

impl Library for Provider {
    fn name(&self) -> &str {
        self.endpoint
    }

    fn observe(&self, framework: &mut Framework<Self>) {
        framework.observe(on::relation_joined(self.endpoint), Self::on_joined);
    }

    fn refresh(&self, model: &Model) -> anyhow::Result<()> {
        self.tell(model)
    }
}
