//! Alert rules for Prometheus and Loki.

use ops_metadata::YamlError;
use serde_json::{Map, Value, json};

use super::InvalidFile;
use super::expression::{self, Language, Matcher, Unclosed};
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
enum Invalid {
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
    Expression(#[from] Unclosed),
}

/// All rules, for Prometheus or Loki; `None` if there are none.
pub(super) fn rules(
    files: impl Iterator<Item = &'static (&'static str, &'static str)>,
    topology: &Topology,
    language: Language,
) -> Result<Value, InvalidFile> {
    let mut groups = Vec::new();
    for (name, text) in files {
        let found = read(name, text, topology, language);
        groups.extend(found.map_err(|why| InvalidFile::Rules { name, why: why.to_string() })?);
    }
    Ok(if groups.is_empty() { json!({}) } else { json!({"groups": groups}) })
}

/// The groups of one file, with this application's labels.
fn read(name: &str, text: &str, topology: &Topology, language: Language) -> Result<Vec<Value>, Invalid> {
    let groups = match ops_metadata::parse_yaml(text)? {
        Value::Object(mut file) if file.contains_key("groups") => file.remove("groups").unwrap_or_default(),
        Value::Object(rule) if rule.contains_key("expr") => json!([{"name": name, "rules": [rule]}]),
        _ => return Err(Invalid::NoRules),
    };
    let Value::Array(groups) = groups else { return Err(Invalid::GroupsNotAList) };
    groups.into_iter().map(|group| labelled(group, topology, language)).collect()
}

/// The labels that select this application's series. The charm is not among them, because the series of a subordinate
/// have the charm of its principal.
const SELECTING: [&str; 3] = ["juju_model", "juju_model_uuid", "juju_application"];

/// Add this application's labels to the rules of a group, and to their selectors.
fn labelled(mut group: Value, topology: &Topology, language: Language) -> Result<Value, Invalid> {
    let name = group.get("name").and_then(Value::as_str).ok_or(Invalid::Incomplete)?;
    let name = format!("{}_{name}_rules", topology.prefix());
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    group["name"] = name.chars().map(|c| if fits(c) { c } else { '_' }).collect::<String>().into();
    for rule in group.get_mut("rules").and_then(Value::as_array_mut).ok_or(Invalid::Incomplete)? {
        let rule = rule.as_object_mut().ok_or(Invalid::Incomplete)?;
        let labels = rule.entry("labels").or_insert_with(|| Map::new().into()).as_object_mut();
        let labels = labels.ok_or(Invalid::LabelsNotAMap)?;
        for (key, value) in topology.labels() {
            labels.entry(key).or_insert_with(|| value.into());
        }
        // A rule may name another application.
        let labels = labels.clone();
        let matchers: Vec<Matcher<'_>> =
            SELECTING.into_iter().filter_map(|label| Some((label, labels.get(label)?.as_str()?))).collect();
        let expression = rule.get("expr").and_then(Value::as_str).ok_or(Invalid::Incomplete)?;
        let expression = expression.replace("%%juju_topology%%,", "").replace("%%juju_topology%%", "");
        rule.insert("expr".to_owned(), expression::select(&expression, &matchers, language)?.into());
    }
    Ok(group)
}
