//! Writes a hook's changes to the database.

use std::collections::BTreeMap;

use emulator::Record;
use emulator::{OpenedPort, Secret as SeenSecret, SecretOwner, State};

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
        let name = unit.name();
        if before.all_opened_ports() != after.all_opened_ports() {
            let ports: Vec<Port> = after.all_opened_ports().iter().map(stored_port).collect();
            unit::set_ports(db, &model, &name, &ports)?;
        }
        if before.charm_state != after.charm_state {
            unit.charm_state = after.charm_state;
            unit::save_charm_state(db, &model, &unit)?;
        }
        if before.leader_settings != after.leader_settings {
            application::set_leader_settings(db, &model, &unit.application, &after.leader_settings)?;
        }
        for now in &after.relations {
            let Some(then) = before.get_relation(now.id) else { continue };
            let id = i64::from(now.id);
            if now.local_unit_data != then.local_unit_data {
                relation::set_settings(db, &model, id, &name, &now.local_unit_data)?;
            }
            if now.local_app_data != then.local_app_data {
                relation::set_settings(db, &model, id, &unit.application, &now.local_app_data)?;
            }
        }
        if before.secrets != after.secrets {
            secrets(db, &model, &unit, &before.secrets, &after.secrets)?;
        }
        for resource in &record.fetched_resources {
            resource::record_fetch(db, &model, &unit.application, &name, resource)?;
        }
        for (storage, count) in &record.requested_storages {
            storage::add(db, &model, &unit, storage, *count)?;
        }
        Ok(())
    }
}

fn stored_port(opened: &OpenedPort) -> Port {
    let (low, high) = opened.port.bounds().map_or((-1, -1), |(from, to)| (from.into(), to.into()));
    Port { endpoint: opened.endpoint.clone(), protocol: opened.port.protocol().to_owned(), low, high }
}

fn secrets(db: &Db, model: &str, unit: &Unit, before: &[SeenSecret], after: &[SeenSecret]) -> Result<()> {
    let mut stored = secret::all(db, model)?;
    let remote_secrets = secret::remote(db, model, &unit.application)?;
    for gone in before.iter().filter(|then| !after.iter().any(|now| now.id == then.id)) {
        if let Some(mut secret) = stored.remove(gone.id.as_str()) {
            secret.revisions.clear();
            secret::save(db, model, &secret)?;
        }
    }
    for now in after {
        let then = before.iter().find(|then| then.id == now.id);
        if then == Some(now) {
            continue;
        }
        if now.owner.is_none()
            && let Some(remote) = remote_secrets.iter().find(|remote| remote.secret.id == now.id.as_str())
        {
            let label = now.label.as_deref().unwrap_or_default();
            if let Some(revision) = now.tracked_revision {
                remote.consume(db, &unit.name(), revision.into(), label)?;
            }
            continue;
        }
        let of_app = now.owner == Some(SecretOwner::Application);
        let owner = if of_app { unit.application.clone() } else { unit.name() };
        let fresh = || Secret::new(now.id.as_str(), &owner);
        let mut secret = stored.remove(now.id.as_str()).unwrap_or_else(fresh);
        apply(&mut secret, unit, then, now);
        secret::save(db, model, &secret)?;
    }
    Ok(())
}

fn apply(secret: &mut Secret, unit: &Unit, then: Option<&SeenSecret>, seen: &SeenSecret) {
    let label = seen.label.clone().unwrap_or_default();
    let tracked = seen.tracked_revision.map(i64::from);
    if let Some(revision) = tracked {
        // The owner's label belongs to the secret; a reader's label is its own.
        let own = if seen.owner.is_some() { String::new() } else { label.clone() };
        secret.consumers.insert(unit.name(), (revision, own));
    }
    if seen.owner.is_none() {
        return;
    }
    let millis = |time: Option<emulator::Timestamp>| time.map(|time| time.unix() * 1000);
    secret.label = label;
    secret.description = seen.description.clone().unwrap_or_default();
    seen.rotate.as_str().clone_into(&mut secret.rotation);
    secret.next_rotation = millis(seen.next_rotate);
    secret.expires = millis(seen.expire);
    // The expiry belongs to the latest revision, new or not. Older revisions keep theirs.
    let expires = secret.expires;
    let unchanged = then.is_some_and(|then| then.revisions == seen.revisions);
    if !unchanged {
        let kept = std::mem::take(&mut secret.revisions);
        secret.revisions = seen
            .revisions
            .iter()
            .map(|(number, content)| {
                let number = i64::from(*number);
                let content =
                    Content(content.expose_all().map(|(key, value)| (key.to_owned(), value.to_owned())).collect());
                let same = kept.get(&number).filter(|revision| revision.content == content).cloned();
                (number, same.unwrap_or(Revision { content, created: now(), expires }))
            })
            .collect();
        secret.updated = now();
    }
    if then.is_some_and(|then| then.expire != seen.expire)
        && let Some(latest) = secret.revisions.values_mut().next_back()
    {
        latest.expires = expires;
    }
    let granted: BTreeMap<String, Option<i64>> = seen
        .remote_grants
        .iter()
        .flat_map(|(relation, grantees)| grantees.iter().map(|grantee| (grantee.clone(), Some(i64::from(*relation)))))
        .collect();
    // A charm cannot change what the user granted.
    secret.grants.retain(|_, relation| relation.is_none());
    secret.grants.extend(granted);
}
