//! The output of `juju show-unit` and `juju show-application`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::commands::constraints::output::Constraints;
use crate::store::Life;

/// A unit in `juju show-unit`, which prints a map of units by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UnitInfo {
    #[serde(rename = "workload-version", skip_serializing_if = "String::is_empty")]
    pub workload_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub machine: String,
    /// Such as `8000/tcp`.
    #[serde(rename = "opened-ports")]
    pub opened_ports: Vec<String>,
    #[serde(rename = "public-address", skip_serializing_if = "String::is_empty")]
    pub public_address: String,
    pub charm: String,
    pub leader: bool,
    pub life: Life,
    #[serde(rename = "relation-info", skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<UnitRelation>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UnitRelation {
    #[serde(rename = "relation-id")]
    pub relation_id: u64,
    /// This side's endpoint.
    pub endpoint: String,
    /// Whether the other application is in another model.
    #[serde(rename = "cross-model", skip_serializing_if = "std::ops::Not::not")]
    pub cross_model: bool,
    /// The other side's endpoint.
    #[serde(rename = "related-endpoint")]
    pub related_endpoint: String,
    /// The application's databag.
    #[serde(rename = "application-data")]
    pub application_data: BTreeMap<String, String>,
    /// The unit's own databag in a peer relation; empty in other relations.
    #[serde(rename = "local-unit")]
    pub local_unit: UnitRelationData,
    /// The databags of the other units, by name.
    #[serde(rename = "related-units", skip_serializing_if = "BTreeMap::is_empty")]
    pub related_units: BTreeMap<String, UnitRelationData>,
}

/// A unit's databag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UnitRelationData {
    /// Whether the unit has entered the relation's scope.
    #[serde(rename = "in-scope")]
    pub in_scope: bool,
    /// The content; `None` if it was not requested.
    pub data: Option<BTreeMap<String, String>>,
}

/// The parts of a unit to show; by default all.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnitFilter<'a> {
    /// Only relations at this endpoint.
    pub endpoint: Option<&'a str>,
    /// Only the data of this remote unit.
    pub related_unit: Option<&'a str>,
    /// Only the data of applications.
    pub app: bool,
}

impl UnitInfo {
    /// Select what `--endpoint`, `--related-unit` and `--app` ask for, and drop empty parts, for the unit `name`.
    #[must_use]
    pub fn filtered(mut self, name: &str, filter: UnitFilter<'_>) -> UnitInfo {
        let UnitFilter { endpoint, related_unit, app } = filter;
        self.relations.retain(|relation| endpoint.is_none_or(|endpoint| relation.endpoint == endpoint));
        for relation in &mut self.relations {
            if app {
                relation.local_unit = UnitRelationData::default();
                relation.related_units.clear();
            } else if let Some(unit) = related_unit {
                if unit != name {
                    relation.local_unit = UnitRelationData::default();
                }
                relation.related_units.retain(|name, _| name == unit);
            }
        }
        self.relations.retain(|relation| {
            app || endpoint.is_some()
                || !relation.application_data.is_empty()
                || !relation.related_units.is_empty()
                || relation.local_unit.data.as_ref().is_some_and(|data| !data.is_empty())
        });
        self
    }
}

/// An application in `juju show-application`, which prints a map of applications by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ApplicationInfo {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub charm: String,
    /// Such as `ubuntu@22.04`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub base: String,
    /// The charm's channel; empty for a local charm.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    pub constraints: Constraints,
    /// Whether it has machines of its own.
    pub principal: bool,
    pub exposed: bool,
    /// By endpoint; `""` stands for all.
    #[serde(rename = "exposed-endpoints", skip_serializing_if = "BTreeMap::is_empty")]
    pub exposed_endpoints: BTreeMap<String, ExposedEndpoint>,
    /// Whether it is in another model.
    pub remote: bool,
    pub life: Life,
    /// The space of each endpoint; `""` stands for all others.
    #[serde(rename = "endpoint-bindings", skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoint_bindings: BTreeMap<String, String>,
}

