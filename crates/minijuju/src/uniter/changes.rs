//! Writes a hook's changes to the database.

use std::collections::BTreeMap;

use emulator::Record;
use emulator::{OpenedPort, Secret as EmulatedSecret, SecretOwner, State};

use super::storage;
use crate::store::database::now;
use crate::store::secret::{self, Content, Revision, Secret};
use crate::store::unit::{self, Port, Unit};
use crate::store::{Db, Result, application, relation, resource};

/// The changes of a hook.
#[derive(Debug)]
pub struct Changes {
    /// The model's UUID.
    pub model: String,
    pub unit: Unit,
    /// The state before the hook.
    pub before: State,
    /// The state after it.
    pub after: State,
    /// Its other effects.
    pub record: Record,
}

impl Changes {
    /// Write them to the database.
    pub fn commit(self, db: &Db) -> Result<()> {
        let Self { model, mut unit, before, after, record } = self;
        // All fields are named here, so that a new one must be saved or mentioned.
        let State {
            relations,
            secrets,
            charm_state,
            leader_settings,
            // See `all_opened_ports`.
            opened_ports: _,
            endpoint_ports: _,
            // Saved at once, by `HookListener`.
            unit_status: _,
            app_status: _,
            workload_version: _,
            // No hook command changes them.
            config: _,
            networks: _,
            storages: _,
            resources: _,
            leader: _,
            planned_units: _,
            model: _,
            other_unit_statuses: _,
            goal_state: _,
            public_address: _,
            // Charmcraft no longer knows payloads, so a charm cannot register any.
            payloads: _,
            // The charm keeps them in its directory or in `charm_state`.
            deferred: _,
            stored: _,
            library_stored: _,
        } = &after;
        let Record {
            fetched_resources,
            requested_storages,
            // Saved at once, by `HookListener`.
            logs: _,
            unit_statuses: _,
            app_statuses: _,
            workload_versions: _,
            // See `Session`.
            reboot: _,
            action: _,
            // In the state too.
            removed_secret_revisions: _,
            // Only for unit tests of charms.
            commands: _,
        } = &record;
        let name = unit.name();
        if before.all_opened_ports() != after.all_opened_ports() {
            let ports: Vec<Port> = after.all_opened_ports().iter().map(stored_port).collect();
            unit::set_ports(db, &model, &name, &ports)?;
        }
        if before.charm_state != *charm_state {
            unit.charm_state.clone_from(charm_state);
            unit::save_charm_state(db, &model, &unit)?;
        }
        if before.leader_settings != *leader_settings {
            application::set_leader_settings(db, &model, &unit.application, leader_settings)?;
        }
        for new in relations {
            let Some(old) = before.get_relation(new.id) else { continue };
            let id = i64::from(new.id);
            if new.local_unit_data != old.local_unit_data {
                relation::set_databag(db, &model, id, &name, &new.local_unit_data)?;
            }
            if new.local_app_data != old.local_app_data {
                relation::set_databag(db, &model, id, &unit.application, &new.local_app_data)?;
            }
        }
        if before.secrets != *secrets {
            save_secrets(db, &model, &unit, &before.secrets, secrets)?;
        }
        for resource in fetched_resources {
            resource::record_fetch(db, &model, &unit.application, &name, resource)?;
        }
        for (storage, count) in requested_storages {
            storage::add(db, &model, &unit, storage, *count)?;
        }
        Ok(())
    }
}

fn stored_port(opened: &OpenedPort) -> Port {
    let (low, high) = opened.port.bounds().map_or((-1, -1), |(from, to)| (from.into(), to.into()));
    Port { endpoint: opened.endpoint.clone(), protocol: opened.port.protocol().to_owned(), low, high }
}

fn save_secrets(db: &Db, model: &str, unit: &Unit, before: &[EmulatedSecret], after: &[EmulatedSecret]) -> Result<()> {
    let mut stored = secret::all(db, model)?;
    let remote_secrets = secret::remote(db, model, &unit.application)?;
    for removed in before.iter().filter(|old| !after.iter().any(|new| new.id == old.id)) {
        if let Some(mut secret) = stored.remove(removed.id.as_str()) {
            secret.revisions.clear();
            secret::save(db, model, &secret)?;
        }
    }
    for new in after {
        let old = before.iter().find(|old| old.id == new.id);
        if old == Some(new) {
            continue;
        }
        if new.owner.is_none()
            && let Some(remote) = remote_secrets.iter().find(|remote| remote.secret.id == new.id.as_str())
        {
            let label = new.label.as_deref().unwrap_or_default();
            if let Some(revision) = new.tracked_revision {
                remote.consume(db, &unit.name(), revision.into(), label)?;
            }
            continue;
        }
        let owned_by_app = new.owner == Some(SecretOwner::Application);
        let owner = if owned_by_app { unit.application.clone() } else { unit.name() };
        let create = || Secret::new(new.id.as_str(), &owner);
        let mut secret = stored.remove(new.id.as_str()).unwrap_or_else(create);
        update_secret(&mut secret, unit, old, new);
        secret::save(db, model, &secret)?;
    }
    Ok(())
}

fn update_secret(secret: &mut Secret, unit: &Unit, old: Option<&EmulatedSecret>, new: &EmulatedSecret) {
    let label = new.label.clone().unwrap_or_default();
    let tracked = new.tracked_revision.map(i64::from);
    if let Some(revision) = tracked {
        // The owner's label belongs to the secret; a reader's label belongs to the reader.
        let consumer_label = if new.owner.is_some() { String::new() } else { label.clone() };
        secret.consumers.insert(unit.name(), (revision, consumer_label));
    }
    if new.owner.is_none() {
        return;
    }
    let millis = |time: Option<emulator::Timestamp>| time.map(|time| time.unix() * 1000);
    secret.label = label;
    secret.description = new.description.clone().unwrap_or_default();
    new.rotate.as_str().clone_into(&mut secret.rotation);
    secret.next_rotation = millis(new.next_rotate);
    secret.expires = millis(new.expire);
    // The expiry belongs to the latest revision, new or not. Older revisions keep theirs.
    let expires = secret.expires;
    let unchanged = old.is_some_and(|old| old.revisions == new.revisions);
    if !unchanged {
        let old_revisions = std::mem::take(&mut secret.revisions);
        secret.revisions = new
            .revisions
            .iter()
            .map(|(number, content)| {
                let number = i64::from(*number);
                let content =
                    Content(content.expose_all().map(|(key, value)| (key.to_owned(), value.to_owned())).collect());
                let same = old_revisions.get(&number).filter(|revision| revision.content == content).cloned();
                (number, same.unwrap_or(Revision { content, created: now(), expires }))
            })
            .collect();
        secret.updated = now();
    }
    if old.is_some_and(|old| old.expire != new.expire)
        && let Some(latest) = secret.revisions.values_mut().next_back()
    {
        latest.expires = expires;
    }
    let granted: BTreeMap<String, Option<i64>> = new
        .remote_grants
        .iter()
        .flat_map(|(relation, grantees)| grantees.iter().map(|grantee| (grantee.clone(), Some(i64::from(*relation)))))
        .collect();
    // A charm cannot change what the user granted.
    secret.grants.retain(|_, relation| relation.is_none());
    secret.grants.extend(granted);
}
