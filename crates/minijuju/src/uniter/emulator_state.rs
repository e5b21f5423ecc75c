//! Reads the emulator's `State` of a unit, as its charm sees it, from the database.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use emulator::{
    Address, BindAddress, CloudSpec, ConfigValue, Goal, GoalState, Model as EmulatedModel, Network, OpenedPort,
    Port as EmulatedPort, Relation as EmulatedRelation, RelationKind as EmulatedRelationKind, Resource,
    Secret as EmulatedSecret, SecretContent, SecretOwner, State, Storage as EmulatedStorage,
    StorageKind as EmulatedStorageKind, Timestamp,
};
use ops::{Status as CharmStatus, StatusName};

use super::environment::agent_folder;
use super::remote_state::RelationSnapshot;
use super::unit_snapshot::UnitSnapshot;
use crate::hook::{Hook, RelationKind};
use crate::machine::Machine;
use crate::store::model::Model;
use crate::store::relation::Scope;
use crate::store::relation::{self, Relation};
use crate::store::secret::{self, Secret};
use crate::store::status::{self, Kind, Status};
use crate::store::unit::{self, Port, Unit};
use crate::store::{Db, application, cross_model, resource, saas, storage};

/// The state at the start of a unit's hook on this machine.
pub fn read(
    db: &Db,
    model: &Model,
    snapshot: &UnitSnapshot,
    hook: Option<&Hook>,
    machine: &Machine,
) -> anyhow::Result<State> {
    let uuid = &model.uuid;
    let name = snapshot.name();
    let units = unit::of_application(db, uuid, &snapshot.application.name)?;
    let workload = status::all(db, uuid, Kind::Workload)?;
    let mut config = BTreeMap::new();
    for (option, value) in &snapshot.application.config {
        config.insert(option.clone(), serde_json::from_value::<ConfigValue>(value.clone())?);
    }
    let others = units.iter().map(Unit::name).filter(|other| other != name);
    let cloud_spec = snapshot.application.trust.then(|| CloudSpec::new("lxd"));
    let ports = unit::ports(db, uuid, name)?;
    let state = State {
        config,
        relations: relations(db, uuid, snapshot, hook)?,
        networks: [(String::new(), network(&machine.address().to_string(), machine.mac_address()))].into(),
        storages: storage::of_unit(db, uuid, name)?.into_iter().filter_map(|found| emulated_storage(&found)).collect(),
        resources: resource::of_application(db, uuid, &snapshot.application.name)?
            .into_iter()
            .map(|found| Resource::new(&found.name, resource_path(&snapshot.unit.tag(), &found)))
            .collect(),
        secrets: secrets(db, uuid, &snapshot.unit)?,
        leader: snapshot.remote_state.leader,
        planned_units: u32::try_from(units.iter().filter(|unit| unit.life.is_alive()).count())?,
        model: EmulatedModel { name: model.name.clone(), uuid: uuid.clone(), cloud_spec },
        unit_status: workload.get(name).map(charm_status).unwrap_or_default(),
        app_status: status::find(db, uuid, Kind::Application, &snapshot.application.name)?
            .map(|status| charm_status(&status))
            .unwrap_or_default(),
        other_unit_statuses: others
            .map(|other| {
                let status = workload.get(&other).map(charm_status).unwrap_or_default();
                (other, status)
            })
            .collect(),
        workload_version: snapshot.unit.workload_version.clone(),
        charm_state: snapshot.unit.charm_state.clone(),
        leader_settings: application::leader_settings(db, uuid, &snapshot.application.name)?,
        goal_state: Some(goal_state(db, uuid, snapshot, &units, &workload)?),
        // A machine has one address, which is in `networks`.
        public_address: None,
        // Set below.
        opened_ports: BTreeSet::new(),
        endpoint_ports: BTreeMap::new(),
        // Charmcraft no longer knows payloads, so a charm cannot register any.
        payloads: Vec::new(),
        // The charm keeps them in its directory or in `charm_state`.
        deferred: Vec::new(),
        stored: BTreeMap::new(),
        library_stored: BTreeMap::new(),
    };
    Ok(state.with_all_opened_ports(ports.iter().filter_map(emulated_port)))
}

/// Where a resource is on its unit. As on Juju, resources with the same file name overwrite each other.
pub fn resource_path(tag: &str, resource: &resource::Resource) -> String {
    format!("{}/resources/{}", agent_folder(tag), resource.filename)
}

fn network(address: &str, mac_address: &str) -> Network {
    let subnet = address.rsplit_once('.').map(|(net, _)| format!("{net}.0/24")).unwrap_or_default();
    let interface =
        BindAddress::new([Address::new(address).cidr(subnet)]).interface_name("eth0").mac_address(mac_address);
    Network::new(address).bind_addresses([interface]).egress_subnets([format!("{address}/32")])
}

