//! The state of one unit.

use std::collections::{BTreeMap, BTreeSet};

use ops::Status;
use serde::{Deserialize, Serialize};

use super::{
    ConfigValue, DeferredEvent, GoalState, Model, Network, Payload, Port, Relation, RelationId, Resource, Secret,
    SecretId, Storage,
};

/// What one unit can see of Juju, before or after a hook.
///
/// ```
/// use emulator::{Relation, State};
///
/// let state = State::default()
///     .with_config("slug", "foo")
///     .with_relation(Relation::new("database").remote_app("postgresql"))
///     .with_leader(true);
/// assert_eq!(state.get_relations("database").count(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The options that are set. Other options have the charm's defaults.
    pub config: BTreeMap<String, ConfigValue>,
    /// The unit's relations.
    pub relations: Vec<Relation>,
    /// The networks of endpoints and extra bindings, by name. Others have the network of the binding `""`, or else the
    /// address 192.0.2.0.
    pub networks: BTreeMap<String, Network>,
    /// The attached storage instances.
    pub storages: Vec<Storage>,
    /// The application's resources.
    pub resources: Vec<Resource>,
    /// The secrets that the unit can see.
    pub secrets: Vec<Secret>,
    /// The ports that are open for all endpoints.
    pub opened_ports: BTreeSet<Port>,
    /// The ports that are open for single endpoints, by endpoint.
    pub endpoint_ports: BTreeMap<String, BTreeSet<Port>>,
    /// Whether the unit is the leader.
    pub leader: bool,
    /// The number of planned units of the application.
    pub planned_units: u32,
    /// The unit's model.
    pub model: Model,
    /// The unit's workload status.
    pub unit_status: Status,
    /// The application's status.
    pub app_status: Status,
    /// The statuses of the application's other units, by name.
    pub other_unit_statuses: BTreeMap<String, Status>,
    /// The workload's version.
    pub workload_version: String,
    /// What the charm stored with `state-set`.
    pub charm_state: BTreeMap<String, String>,
    /// What the leader set with `leader-set`.
    pub leader_settings: BTreeMap<String, String>,
    /// The result of `goal-state`; by default derived from the relations and the planned units.
    pub goal_state: Option<GoalState>,
    /// The address for clients outside the model; by default that of the binding `""`.
    pub public_address: Option<String>,
    /// Processes that the charm has registered as payloads.
    pub payloads: Vec<Payload>,
    /// The events that the charm has deferred. Charms keep them in a local file, not in Juju.
    pub deferred: Vec<DeferredEvent>,
    /// The values that the charm has stored. Charms keep them in a local file, not in Juju.
    pub stored: BTreeMap<String, serde_json::Value>,
    /// The values that the charm's libraries have stored, by library.
    pub library_stored: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            config: BTreeMap::new(),
            relations: Vec::new(),
            networks: BTreeMap::new(),
            storages: Vec::new(),
            resources: Vec::new(),
            secrets: Vec::new(),
            opened_ports: BTreeSet::new(),
            endpoint_ports: BTreeMap::new(),
            leader: false,
            planned_units: 1,
            model: Model::default(),
            unit_status: Status::unknown(),
            app_status: Status::unknown(),
            other_unit_statuses: BTreeMap::new(),
            workload_version: String::new(),
            charm_state: BTreeMap::new(),
            leader_settings: BTreeMap::new(),
            goal_state: None,
            public_address: None,
            payloads: Vec::new(),
            deferred: Vec::new(),
            stored: BTreeMap::new(),
            library_stored: BTreeMap::new(),
        }
    }
}

impl State {
    /// Set an option.
    #[must_use]
    pub fn with_config(mut self, option: impl Into<String>, value: impl Into<ConfigValue>) -> Self {
        self.config.insert(option.into(), value.into());
        self
    }

    /// Add a relation.
    #[must_use]
    pub fn with_relation(mut self, relation: Relation) -> Self {
        self.relations.push(relation);
        self
    }

    /// Add a secret.
    #[must_use]
    pub fn with_secret(mut self, secret: Secret) -> Self {
        self.secrets.push(secret);
        self
    }

    /// Add a storage instance.
    #[must_use]
    pub fn with_storage(mut self, storage: Storage) -> Self {
        self.storages.push(storage);
        self
    }

    /// Set the network of an endpoint or an extra binding; `""` is the default for all others.
    #[must_use]
    pub fn with_network(mut self, binding: impl Into<String>, network: Network) -> Self {
        self.networks.insert(binding.into(), network);
        self
    }

