//! Relations.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};

/// The number that Juju gives to a relation; unique in a model.
pub type RelationId = u32;

/// The keys and values that a unit or an application has set in a relation.
pub type Databag = BTreeMap<String, String>;

/// What stands at the other end of a relation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationKind {
    /// Another application.
    #[default]
    Regular,
    /// The other units of this application.
    Peer,
    /// The application that this one is deployed beside, or one that is deployed beside this: the endpoint has
    /// `scope: container`.
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
    /// The charm's name for it.
    pub endpoint: String,
    /// Juju's number for it.
    pub id: RelationId,
    /// What is at the other end.
    #[serde(default)]
    pub kind: RelationKind,
    /// The application at the other end. For a peer relation this is the unit's own application, whatever stands here.
    pub remote_app: String,
    /// The other application's name for it; the same as this one's if nothing is set.
    #[serde(default)]
    pub remote_endpoint: Option<String>,
    /// What this unit has set.
    #[serde(default)]
    pub local_unit_data: Databag,
    /// What each other unit of this application has set, by the unit's number, where it is no peer relation. `relation-get`
    /// tells it to those who ask for such a unit by its name; Ops has no way to it.
    #[serde(default)]
    pub local_units_data: BTreeMap<u32, Databag>,
    /// What this application's leader has set.
    #[serde(default)]
    pub local_app_data: Databag,
    /// What the other application's leader has set.
    #[serde(default)]
    pub remote_app_data: Databag,
    /// What each unit at the other end (each other unit of a peer relation) has set, by the unit's number.
    #[serde(default)]
    pub remote_units_data: BTreeMap<u32, Databag>,
    /// Numbers of units that have left the relation. What they set can still be read.
    #[serde(default)]
    pub departed_units: Vec<u32>,
    /// The UUID of the model of the other application; that of this model if nothing is set.
    #[serde(default)]
    pub remote_model_uuid: Option<String>,
    /// The relation is being removed and no unit is left: it is not listed any more.
    #[serde(default)]
    pub broken: bool,
}

static NEXT_ID: AtomicU32 = AtomicU32::new(1);

impl Relation {
    /// A relation with an application named `remote`, which has one unit that has set nothing. Each new relation has an
    /// id of its own.
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

    /// The relation among the units of an application, without other units yet.
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

    /// With this id.
    #[must_use]
    pub fn id(mut self, id: RelationId) -> Self {
        self.id = id;
        self
    }

    /// With this application at the other end.
    #[must_use]
    pub fn remote_app(mut self, app: impl Into<String>) -> Self {
        self.remote_app = app.into();
        self
    }

    /// With this name of it at the other end.
    #[must_use]
    pub fn remote_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.remote_endpoint = Some(endpoint.into());
        self
    }

    /// Without any unit at the other end yet.
    #[must_use]
    pub fn without_units(mut self) -> Self {
        self.remote_units_data.clear();
        self
    }

    /// With what the other application's leader has set.
    #[must_use]
    pub fn remote_app_data<K: Into<String>, V: Into<String>>(mut self, data: impl IntoIterator<Item = (K, V)>) -> Self {
        self.remote_app_data.extend(strings(data));
        self
    }

    /// With a unit at the other end, and what it has set beside the addresses that Juju sets for each unit. The unit that
    /// a new relation has by itself gives way to the first one that is added here.
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

    /// With what this application's leader has set.
    #[must_use]
    pub fn local_app_data<K: Into<String>, V: Into<String>>(mut self, data: impl IntoIterator<Item = (K, V)>) -> Self {
        self.local_app_data.extend(strings(data));
        self
    }

    /// With what this unit has set.
    #[must_use]
    pub fn local_unit_data<K: Into<String>, V: Into<String>>(mut self, data: impl IntoIterator<Item = (K, V)>) -> Self {
        self.local_unit_data.extend(strings(data));
        self
    }

    /// With an application in another model at the other end.
    #[must_use]
    pub fn remote_model_uuid(mut self, uuid: impl Into<String>) -> Self {
        self.remote_model_uuid = Some(uuid.into());
        self
    }

    /// The application at the other end, for a unit of `local_app`.
    #[must_use]
    pub fn remote_app_name<'a>(&'a self, local_app: &'a str) -> &'a str {
        if self.kind == RelationKind::Peer { local_app } else { &self.remote_app }
    }

    /// The names of the units at the other end that have not left, for a unit of `local_app`, sorted as Juju sorts
    /// them: `app/10` before `app/9`.
    #[must_use]
    pub fn remote_unit_names(&self, local_app: &str) -> Vec<String> {
        let app = self.remote_app_name(local_app);
        let present = self.remote_units_data.keys().filter(|number| !self.departed_units.contains(number));
        let mut names: Vec<String> = present.map(|number| format!("{app}/{number}")).collect();
        names.sort();
        names
    }

    /// What `juju` and hook commands call it: `database:7`.
    #[must_use]
    pub fn full_id(&self) -> String {
        format!("{}:{}", self.endpoint, self.id)
    }
}

/// What Juju puts into each unit's databag before the unit joins.
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
    fn has_one_unit_until_units_are_added() {
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
    fn each_relation_has_an_id_of_its_own() {
        assert_ne!(Relation::new("db").id, Relation::new("db").id);
    }
}