/// The relations that the unit has entered.
fn relations(
    db: &Db,
    model: &str,
    snapshot: &UnitSnapshot,
    hook: Option<&Hook>,
) -> anyhow::Result<Vec<EmulatedRelation>> {
    let mut found = Vec::new();
    for relation in relation::of_application(db, model, &snapshot.application.name)? {
        let Some(relation_snapshot) = snapshot.remote_state.relations.get(&relation.id) else { continue };
        let databags = relation::databags(db, model, relation.id)?;
        let local = databags.iter().find(|(owner, ..)| *owner == snapshot.name());
        let Some((_, local_unit_data, _)) = local else { continue };
        let databag =
            |name: &str| databags.iter().find(|(owner, ..)| owner == name).map(|(_, content, _)| content.clone());
        // A dying unit has left a relation after `relation-broken`, although the relation still exists. In the same way,
        // every unit has left a suspended relation.
        let is_hooks_relation = matches!(hook, Some(Hook::Relation(hook)) if hook.relation == relation.id);
        let known = snapshot.unit.agent.relations.get(&relation.id);
        let has_left =
            !snapshot.unit.life.is_alive() || relation_snapshot.suspended || known.is_some_and(|known| known.broken);
        if has_left && !is_hooks_relation && known.is_none_or(|known| known.broken) {
            continue;
        }
        let present = present(snapshot, &relation, hook);
        // Its databag stays readable while this unit runs the hook about its departure.
        let departing = match hook {
            Some(Hook::Relation(hook)) if hook.relation == relation.id => Some(&hook.unit),
            _ => None,
        };
        let mut emulated = EmulatedRelation::new(relation_snapshot.endpoint.clone()).id(u32::try_from(relation.id)?);
        emulated.kind = if relation.is_peer() {
            EmulatedRelationKind::Peer
        } else if relation.scope == Scope::Container {
            EmulatedRelationKind::Subordinate
        } else {
            EmulatedRelationKind::Regular
        };
        emulated.remote_app.clone_from(&relation_snapshot.remote);
        let local = relation.endpoint(&snapshot.application.name, None);
        emulated.remote_endpoint =
            local.and_then(|local| relation.related_endpoint(local)).map(|other| other.name.clone());
        emulated.local_unit_data.clone_from(local_unit_data);
        emulated.local_app_data = databag(&snapshot.application.name).unwrap_or_default();
        emulated.remote_app_data = databag(&relation_snapshot.remote).unwrap_or_default();
        emulated.remote_units_data = BTreeMap::new();
        for (owner, content, _) in databags.iter().filter(|(owner, ..)| *owner != snapshot.name()) {
            let unit_number =
                |application: &str| owner.strip_prefix(application)?.strip_prefix('/')?.parse::<u32>().ok();
            if let Some(number) = unit_number(&snapshot.application.name)
                && emulated.kind == EmulatedRelationKind::Regular
            {
                emulated.local_units_data.insert(number, content.clone());
            }
            let Some(number) = unit_number(&relation_snapshot.remote) else { continue };
            // In container scope, only the unit beside this one.
            let visible = relation.scope != Scope::Container
                || relation_snapshot.members.contains_key(owner)
                || present.contains(owner)
                || departing == Some(owner);
            if !visible {
                continue;
            }
            emulated.remote_units_data.insert(number, content.clone());
            if !present.contains(owner) {
                emulated.departed_units.push(number);
            }
        }
        found.push(emulated);
    }
    Ok(found)
}

/// The remote units that the charm knows, including one that is joining, without one that is departing.
fn present(snapshot: &UnitSnapshot, relation: &Relation, hook: Option<&Hook>) -> BTreeSet<String> {
    let known = snapshot.unit.agent.relations.get(&relation.id);
    let mut present: BTreeSet<String> = known.into_iter().flat_map(|known| known.members.keys().cloned()).collect();
    if let Some(Hook::Relation(hook)) = hook
        && hook.relation == relation.id
        && !hook.unit.is_empty()
    {
        match hook.kind {
            RelationKind::Departed => {
                present.remove(&hook.unit);
            }
            RelationKind::Created | RelationKind::Joined | RelationKind::Changed | RelationKind::Broken => {
                present.insert(hook.unit.clone());
            }
        }
    }
    present
}

fn emulated_storage(found: &storage::Storage) -> Option<EmulatedStorage> {
    let (name, index) = found.id.split_once('/')?;
    let mut emulated = EmulatedStorage::new(name).index(index.parse().ok()?).location(&found.location);
    if found.kind == "block" {
        emulated.kind = EmulatedStorageKind::Block;
    }
    Some(emulated)
}

/// The secrets that a unit knows or could read, from all models.
fn secrets(db: &Db, model: &str, unit: &Unit) -> anyhow::Result<Vec<EmulatedSecret>> {
    let remote_secrets = secret::remote(db, model, &unit.application)?;
    let in_model = secret::all(db, model)?;
    let all = in_model.values().chain(remote_secrets.iter().map(|remote| &remote.secret));
    Ok(all.filter_map(|secret| emulated_secret(secret, unit)).collect())
}