    /// Add a resource.
    #[must_use]
    pub fn with_resource(mut self, resource: Resource) -> Self {
        self.resources.push(resource);
        self
    }

    /// Add an open port.
    #[must_use]
    pub fn with_opened_port(mut self, port: Port) -> Self {
        self.opened_ports.insert(port);
        self
    }

    /// Add a port that is open for one endpoint only.
    #[must_use]
    pub fn with_endpoint_port(mut self, endpoint: impl Into<String>, port: Port) -> Self {
        self.endpoint_ports.entry(endpoint.into()).or_default().insert(port);
        self
    }

    /// Set whether the unit is the leader.
    #[must_use]
    pub fn with_leader(mut self, leader: bool) -> Self {
        self.leader = leader;
        self
    }

    /// Set the number of planned units.
    #[must_use]
    pub fn with_planned_units(mut self, units: u32) -> Self {
        self.planned_units = units;
        self
    }

    /// Set the model.
    #[must_use]
    pub fn with_model(mut self, model: Model) -> Self {
        self.model = model;
        self
    }

    /// Set the unit's status.
    #[must_use]
    pub fn with_unit_status(mut self, status: Status) -> Self {
        self.unit_status = status;
        self
    }

    /// Set the application's status.
    #[must_use]
    pub fn with_app_status(mut self, status: Status) -> Self {
        self.app_status = status;
        self
    }

    /// Set the workload's version.
    #[must_use]
    pub fn with_workload_version(mut self, version: impl Into<String>) -> Self {
        self.workload_version = version.into();
        self
    }

    /// Add a deferred event.
    #[must_use]
    pub fn with_deferred(mut self, event: DeferredEvent) -> Self {
        self.deferred.push(event);
        self
    }

    /// Add a value that the charm has stored.
    #[must_use]
    pub fn with_stored(mut self, key: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.stored.insert(key.into(), value.into());
        self
    }

    /// Add a value that a library of the charm has stored.
    #[must_use]
    pub fn with_library_stored(
        mut self,
        library: impl Into<String>,
        key: impl Into<String>,
        value: impl Into<serde_json::Value>,
    ) -> Self {
        self.library_stored.entry(library.into()).or_default().insert(key.into(), value.into());
        self
    }

    /// Add relations.
    #[must_use]
    pub fn with_relations(mut self, relations: impl IntoIterator<Item = Relation>) -> Self {
        self.relations.extend(relations);
        self
    }

    /// Change the relation with this ID: `out.change_relation(id, |it| it.remote_app_data([("address",
    /// "10.0.0.9")]))`.
    ///
    /// # Panics
    /// If there is no such relation.
    #[must_use]
    pub fn change_relation(mut self, id: RelationId, change: impl FnOnce(Relation) -> Relation) -> Self {
        let relation = self.relations.iter_mut().find(|relation| relation.id == id);
        let relation = relation.unwrap_or_else(|| panic!("the state has no relation with the id {id}"));
        *relation = change(relation.clone());
        self
    }

    /// The relation with this ID, which must exist: for the next event, `on::relation_changed(out.relation(id))`.
    ///
    /// # Panics
    /// If there is no such relation.
    #[must_use]
    pub fn relation(&self, id: RelationId) -> &Relation {
        self.get_relation(id).unwrap_or_else(|| panic!("the state has no relation with the id {id}"))
    }

    /// The relation with this ID.
    #[must_use]
    pub fn get_relation(&self, id: RelationId) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.id == id)
    }

    /// The relations of an endpoint.
    pub fn get_relations<'a>(&'a self, endpoint: &'a str) -> impl Iterator<Item = &'a Relation> + 'a {
        self.relations.iter().filter(move |relation| relation.endpoint == endpoint)
    }

    /// The secret with this ID.
    #[must_use]
    pub fn get_secret(&self, id: &SecretId) -> Option<&Secret> {
        self.secrets.iter().find(|secret| secret.id == *id)
    }

    /// The secret with this label.
    #[must_use]
    pub fn get_secret_by_label(&self, label: &str) -> Option<&Secret> {
        self.secrets.iter().find(|secret| secret.label.as_deref() == Some(label))
    }

    /// The storage instance with this name and number.
    #[must_use]
    pub fn get_storage(&self, name: &str, index: u32) -> Option<&Storage> {
        self.storages.iter().find(|storage| storage.name == name && storage.index == index)
    }

    /// The network of an endpoint or an extra binding, or else that of the binding `""`.
    #[must_use]
    pub fn get_network(&self, binding: &str) -> Option<&Network> {
        self.networks.get(binding).or_else(|| self.networks.get(""))
    }
}
