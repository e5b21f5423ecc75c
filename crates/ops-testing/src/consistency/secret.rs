//! Secrets, and events about them.

use ops::EventName;

use super::{Scenario, duplicates};
use crate::event::Subject;
use emulator::{SecretContent, SecretId, SecretOwner};

pub(super) fn check(scenario: &Scenario<'_>, problems: &mut Vec<String>) {
    let secrets = &scenario.state.secrets;
    if scenario.version < (3, 0, 0) && !secrets.is_empty() {
        let version = &scenario.unit.juju_version;
        problems.push(format!("there are secrets, which Juju has since 3.0: this is {version}"));
    }
    let ids: Vec<&SecretId> = secrets.iter().map(|secret| &secret.id).collect();
    for id in duplicates(&ids) {
        problems.push(format!("two secrets have the id {id}: each needs its own, which Secret::new gives it"));
    }
    let labels: Vec<&String> = secrets.iter().filter_map(|secret| secret.label.as_ref()).collect();
    for label in duplicates(&labels) {
        problems.push(format!("two secrets have the label {label:?}: a label stands for one secret"));
    }
    for secret in secrets {
        let id = &secret.id;
        if secret.revisions.is_empty() {
            problems.push(format!("secret {id} has no revision: Juju removes a secret with its last one"));
        } else if let Some(tracked) = secret.tracked_revision.filter(|number| !secret.revisions.contains_key(number)) {
            problems.push(format!("the unit tracks revision {tracked} of secret {id}, which has no such revision"));
        }
        if secret.revisions.values().any(SecretContent::is_empty) {
            problems.push(format!("secret {id} has a revision without content: a secret has at least one key"));
        }
        if secret.owner.is_none() && !secret.remote_grants.is_empty() {
            problems.push(format!(
                "secret {id} is granted to others, but this unit does not own it: make it owned_by_unit or owned_by_app"
            ));
        }
        if secret.owner.is_some() && secret.revoked {
            problems.push(format!("secret {id} is this unit's own, which it can always read: remove revoked"));
        }
        for relation in secret.remote_grants.keys().filter(|id| scenario.state.get_relation(**id).is_none()) {
            problems.push(format!(
                "secret {id} is granted for relation {relation}, which is not in the state: add the relation"
            ));
        }
    }
    check_event(scenario, problems);
}

fn check_event(scenario: &Scenario<'_>, problems: &mut Vec<String>) {
    let Subject::Secret { secret, revision } = &scenario.event.subject else { return };
    let (name, id) = (&scenario.event.name, &secret.id);
    if !scenario.state.secrets.contains(secret) {
        let same_id = scenario.state.get_secret(id).is_some();
        let reason = if same_id { "the one there with its id differs" } else { "it is not there" };
        problems.push(format!(
            "{name} is about secret {id}, which is not in the state ({reason}): give both the same secret"
        ));
        return;
    }
    let for_owner = matches!(name, EventName::SecretRotate | EventName::SecretExpired | EventName::SecretRemove);
    match secret.owner {
        None if for_owner => problems.push(format!(
            "Juju sends {name} to a secret's owner, but another owns secret {id}: make it owned_by_unit or owned_by_app"
        )),
        Some(SecretOwner::Application) if for_owner && !scenario.state.leader => problems.push(format!(
            "Juju sends {name} for an application's secret to the leader, but this unit is not the leader: add with_leader(true)"
        )),
        Some(SecretOwner::Unit) if *name == EventName::SecretChanged => problems.push(format!(
            "Juju sends {name} to the readers of a secret, but this unit owns secret {id}"
        )),
        _ => {}
    }
    if let Some(revision) = revision.filter(|number| !secret.revisions.contains_key(number)) {
        problems.push(format!("{name} is about revision {revision} of secret {id}, which has no such revision"));
    }
}