/// A secret as a unit sees it: one of the unit, one of its application, or one that was granted to it.
fn emulated_secret(found: &Secret, unit: &Unit) -> Option<EmulatedSecret> {
    let name = unit.name();
    let owner = if found.owner == name {
        Some(SecretOwner::Unit)
    } else {
        (found.owner == unit.application).then_some(SecretOwner::Application)
    };
    let consumer = found.consumers.get(&name);
    let label = if owner.is_some() { Some(&found.label) } else { consumer.map(|(_, label)| label) };
    let time = |millis: Option<i64>| millis.map(|millis| Timestamp::from_unix(millis.div_euclid(1000)));
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Some(EmulatedSecret {
        id: found.id.parse().ok()?,
        owner,
        label: label.and_then(|label| text(label)),
        description: text(&found.description),
        expire: time(found.expires),
        rotate: found.rotation.parse().unwrap_or_default(),
        next_rotate: time(found.next_rotation),
        revisions: found
            .revisions
            .iter()
            .filter_map(|(number, revision)| {
                Some((u32::try_from(*number).ok()?, SecretContent::new(revision.content.0.clone())))
            })
            .collect(),
        tracked_revision: consumer.and_then(|(revision, _)| u32::try_from(*revision).ok()),
        remote_grants: if owner.is_some() { grants(found) } else { BTreeMap::new() },
        revoked: !found.readable_by(&name),
    })
}

fn grants(found: &Secret) -> BTreeMap<u32, BTreeSet<String>> {
    let mut grants: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for (grantee, relation) in &found.grants {
        if let Some(relation) = relation.and_then(|id| u32::try_from(id).ok()) {
            grants.entry(relation).or_default().insert(grantee.clone());
        }
    }
    grants
}

fn goal_state(
    db: &Db,
    model: &str,
    snapshot: &UnitSnapshot,
    units: &[Unit],
    workload: &HashMap<String, Status>,
) -> anyhow::Result<GoalState> {
    let since = |millis: i64| Some(Timestamp::from_unix(millis.div_euclid(1000)));
    let goal = |unit: &Unit| {
        let status = workload.get(&unit.name());
        let word = if unit.life.is_alive() { status.map_or("", |status| status.status.as_str()) } else { "dying" };
        (unit.name(), Goal { status: word.to_owned(), since: status.and_then(|status| since(status.since)) })
    };
    let mut relations: BTreeMap<String, BTreeMap<String, Goal>> = BTreeMap::new();
    let cross_model = cross_model::all(db, model)?;
    for (id, relation_snapshot) in
        snapshot.remote_state.relations.iter().filter(|(_, relation_snapshot)| !relation_snapshot.peer)
    {
        // `goal-state` leaves out the consumers of an offer, and names a consumed application by the offer's URL
        // (`goalStateRelations` in apiserver/facades/agent/uniter/uniter.go).
        if cross_model.iter().any(|relation| relation.offerer.is_relation(model, *id)) {
            continue;
        }
        let consumed = if cross_model.iter().any(|relation| relation.consumer.is_relation(model, *id)) {
            saas::find(db, model, &relation_snapshot.remote)?
        } else {
            None
        };
        let remote = consumed.map_or_else(|| relation_snapshot.remote.clone(), |saas| saas.url);
        let goals = relations.entry(relation_snapshot.endpoint.clone()).or_default();
        let word = match relation_snapshot {
            RelationSnapshot { dying: true, .. } => "broken",
            RelationSnapshot { suspended: true, .. } => "suspended",
            RelationSnapshot { .. } => "joined",
        };
        goals.insert(remote, Goal { status: word.to_owned(), since: since(crate::store::database::now()) });
        goals.extend(unit::of_application(db, model, &relation_snapshot.remote)?.iter().map(goal));
    }
    Ok(GoalState { units: units.iter().map(goal).collect(), relations })
}

/// A charm does not know statuses that only Juju sets, such as `terminated`.
fn charm_status(status: &Status) -> CharmStatus {
    let name = status.status.parse().unwrap_or(StatusName::Unknown);
    CharmStatus { name, message: status.message.clone() }
}

fn emulated_port(port: &Port) -> Option<OpenedPort> {
    let make: fn(u16, u16) -> EmulatedPort = match port.protocol.as_str() {
        "tcp" => EmulatedPort::Tcp,
        "udp" => EmulatedPort::Udp,
        "icmp" => return Some(OpenedPort { port: EmulatedPort::Icmp, endpoint: port.endpoint.clone() }),
        _ => return None,
    };
    let emulated = make(u16::try_from(port.low).ok()?, u16::try_from(port.high).ok()?);
    Some(OpenedPort { port: emulated, endpoint: port.endpoint.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_with_the_same_filename_share_one_file() {
        let resource = |name: &str| resource::Resource {
            application: "web".to_owned(),
            name: name.to_owned(),
            path: String::new(),
            filename: "blob.txt".to_owned(),
            added: 0,
            fingerprint: String::new(),
            size: 0,
        };
        let path = resource_path("unit-web-0", &resource("blob"));
        assert_eq!(path, "/var/lib/juju/agents/unit-web-0/resources/blob.txt");
        assert_eq!(resource_path("unit-web-0", &resource("other")), path);
    }
}
