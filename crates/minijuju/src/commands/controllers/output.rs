//! The output of `juju controllers` and `juju show-controller`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::format::{Colours, Paint, Table, Tabular, table_or};

/// The output of `juju controllers`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ControllerSet {
    /// By name.
    pub controllers: BTreeMap<String, ControllerItem>,
    #[serde(rename = "current-controller")]
    pub current_controller: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ControllerItem {
    /// The current model, for the table.
    #[serde(rename = "current-model", skip_serializing_if = "String::is_empty")]
    pub current_model: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// `superuser`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub access: String,
    /// Its UUID, in JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Its UUID, in YAML.
    #[serde(rename = "controller-uuid", skip_serializing_if = "Option::is_none")]
    pub controller_uuid: Option<String>,
    /// Empty: there is no server.
    #[serde(rename = "api-endpoints")]
    pub api_endpoints: Vec<String>,
    /// Empty: there is no server.
    #[serde(rename = "ca-cert")]
    pub ca_cert: String,
    pub cloud: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    #[serde(rename = "agent-version", skip_serializing_if = "String::is_empty")]
    pub agent_version: String,
    #[serde(rename = "model-count", skip_serializing_if = "Option::is_none")]
    pub model_count: Option<usize>,
    #[serde(rename = "machine-count", skip_serializing_if = "Option::is_none")]
    pub machine_count: Option<usize>,
}

/// `juju controllers`.
#[must_use]
pub fn controllers(set: &ControllerSet, format: Tabular, colour: Colours) -> String {
    table_or(set, format, || {
        let mut table = Table::new(colour);
        table.line(&["Controller", "Model", "User", "Access", "Cloud/Region", "Models", "Nodes", "HA", "Version"]);
        for column in 5..8 {
            table.align_right(column);
        }
        let dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let count = |count: Option<usize>| count.filter(|count| *count > 0).map_or("-".to_owned(), |n| n.to_string());
        for (name, item) in &set.controllers {
            if *name == set.current_controller {
                table.painted(Paint::Good, &format!("{name}*"));
            } else {
                table.cells(&[name]);
            }
            let cloud = [item.cloud.as_str(), &item.region].join("/");
            table.cells(&[&dash(&item.current_model), &dash(&item.user), &dash(&item.access)]);
            table.cells(&[cloud.trim_end_matches('/'), &count(item.model_count), &count(item.machine_count)]);
            table.cells(&["-", &item.agent_version]);
            table.write("\n");
        }
        table.finish()
    })
}

/// A controller in `juju show-controller`, which prints a map of them by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ControllerInfo {
    pub details: ControllerDetails,
    /// By `OWNER/MODEL`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, ControllerModel>,
    /// As `OWNER/MODEL`.
    #[serde(rename = "current-model", skip_serializing_if = "String::is_empty")]
    pub current_model: String,
    pub account: ControllerAccount,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ControllerDetails {
    /// Its UUID, in JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Its UUID, in YAML.
    #[serde(rename = "controller-uuid", skip_serializing_if = "Option::is_none")]
    pub controller_uuid: Option<String>,
    /// Empty: there is no server.
    #[serde(rename = "api-endpoints")]
    pub api_endpoints: Vec<String>,
    pub cloud: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    #[serde(rename = "agent-version", skip_serializing_if = "String::is_empty")]
    pub agent_version: String,
    /// Empty: there is no server.
    #[serde(rename = "ca-cert")]
    pub ca_cert: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ControllerModel {
    /// Its UUID, in JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Its UUID, in YAML.
    #[serde(rename = "model-uuid", skip_serializing_if = "Option::is_none")]
    pub model_uuid: Option<String>,
    #[serde(rename = "machine-count", skip_serializing_if = "Option::is_none")]
    pub machine_count: Option<usize>,
    #[serde(rename = "unit-count", skip_serializing_if = "Option::is_none")]
    pub unit_count: Option<usize>,
}

/// The user at a controller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ControllerAccount {
    pub user: String,
    /// `superuser`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub access: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_controller_is_listed() {
        let item = ControllerItem {
            current_model: "testing".into(),
            user: "admin".into(),
            access: "superuser".into(),
            cloud: "localhost".into(),
            region: "localhost".into(),
            agent_version: "3.6.8".into(),
            model_count: Some(2),
            ..ControllerItem::default()
        };
        let set = ControllerSet {
            controllers: BTreeMap::from([("minijuju".to_owned(), item)]),
            current_controller: "minijuju".into(),
        };
        assert_eq!(
            controllers(&set, Tabular::Tabular, Colours::Off),
            "\
Controller  Model    User   Access     Cloud/Region         Models  Nodes  HA  Version
minijuju*   testing  admin  superuser  localhost/localhost       2      -   -  3.6.8  
"
        );
    }
}
