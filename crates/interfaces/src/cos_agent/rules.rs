//! Alert rules for Prometheus and Loki.

use ops_metadata::YamlError;
use serde_json::{Map, Value, json};

use super::InvalidFile;
use super::expression::{self, Language, Matcher, UnclosedError};
use super::topology::Topology;

/// Rules for every application, the same as in the Python library: a unit that cannot be scraped is down.
pub(super) const HOST_HEALTH: (&str, &str) = (
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

/// Why a file of rules is invalid.
#[derive(Debug, thiserror::Error)]
enum InvalidRules {
    #[error(transparent)]
    Yaml(#[from] YamlError),
    #[error("there is neither `groups` nor `expr`")]
    NoRules,
    #[error("`groups` is not a list")]
    GroupsNotAList,
    #[error("a group lacks its name or its rules")]
    Incomplete,
    #[error("the labels of a rule are not a map")]
    LabelsNotAMap,
    #[error(transparent)]
    Expression(#[from] UnclosedError),
}

/// All rules, for Prometheus or Loki; `None` if there are none.
pub(super) fn rules(
    files: impl Iterator<Item = &'static (&'static str, &'static str)>,
    topology: &Topology,
    language: Language,
) -> Result<Value, InvalidFile> {
    let mut groups = Vec::new();
    for (name, text) in files {
        let parsed = parse_groups(name, text, topology, language);
        groups.extend(parsed.map_err(|reason| InvalidFile::Rules { name, reason: reason.to_string() })?);
    }
    Ok(if groups.is_empty() { json!({}) } else { json!({"groups": groups}) })
}

/// The groups of one file, with this application's labels.
fn parse_groups(name: &str, text: &str, topology: &Topology, language: Language) -> Result<Vec<Value>, InvalidRules> {
    let groups = match ops_metadata::parse_yaml(text)? {
        Value::Object(mut file) if file.contains_key("groups") => file.remove("groups").unwrap_or_default(),
        Value::Object(rule) if rule.contains_key("expr") => json!([{"name": name, "rules": [rule]}]),
        _ => return Err(InvalidRules::NoRules),
    };
    let Value::Array(groups) = groups else { return Err(InvalidRules::GroupsNotAList) };
    groups.into_iter().map(|group| add_labels(group, topology, language)).collect()
}

/// The labels that select this application's series. The charm is not among them, because the series of a subordinate
/// have the charm of its principal.
const SELECTOR_LABELS: [&str; 3] = ["juju_model", "juju_model_uuid", "juju_application"];

/// Add this application's labels to the rules of a group, and to their selectors.
fn add_labels(mut group: Value, topology: &Topology, language: Language) -> Result<Value, InvalidRules> {
    let name = group.get("name").and_then(Value::as_str).ok_or(InvalidRules::Incomplete)?;
    let name = format!("{}_{name}_rules", topology.prefix());
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    group["name"] = name.chars().map(|c| if is_allowed(c) { c } else { '_' }).collect::<String>().into();
    for rule in group.get_mut("rules").and_then(Value::as_array_mut).ok_or(InvalidRules::Incomplete)? {
        let rule = rule.as_object_mut().ok_or(InvalidRules::Incomplete)?;
        let labels = rule.entry("labels").or_insert_with(|| Map::new().into()).as_object_mut();
        let labels = labels.ok_or(InvalidRules::LabelsNotAMap)?;
        for (key, value) in topology.labels() {
            labels.entry(key).or_insert_with(|| value.into());
        }
        // A rule may name another application.
        let labels = labels.clone();
        let matchers: Vec<Matcher<'_>> =
            SELECTOR_LABELS.into_iter().filter_map(|label| Some((label, labels.get(label)?.as_str()?))).collect();
        let expression = rule.get("expr").and_then(Value::as_str).ok_or(InvalidRules::Incomplete)?;
        let expression = expression.replace("%%juju_topology%%,", "").replace("%%juju_topology%%", "");
        rule.insert("expr".to_owned(), expression::add_matchers(&expression, &matchers, language)?.into());
    }
    Ok(group)
}
