//! Applies a hook's changes to secrets.

use std::collections::BTreeMap;

use crate::command_line::failure::{CommandResult, Failure};
use crate::go::quoted;
use crate::juju::Juju;
use crate::pending::{SecretChanges, SecretUpdate};
use crate::state::{Rotate, Secret, SecretId, SecretOwner, Timestamp};
use ops::hookcmds::Interval;

/// Apply the changes, all or none.
pub(crate) fn commit(juju: &mut Juju) -> CommandResult {
    let mut changes = std::mem::take(&mut juju.pending.secrets);
    if changes.is_empty() {
        return Ok(());
    }
    let is_4 = juju.hook.version.is_4();
    if is_4 {
        check_changes(juju, &mut changes)?;
    }
    let now = (juju.hook.clock)();
    let mut secrets = juju.state.secrets.clone();
    for (id, (owner, secret)) in changes.creates {
        check_label(&secrets, &id, secret.label.as_deref()).map_err(|failure| {
            if is_4 {
                failure.during(format!("create secrets: creating secret {}", quoted(id.as_str())))
            } else {
                failure.during("creating secrets")
            }
        })?;
        secrets.push(create(id, owner, secret, now));
    }
    for (id, update) in changes.updates {
        let operation = "updating secrets";
        check_managed(juju, &secrets, &id).map_err(|failure| failure.during(operation))?;
        check_label(&secrets, &id, update.label.as_deref()).map_err(|failure| {
            if is_4 {
                failure.during(format!("update secrets: updating secret {}", quoted(id.as_str())))
            } else {
                failure.during(operation)
            }
        })?;
        if let Some(secret) = find(&mut secrets, &id) {
            apply(secret, update, now);
        }
    }
    for id in changes.track_latest {
        if let Some(secret) = find(&mut secrets, &id) {
            secret.tracked_revision = Some(secret.latest_revision());
        }
    }
    for (id, grants) in changes.grants {
        check_managed(juju, &secrets, &id).map_err(|failure| failure.during("granting secrets access"))?;
        for (relation, to) in grants {
            if let Some(secret) = find(&mut secrets, &id) {
                secret.remote_grants.entry(relation).or_default().insert(to);
            }
        }
    }
    for (id, revokes) in changes.revokes {
        check_managed(juju, &secrets, &id).map_err(|failure| failure.during("revoking secrets access"))?;
        if let Some(secret) = find(&mut secrets, &id) {
            secret.remote_grants.values_mut().for_each(|granted| granted.retain(|to| !revokes.contains(to)));
            secret.remote_grants.retain(|_, granted| !granted.is_empty());
        }
    }
    for (id, revisions) in changes.removals {
        if find(&mut secrets, &id).is_none() {
            // Already removed, or created by this hook: Juju accepts that (`commitHookChangesForOneUnit`).
            continue;
        }
        check_managed(juju, &secrets, &id).map_err(|failure| failure.during("removing secrets"))?;
        if let Some(secret) = find(&mut secrets, &id) {
            match revisions {
                Some(revisions) => secret.revisions.retain(|number, _| !revisions.contains(number)),
                None => secret.revisions.clear(),
            }
        }
        secrets.retain(|secret| secret.id != id || !secret.revisions.is_empty());
    }
    juju.state.secrets = secrets;
    Ok(())
}

/// Drop changes of removed secrets, and refuse changes of secrets that this unit does not manage. Juju 4 does this before it changes
/// any secret: `apiserver/facades/agent/uniter/secrets.go` and `domain/unitstate/service/commithook.go`.
fn check_changes(juju: &Juju, changes: &mut SecretChanges) -> CommandResult {
    let SecretChanges { creates, updates, removals, grants, revokes, track_latest: _ } = changes;
    let created = |id: &SecretId| creates.contains_key(id);
    check_changes_of(juju, updates, created, "updating secrets")?;
    check_changes_of(juju, grants, created, "granting secrets access")?;
    check_changes_of(juju, revokes, created, "revoking secrets access")?;
    check_changes_of(juju, removals, created, "removing secrets")
}

fn check_changes_of<T>(
    juju: &Juju,
    changes: &mut BTreeMap<SecretId, T>,
    created: impl Fn(&SecretId) -> bool,
    operation: &str,
) -> CommandResult {
    let mut refusals = Vec::new();
    changes.retain(|id, _| {
        let exists = created(id) || juju.state.get_secret(id).is_some();
        if exists && !created(id) && juju.managed_secret(id).is_none() {
            refusals.push(format!("{} is not allowed to manage this secret", quoted(&juju.hook.unit)));
        }
        exists
    });
    if refusals.is_empty() { Ok(()) } else { Err(Failure::run(format!("{operation}: {}", refusals.join("\n")))) }
}

fn find<'a>(secrets: &'a mut [Secret], id: &SecretId) -> Option<&'a mut Secret> {
    secrets.iter_mut().find(|secret| secret.id == *id)
}

/// Refuse a secret that does not exist, or that this unit does not manage.
fn check_managed(juju: &Juju, secrets: &[Secret], id: &SecretId) -> CommandResult {
    match secrets.iter().find(|secret| secret.id == *id).map(|secret| secret.owner) {
        None => Err(Failure::run(format!("secret {} not found", quoted(&id.uri())))),
        Some(Some(owner)) if owner == SecretOwner::Unit || juju.state.leader => Ok(()),
        Some(_) => Err(Failure::run("permission denied")),
    }
}

/// Refuse a label that another secret has.
fn check_label(secrets: &[Secret], id: &SecretId, label: Option<&str>) -> CommandResult {
    let taken = |label: &&str| secrets.iter().any(|secret| secret.id != *id && secret.label.as_deref() == Some(*label));
    match label.filter(taken) {
        Some(label) => Err(Failure::run(format!("secret with label {} already exists", quoted(label)))),
        None => Ok(()),
    }
}

fn create(id: SecretId, owner: SecretOwner, secret: SecretUpdate, now: Timestamp) -> Secret {
    let mut created = Secret {
        id,
        owner: Some(owner),
        label: None,
        description: None,
        expire: None,
        rotate: Rotate::Never,
        next_rotate: None,
        revisions: [].into(),
        tracked_revision: None,
        remote_grants: [].into(),
        revoked: false,
    };
    apply(&mut created, secret, now);
    created
}

fn apply(secret: &mut Secret, update: SecretUpdate, now: Timestamp) {
    let SecretUpdate { content, label, description, expire, rotate } = update;
    if let Some(content) = content {
        secret.revisions.insert(secret.latest_revision() + 1, content);
        // The expiry belongs to a revision: the new one has its own, or none.
        secret.expire = None;
    }
    secret.label = label.or_else(|| secret.label.take());
    secret.description = description.or_else(|| secret.description.take());
    secret.expire = expire.or(secret.expire);
    if let Some(rotate) = rotate {
        secret.rotate = rotate;
        secret.next_rotate = next_rotation(rotate, now);
    }
}

fn next_rotation(rotate: Rotate, now: Timestamp) -> Option<Timestamp> {
    rotate.interval().map(|interval| match interval {
        Interval::Hours(hours) => now.after(std::time::Duration::from_hours(hours.into())),
        Interval::Months(months) => now.after_months(months.into()),
    })
}
