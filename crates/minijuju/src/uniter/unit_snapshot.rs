//! Reads units from the database, with what the model asks of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use super::remote_state::{RelationSnapshot, RemoteState};
use super::secrets;
use crate::charm;
use crate::store::application::{self, Application};
use crate::store::endpoint::Role;
use crate::store::relation::{self, Relation, Scope};
use crate::store::unit::{self, Unit};
use crate::store::{Db, Error, machine, model as store_model, secret, storage, task};

/// A unit, its application, and the model's state about the unit, all read at one time.
#[derive(Debug)]
pub struct UnitSnapshot {
    pub unit: Unit,
    pub application: Application,
    pub remote_state: RemoteState,
}

impl UnitSnapshot {
    /// The unit's name.
    pub fn name(&self) -> &str {
        &self.remote_state.name
    }
}

/// All units of a model.
pub fn all(db: &Db, model: &str) -> Result<Vec<UnitSnapshot>, Error> {
    let applications: HashMap<String, Application> =
        application::all(db, model)?.into_iter().map(|found| (found.name.clone(), found)).collect();
    let addresses: HashMap<String, String> =
        machine::all(db, model)?.into_iter().map(|found| (found.id, found.address)).collect();
    let mut actions: HashMap<String, Vec<i64>> = HashMap::new();
    for (unit, task) in task::pending(db, model)? {
        actions.entry(unit).or_default().push(task);
    }
    let settings: HashMap<&str, Value> =
        applications.iter().map(|(name, application)| (name.as_str(), settings(application))).collect();
    let juju = store_model::find(db, model)?.map(|model| model.juju).unwrap_or_default();
    let relations = Relations::read(db, model)?;
    let storages = storage::all(db, model)?;
    let secrets = secret::all(db, model)?;
    let mut remote_secrets = HashMap::new();
    for name in applications.keys() {
        remote_secrets.insert(name.clone(), secret::remote(db, model, name)?);
    }
    let units = unit::all(db, model)?;
    let principals: HashMap<String, String> = units.iter().map(|unit| (unit.name(), principal(unit))).collect();
    let with_subordinates: HashSet<String> =
        units.iter().map(|unit| unit.principal.clone()).filter(|principal| !principal.is_empty()).collect();
    let mut snapshots = Vec::new();
    for unit in units {
        let Some(application) = applications.get(&unit.application).cloned() else { continue };
        let name = unit.name();
        let address = addresses.get(&unit.machine).map(String::as_str).unwrap_or_default();
        let remote_secrets = remote_secrets.get(&unit.application).map(Vec::as_slice).unwrap_or_default();
        let remote_state = RemoteState {
            dying: !unit.life.is_alive(),
            application_dying: !application.life.is_alive(),
            leader: application.leader == Some(unit.number),
            has_leader_settings: !juju.is_4(),
            leader_settings: serde_json::to_string(&application::leader_settings(db, model, &application.name)?)?,
            resolved: unit.resolved,
            charm_version: application.charm_version,
            force_charm: application.force_charm,
            config: json!({"application": settings.get(unit.application.as_str()), "address": address}).to_string(),
            actions: actions.remove(&name).unwrap_or_default(),
            requested_hooks: unit.requested_hooks.clone(),
            relations: relations.of(&unit, &principals),
            subordinates: with_subordinates.contains(&name),
            storage: storages
                .iter()
                .filter(|storage| storage.unit == name)
                .map(|storage| (storage.id.clone(), storage.is_detaching()))
                .collect(),
            secrets: secrets::due(&secrets, remote_secrets, &unit, application.leader == Some(unit.number)),
            name,
        };
        snapshots.push(UnitSnapshot { unit, application, remote_state });
    }
    Ok(snapshots)
}

/// The unit with this name.
pub fn find(db: &Db, model: &str, name: &str) -> Result<Option<UnitSnapshot>, Error> {
    Ok(all(db, model)?.into_iter().find(|snapshot| snapshot.name() == name))
}

/// Everything about an application that triggers `config-changed`.
fn settings(application: &Application) -> Value {
    // If the charm can no longer be read, it has no options, but the settings are still compared.
    let options = charm::metadata(application).map(|meta| meta.config).unwrap_or_default();
    json!({ "settings": charm::settings(&options, &application.config), "trust": application.trust })
}

/// The unit that owns a unit's machine: its principal, or itself.
fn principal(unit: &Unit) -> String {
    if unit.principal.is_empty() { unit.name() } else { unit.principal.clone() }
}

/// Owners of databags, with a version that grows with each change.
type DatabagVersions = BTreeMap<String, i64>;

/// The model's relations, with their members and versions.
struct Relations {
    /// Each with the versions of the units' and the applications' databags.
    all: Vec<(Relation, DatabagVersions, DatabagVersions)>,
}

impl Relations {
    fn read(db: &Db, model: &str) -> Result<Self, Error> {
        let mut all = Vec::new();
        for found in relation::all(db, model)? {
            let members = relation::members(db, model, found.id)?;
            let mut versions = BTreeMap::new();
            for side in &found.endpoints {
                let bag = relation::databag(db, model, found.id, &side.application)?;
                versions.insert(side.application.clone(), bag.map_or(0, |(_, version)| version));
            }
            all.push((found, members, versions));
        }
        Ok(Self { all })
    }

    /// The relations of a unit, as it sees them.
    fn of(&self, unit: &Unit, principals: &HashMap<String, String>) -> BTreeMap<i64, RelationSnapshot> {
        let name = unit.name();
        let mut snapshots = BTreeMap::new();
        for (relation, members, versions) in &self.all {
            let Some(local) = relation.endpoint(&unit.application, None) else { continue };
            let other = relation.related_endpoint(local).unwrap_or(local);
            let remote = |member: &str| {
                member != name && member.rsplit_once('/').is_some_and(|(owner, _)| owner == other.application)
            };
            // In container scope, a subordinate and its principal see only each other.
            let visible =
                |member: &str| relation.scope != Scope::Container || principals.get(member) == Some(&principal(unit));
            let members: BTreeMap<String, i64> = members
                .iter()
                .filter(|(member, _)| remote(member) && visible(member))
                .map(|(member, version)| (member.clone(), *version))
                .collect();
            // A subordinate is related only to its own principal's application.
            if relation.scope == Scope::Container && !may_see(unit, &other.application) {
                continue;
            }
            let version = versions.get(&other.application).copied().unwrap_or_default();
            snapshots.insert(
                relation.id,
                RelationSnapshot {
                    endpoint: local.name.clone(),
                    remote: other.application.clone(),
                    peer: relation.is_peer(),
                    implicit: local.name == "juju-info" && local.role == Role::Provider,
                    dying: !relation.life.is_alive(),
                    suspended: relation.suspended.is_some(),
                    members,
                    applications: [(other.application.clone(), version)].into(),
                },
            );
        }
        snapshots
    }
}

/// Whether a container-scoped relation with `application` concerns this unit.
fn may_see(unit: &Unit, application: &str) -> bool {
    unit.principal.is_empty() || unit.principal.rsplit_once('/').is_some_and(|(owner, _)| owner == application)
}