/// From where an endpoint is reachable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExposedEndpoint {
    #[serde(rename = "expose-to-spaces", skip_serializing_if = "Vec::is_empty")]
    pub spaces: Vec<String>,
    /// Networks, such as `0.0.0.0/0`.
    #[serde(rename = "expose-to-cidrs", skip_serializing_if = "Vec::is_empty")]
    pub cidrs: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{json, yaml};

    fn data(pairs: &[(&str, &str)]) -> UnitRelationData {
        let data = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        UnitRelationData { in_scope: true, data: Some(data) }
    }

    fn unit() -> UnitInfo {
        let relation = |id, endpoint: &str| UnitRelation {
            relation_id: id,
            endpoint: endpoint.into(),
            related_endpoint: "database".into(),
            local_unit: data(&[("ingress-address", "10.0.0.2")]),
            related_units: BTreeMap::from([
                ("db/0".to_owned(), data(&[("port", "5432")])),
                ("db/1".to_owned(), data(&[])),
            ]),
            ..UnitRelation::default()
        };
        UnitInfo {
            machine: "0".into(),
            charm: "local:web-0".into(),
            leader: true,
            life: Life::Alive,
            relations: vec![relation(1, "database"), relation(2, "cache")],
            ..UnitInfo::default()
        }
    }

    #[test]
    fn a_filter_selects_an_endpoint_a_related_unit_or_applications() {
        let shown =
            unit().filtered("web/0", UnitFilter { endpoint: Some("database"), related_unit: Some("db/0"), app: false });
        assert_eq!(
            json(&shown),
            "{\"machine\":\"0\",\"opened-ports\":[],\"charm\":\"local:web-0\",\"leader\":true,\"life\":\"alive\",\
             \"relation-info\":[{\"relation-id\":1,\"endpoint\":\"database\",\"related-endpoint\":\"database\",\
             \"application-data\":{},\"local-unit\":{\"in-scope\":false,\"data\":null},\
             \"related-units\":{\"db/0\":{\"in-scope\":true,\"data\":{\"port\":\"5432\"}}}}]}\n"
        );
        assert!(!yaml(&shown).contains("local-unit"));
        assert_eq!(unit().filtered("web/0", UnitFilter::default()), unit());
        assert!(
            unit()
                .filtered("web/0", UnitFilter { app: true, ..UnitFilter::default() })
                .relations
                .iter()
                .all(|relation| relation.related_units.is_empty())
        );
    }

    #[test]
    fn a_databag_is_shown_whatever_its_keys() {
        for key in ["$zero", "$time", "|", "a|b"] {
            let mut unit = unit();
            unit.relations.truncate(1);
            unit.relations[0].application_data = BTreeMap::from([(key.to_owned(), "2026-11-22T08:15:01Z".to_owned())]);
            unit.relations[0].related_units = BTreeMap::from([("db/0".to_owned(), data(&[(key, "x")]))]);
            let shown: serde_json::Value = serde_json::from_str(&json(&unit)).unwrap();
            let relation = &shown["relation-info"][0];
            assert_eq!(relation["application-data"][key], "2026-11-22T08:15:01Z");
            assert_eq!(relation["related-units"]["db/0"]["data"][key], "x");
            let read = ops_metadata::parse_yaml(&yaml(&unit)).unwrap();
            assert_eq!(read, shown);
        }
    }

    #[test]
    fn yaml_omits_empty_constraints_and_json_does_not() {
        let info = ApplicationInfo { charm: "web".into(), principal: true, ..ApplicationInfo::default() };
        assert_eq!(yaml(&info), "charm: web\nprincipal: true\nexposed: false\nremote: false\nlife: alive\n");
        assert!(json(&info).contains("\"constraints\":{}"));
    }
}
