//! Relations.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};

/// Juju's number of a relation, unique in its model.
pub type RelationId = u32;

/// The data that a unit or an application has set in a relation.
pub type Databag = BTreeMap<String, String>;

/// The kind of a relation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationKind {
    /// With another application.
    #[default]
    Regular,
    /// Among the units of this application.
    Peer,
    /// Between a subordinate and its principal: the endpoint has `scope: container`.
    Subordinate,
}

/// A relation, as one unit sees it.
///
/// ```
/// use emulator::Relation;
///
/// let relation = Relation::new("database")
///     .remote_app("postgresql")
///     .remote_app_data([("version", "16")])
///     .remote_unit_data(0, [("host", "10.1.2.3")]);
/// assert_eq!(relation.remote_unit_names("app"), ["postgresql/0"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[doc(alias("PeerRelation", "SubordinateRelation"))]
pub struct Relation {
    /// The endpoint's name in the charm.
    pub endpoint: String,
    /// Juju's number of the relation.
    pub id: RelationId,
    /// Whether the other side is an application, peers or a principal.
    #[serde(default)]
    pub kind: RelationKind,
    /// The remote application. Ignored for a peer relation, where it is the unit's own application.
    pub remote_app: String,
    /// The remote application's endpoint; by default the same name as this endpoint.
    #[serde(default)]
    pub remote_endpoint: Option<String>,
    /// This unit's databag.
    #[serde(default)]
    pub local_unit_data: Databag,
    /// The databags of this application's other units, by unit number, unless this is a peer relation. `relation-get`
    /// shows them when asked for such a unit by name; Ops has no access to them.
    #[serde(default)]
    pub local_units_data: BTreeMap<u32, Databag>,
    /// This application's databag, set by its leader.
    #[serde(default)]
    pub local_app_data: Databag,
    /// The remote application's databag, set by its leader.
    #[serde(default)]
    pub remote_app_data: Databag,
    /// The databags of the remote units, or for a peer relation of the other units, by unit number.
    #[serde(default)]
    pub remote_units_data: BTreeMap<u32, Databag>,
    /// The numbers of units that have left the relation. Their databags can still be read.
    #[serde(default)]
    pub departed_units: Vec<u32>,
    /// The UUID of the remote application's model; by default this model's.
    #[serde(default)]
    pub remote_model_uuid: Option<String>,
    /// Whether the relation is being removed and has no units left. It is no longer listed.
    #[serde(default)]
    pub broken: bool,
}

static NEXT_ID: AtomicU32 = AtomicU32::new(1);

