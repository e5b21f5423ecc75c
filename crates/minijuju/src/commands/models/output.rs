//! The output of `juju models` and `juju show-model`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::format::{Colours, Paint, Table, Tabular, table_or};
use crate::store::Life;

/// The output of `juju models`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ModelSet {
    /// Sorted by owner and name.
    pub models: Vec<ModelSummary>,
    /// The current model, without its owner.
    #[serde(rename = "current-model", skip_serializing_if = "String::is_empty")]
    pub current_model: String,
    /// For the table.
    #[serde(skip)]
    pub controller: String,
}

/// A model in `juju models`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ModelSummary {
    /// `OWNER/MODEL`.
    pub name: String,
    /// The name without its owner.
    #[serde(rename = "short-name")]
    pub short_name: String,
    #[serde(rename = "model-uuid")]
    pub uuid: String,
    /// `iaas`.
    #[serde(rename = "model-type")]
    pub model_type: String,
    #[serde(rename = "controller-uuid")]
    pub controller_uuid: String,
    #[serde(rename = "controller-name")]
    pub controller_name: String,
    #[serde(rename = "is-controller")]
    pub is_controller: bool,
    pub owner: String,
    pub cloud: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<ModelCredential>,
    /// Such as `lxd`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub provider_type: String,
    pub life: Life,
    /// `available`, or why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ModelState>,
    /// The user's access, such as `admin`.
    pub access: String,
    /// When the user last connected, by [`ago`](crate::format::ago).
    #[serde(rename = "last-connection")]
    pub last_connection: String,
    /// `unsupported`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sla: String,
    #[serde(rename = "agent-version", skip_serializing_if = "String::is_empty")]
    pub agent_version: String,
    /// For the table.
    #[serde(skip)]
    pub machines: usize,
    /// For the table.
    #[serde(skip)]
    pub units: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ModelState {
    /// `available`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub current: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it was set, by [`ago`](crate::format::ago).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub since: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ModelCredential {
    pub name: String,
    pub owner: String,
    pub cloud: String,
    /// `valid`.
    #[serde(rename = "validity-check", skip_serializing_if = "String::is_empty")]
    pub validity: String,
}

/// Whether the table has the models' UUIDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uuids {
    Shown,
    Hidden,
}

/// `juju models`.
#[must_use]
pub fn models(set: &ModelSet, format: Tabular, uuids: Uuids, colour: Colours) -> String {
    table_or(set, format, || {
        let mut table = Table::new(colour);
        table.line(&[&format!("Controller: {}", set.controller)]);
        table.write("\n");
        table.cells(&["Model"]);
        let uuid_columns = match uuids {
            Uuids::Shown => {
                table.cells(&["UUID"]);
                1
            }
            Uuids::Hidden => 0,
        };
        table.line(&["Cloud/Region", "Type", "Status", "Machines", "Units", "Access", "Last connection"]);
        table.align_right(4 + uuid_columns);
        table.align_right(5 + uuid_columns);
        for model in &set.models {
            let current = model.short_name == set.current_model;
            let paint = if current { Paint::Good } else { Paint::Plain };
            table.painted(paint, &format!("{}{}", model.short_name, if current { "*" } else { "" }));
            if uuids == Uuids::Shown {
                table.cells(&[&model.uuid]);
            }
            let cloud = format!("{}/{}", model.cloud, model.region);
            let status = model.status.as_ref().map(|status| status.current.as_str()).filter(|text| !text.is_empty());
            table.cells(&[cloud.trim_matches('/'), &model.provider_type, status.unwrap_or("-")]);
            let units = if model.units == 0 { "-".to_owned() } else { model.units.to_string() };
            let access = if model.access.is_empty() { "-" } else { &model.access };
            table.line(&[&model.machines.to_string(), &units, access, &model.last_connection]);
        }
        table.finish()
    })
}

/// A model in `juju show-model`, which prints a map of models by short name.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ModelInfo {
    /// `OWNER/MODEL`.
    pub name: String,
    /// The name without its owner.
    #[serde(rename = "short-name")]
    pub short_name: String,
    #[serde(rename = "model-uuid")]
    pub uuid: String,
    /// `iaas`.
    #[serde(rename = "model-type")]
    pub model_type: String,
    #[serde(rename = "controller-uuid")]
    pub controller_uuid: String,
    #[serde(rename = "controller-name")]
    pub controller_name: String,
    #[serde(rename = "is-controller")]
    pub is_controller: bool,
    pub owner: String,
    pub cloud: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Such as `lxd`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub provider_type: String,
    pub life: Life,
    /// `available`, or why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ModelState>,
    /// By name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub users: BTreeMap<String, ModelUser>,
    /// By ID.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub machines: BTreeMap<String, ModelMachine>,
    /// By name; `internal`.
    #[serde(rename = "secret-backends", skip_serializing_if = "BTreeMap::is_empty")]
    pub secret_backends: BTreeMap<String, SecretBackend>,
    /// `unsupported`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sla: String,
    #[serde(rename = "agent-version", skip_serializing_if = "String::is_empty")]
    pub agent_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<ModelCredential>,
    #[serde(rename = "supported-features", skip_serializing_if = "Vec::is_empty")]
    pub supported_features: Vec<SupportedFeature>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ModelUser {
    #[serde(rename = "display-name", skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    pub access: String,
    /// When the user last connected, by [`ago`](crate::format::ago).
    #[serde(rename = "last-connection")]
    pub last_connection: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ModelMachine {
    /// The number of cores; 0 if unlimited.
    pub cores: u64,
}

/// Where secrets are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SecretBackend {
    #[serde(rename = "num-secrets")]
    pub num_secrets: usize,
    /// `active`.
    pub status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SupportedFeature {
    /// Such as `juju`.
    pub name: String,
    pub description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> ModelSet {
        let model = |name: &str, machines, units| ModelSummary {
            name: format!("admin/{name}"),
            short_name: name.into(),
            uuid: "b6b7".into(),
            model_type: "iaas".into(),
            controller_name: "minijuju".into(),
            owner: "admin".into(),
            cloud: "localhost".into(),
            region: "localhost".into(),
            provider_type: "lxd".into(),
            life: Life::Alive,
            status: Some(ModelState { current: "available".into(), ..ModelState::default() }),
            access: "admin".into(),
            last_connection: "just now".into(),
            machines,
            units,
            ..ModelSummary::default()
        };
        ModelSet {
            models: vec![model("default", 0, 0), model("testing", 12, 13)],
            current_model: "testing".into(),
            controller: "minijuju".into(),
        }
    }

    #[test]
    fn models_are_listed_with_the_current_one_marked() {
        assert_eq!(
            models(&set(), Tabular::Tabular, Uuids::Hidden, Colours::Off),
            "\
Controller: minijuju

Model     Cloud/Region         Type  Status     Machines  Units  Access  Last connection
default   localhost/localhost  lxd   available         0      -  admin   just now
testing*  localhost/localhost  lxd   available        12     13  admin   just now
"
        );
        assert!(
            models(&set(), Tabular::Tabular, Uuids::Shown, Colours::Off)
                .contains("testing*  b6b7  localhost/localhost")
        );
    }
}