impl Relation {
    /// A relation with an application named `remote`, which has one unit with an empty databag. Each new relation gets
    /// a unique ID.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            kind: RelationKind::Regular,
            remote_app: "remote".to_owned(),
            remote_endpoint: None,
            local_unit_data: default_databag(),
            local_units_data: BTreeMap::new(),
            local_app_data: Databag::new(),
            remote_app_data: Databag::new(),
            remote_units_data: [(0, default_databag())].into(),
            departed_units: Vec::new(),
            remote_model_uuid: None,
            broken: false,
        }
    }

    /// A peer relation, without other units.
    pub fn peer(endpoint: impl Into<String>) -> Self {
        Self {
            kind: RelationKind::Peer,
            remote_app: String::new(),
            remote_units_data: BTreeMap::new(),
            ..Self::new(endpoint)
        }
    }

    /// The relation between a subordinate and its principal.
    pub fn subordinate(endpoint: impl Into<String>) -> Self {
        Self { kind: RelationKind::Subordinate, ..Self::new(endpoint) }
    }

    /// Set the ID.
    #[must_use]
    pub fn id(mut self, id: RelationId) -> Self {
        self.id = id;
        self
    }

    /// Set the remote application.
    #[must_use]
    pub fn remote_app(mut self, app: impl Into<String>) -> Self {
        self.remote_app = app.into();
        self
    }

    /// Set the remote application's endpoint.
    #[must_use]
    pub fn remote_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.remote_endpoint = Some(endpoint.into());
        self
    }

    /// Remove all remote units.
    #[must_use]
    pub fn without_units(mut self) -> Self {
        self.remote_units_data.clear();
        self
    }

    /// Set the remote application's databag.
    #[must_use]
    pub fn remote_app_data<K: Into<String>, V: Into<String>>(mut self, data: impl IntoIterator<Item = (K, V)>) -> Self {
        self.remote_app_data.extend(strings(data));
        self
    }

    /// Add a remote unit, with this data in addition to the addresses that Juju sets for each unit. The first unit
    /// that is added replaces the default one.
    #[must_use]
    pub fn remote_unit_data<K: Into<String>, V: Into<String>>(
        mut self,
        unit: u32,
        data: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        if unit != 0 && self.remote_units_data == [(0, default_databag())].into() {
            self.remote_units_data.clear();
        }
        self.remote_units_data.entry(unit).or_insert_with(default_databag).extend(strings(data));
        self
    }

    /// Set this application's databag.
    #[must_use]
    pub fn local_app_data<K: Into<String>, V: Into<String>>(mut self, data: impl IntoIterator<Item = (K, V)>) -> Self {
        self.local_app_data.extend(strings(data));
        self
    }

    /// Set this unit's databag.
    #[must_use]
    pub fn local_unit_data<K: Into<String>, V: Into<String>>(mut self, data: impl IntoIterator<Item = (K, V)>) -> Self {
        self.local_unit_data.extend(strings(data));
        self
    }

    /// Put the remote application into another model.
    #[must_use]
    pub fn remote_model_uuid(mut self, uuid: impl Into<String>) -> Self {
        self.remote_model_uuid = Some(uuid.into());
        self
    }

    /// The remote application, for a unit of `local_app`.
    #[must_use]
    pub fn remote_app_name<'a>(&'a self, local_app: &'a str) -> &'a str {
        if self.kind == RelationKind::Peer { local_app } else { &self.remote_app }
    }

    /// The remote units that have not left, for a unit of `local_app`, sorted as in Juju: `app/10` before `app/9`.
    #[must_use]
    pub fn remote_unit_names(&self, local_app: &str) -> Vec<String> {
        let app = self.remote_app_name(local_app);
        let present = self.remote_units_data.keys().filter(|number| !self.departed_units.contains(number));
        let mut names: Vec<String> = present.map(|number| format!("{app}/{number}")).collect();
        names.sort();
        names
    }

    /// The ID in `juju` and hook commands, such as `database:7`.
    #[must_use]
    pub fn full_id(&self) -> String {
        format!("{}:{}", self.endpoint, self.id)
    }
}

/// The data that Juju sets for each unit before it joins.
fn default_databag() -> Databag {
    strings([("egress-subnets", "192.0.2.0"), ("ingress-address", "192.0.2.0"), ("private-address", "192.0.2.0")])
        .collect()
}

fn strings<K: Into<String>, V: Into<String>>(
    data: impl IntoIterator<Item = (K, V)>,
) -> impl Iterator<Item = (String, String)> {
    data.into_iter().map(|(key, value)| (key.into(), value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_has_one_unit_until_units_are_added() {
        let relation = || Relation::new("db").remote_app("pg");
        assert_eq!(relation().remote_unit_names("app"), ["pg/0"]);
        let relation = relation().remote_unit_data(1, [("host", "one")]);
        assert_eq!(relation.remote_unit_names("app"), ["pg/1"]);
        assert_eq!(
            relation.remote_units_data[&1].keys().collect::<Vec<_>>(),
            ["egress-subnets", "host", "ingress-address", "private-address"]
        );
        let relation = relation.remote_unit_data(10, [("host", "ten")]).remote_unit_data(0, [("host", "zero")]);
        assert_eq!(relation.remote_unit_names("app"), ["pg/0", "pg/1", "pg/10"]);
        assert_eq!(relation.without_units().remote_unit_names("app"), [] as [&str; 0]);
    }

    #[test]
    fn the_other_units_of_a_peer_relation_are_of_this_application() {
        let peers = Relation::peer("peers").remote_unit_data(3, [("a", "b")]);
        assert_eq!(peers.remote_unit_names("app"), ["app/3"]);
    }

    #[test]
    fn each_relation_has_a_unique_id() {
        assert_ne!(Relation::new("db").id, Relation::new("db").id);
    }
}
