//! The next step of a unit's agent about its relations.

use std::collections::BTreeMap;

use super::remote_state::{RelationSnapshot, RemoteState};
use super::step::Step;
use crate::hook::{Hook, RelationHook, RelationKind};
use crate::store::agent::{AgentState, RelationState};

/// Enter or leave a relation without hooks: a subordinate may depend on it.
pub fn next_implicit_step(agent: &AgentState, remote_state: &RemoteState) -> Option<Step> {
    remote_state.relations.iter().filter(|(_, relation)| relation.implicit).find_map(|(id, relation)| {
        let leaving = remote_state.dying || relation.dying || relation.suspended;
        match agent.relations.contains_key(id) {
            false if agent.installed && !leaving => Some(Step::Enter(*id)),
            true if leaving => Some(Step::Leave(*id)),
            _ => None,
        }
    })
}

/// Enter a relation that was resumed, without another `relation-created`. Juju 3.6: the hook is skipped while the
/// relation is suspended (internal/worker/uniter/relation/resolver.go and statetracker.go).
pub fn next_resumed_step(agent: &AgentState, remote_state: &RemoteState) -> Option<Step> {
    let resumed = |(id, relation): &(&i64, &RelationSnapshot)| {
        !relation.dying && !relation.suspended && agent.relations.get(id).is_some_and(|known| known.broken)
    };
    remote_state.relations.iter().find(resumed).map(|(id, _)| Step::Enter(*id))
}

/// `relation-created`, which comes before all other hooks once the charm is installed.
pub fn next_created_hook(agent: &AgentState, remote_state: &RemoteState) -> Option<Hook> {
    let (id, relation) = remote_state
        .relations
        .iter()
        .filter(|(id, relation)| {
            !relation.dying && !relation.suspended && !relation.implicit && !agent.relations.contains_key(id)
        })
        // Hooks for peer relations that a new charm adds come after its `upgrade-charm`.
        .find(|(_, relation)| !relation.peer || agent.runs_charm(remote_state.charm_version))?;
    Some(Hook::Relation(RelationHook {
        kind: RelationKind::Created,
        relation: *id,
        endpoint: relation.endpoint.clone(),
        application: relation.remote.clone(),
        unit: String::new(),
        departing: String::new(),
        version: 0,
    }))
}

/// The next hook of any relation. Peers come last, so that they are still there when other relations break.
pub fn next_hook(agent: &AgentState, remote_state: &RemoteState) -> Option<Hook> {
    let visible = || remote_state.relations.iter().filter(|(_, relation)| !relation.implicit);
    let (others, peers) =
        (visible().filter(|(_, relation)| !relation.peer), visible().filter(|(_, relation)| relation.peer));
    others.chain(peers).find_map(|(id, relation)| {
        // If no hook of a relation has run, none runs at its end.
        let known = agent.relations.get(id)?;
        next_hook_of_relation(*id, known, relation, remote_state)
    })
}

/// The next hook of a relation that the charm knows.
fn next_hook_of_relation(
    id: i64,
    known: &RelationState,
    relation: &RelationSnapshot,
    unit: &RemoteState,
) -> Option<Hook> {
    let hook = |kind, application: &str, remote: &str, version| {
        Some(Hook::Relation(RelationHook {
            kind,
            relation: id,
            endpoint: relation.endpoint.clone(),
            application: application.to_owned(),
            unit: remote.to_owned(),
            departing: String::new(),
            version,
        }))
    };
    let application = |unit: &str| unit.split_once('/').map_or(unit, |(application, _)| application).to_owned();
    if known.broken {
        return None;
    }
    let breaking = unit.dying || relation.dying || relation.suspended;
    let (no_members, no_applications) = (BTreeMap::new(), BTreeMap::new());
    let (members, applications) =
        if breaking { (&no_members, &no_applications) } else { (&relation.members, &relation.applications) };

    // Each `relation-joined` is followed by `relation-changed` for the same unit.
    if let Some(pending) = &known.changed_pending {
        let version = members.get(pending).copied().unwrap_or_default();
        return hook(RelationKind::Changed, &application(pending), pending, version);
    }
    if let Some((departed, version)) = known.members.iter().find(|(unit, _)| !members.contains_key(*unit)) {
        let leaving = unit.dying || unit.application_dying;
        let departing = if leaving { unit.name.clone() } else { departed.clone() };
        return hook(RelationKind::Departed, &application(departed), departed, *version).map(|hook| match hook {
            Hook::Relation(hook) => Hook::Relation(RelationHook { departing, ..hook }),
            other => other,
        });
    }
    if breaking && !relation.peer {
        return hook(RelationKind::Broken, &relation.remote, "", 0);
    }
    for (name, version) in applications {
        if known.applications.get(name).copied().unwrap_or_default() != *version {
            return hook(RelationKind::Changed, name, "", *version);
        }
    }
    for (name, version) in members {
        if !known.members.contains_key(name) {
            return hook(RelationKind::Joined, &application(name), name, *version);
        }
    }
    let (name, version) = members.iter().find(|(name, version)| known.members.get(*name) != Some(*version))?;
    hook(RelationKind::Changed, &application(name), name, *version)
}

/// Update the agent's knowledge of a relation after one of its hooks.
pub fn update_after_hook(agent: &mut AgentState, remote_state: &RemoteState, hook: &RelationHook) {
    let state = agent.relations.entry(hook.relation).or_default();
    match hook.kind {
        RelationKind::Created => {}
        RelationKind::Joined => {
            state.members.insert(hook.unit.clone(), hook.version);
            state.changed_pending = Some(hook.unit.clone());
        }
        RelationKind::Changed if hook.unit.is_empty() => {
            state.applications.insert(hook.application.clone(), hook.version);
        }
        RelationKind::Changed => {
            state.members.insert(hook.unit.clone(), hook.version);
            state.changed_pending = None;
        }
        RelationKind::Departed => {
            state.members.remove(&hook.unit);
            state.changed_pending = None;
        }
        RelationKind::Broken
            if remote_state.relations.get(&hook.relation).is_some_and(|relation| relation.suspended) =>
        {
            *state = RelationState { broken: true, ..RelationState::default() };
        }
        RelationKind::Broken => drop(agent.relations.remove(&hook.relation)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::resolver::next_step;
    use super::super::resolver::tests::{remote_state, settle};
    use super::*;

    fn db(members: &[&str]) -> RelationSnapshot {
        RelationSnapshot { endpoint: "db".to_owned(), remote: "pg".to_owned(), peer: false, ..peers(members) }
    }

    fn peers(members: &[&str]) -> RelationSnapshot {
        RelationSnapshot {
            endpoint: "peers".to_owned(),
            remote: "app".to_owned(),
            peer: true,
            members: members.iter().map(|unit| ((*unit).to_owned(), 1)).collect(),
            ..RelationSnapshot::default()
        }
    }

    #[test]
    fn storage_comes_before_install_and_relations_between_install_and_leadership() {
        let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
        remote_state.storage.insert("data/0".to_owned(), false);
        remote_state.relations.insert(0, peers(&["app/1"]));
        remote_state.relations.insert(1, db(&["pg/0"]));
        assert_eq!(
            settle(&mut agent, &mut remote_state),
            [
                "data-storage-attached",
                "install",
                "peers-relation-created",
                "db-relation-created",
                "leader-elected",
                "config-changed",
                "start",
                "db-relation-joined for pg/0",
                "db-relation-changed for pg/0",
                "peers-relation-joined for app/1",
                "peers-relation-changed for app/1",
            ]
        );
    }

    #[test]
    fn a_dying_unit_leaves_its_relations_then_stops_then_is_removed() {
        let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
        remote_state.relations.insert(0, peers(&["app/1"]));
        remote_state.relations.insert(1, db(&["pg/0"]));
        remote_state.storage.insert("data/0".to_owned(), false);
        settle(&mut agent, &mut remote_state);
        remote_state.dying = true;
        assert_eq!(
            settle(&mut agent, &mut remote_state),
            [
                "data-storage-detaching",
                "db-relation-departed for pg/0",
                "db-relation-broken",
                "peers-relation-departed for app/1",
                "stop",
                "remove",
                "remove unit",
            ]
        );
    }

    #[test]
    fn the_departing_unit_is_the_one_whose_side_is_removed() {
        let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
        remote_state.relations.insert(1, db(&["pg/0", "pg/1"]));
        settle(&mut agent, &mut remote_state);
        remote_state.relations.insert(1, db(&["pg/1"]));
        let Some(Step::Run(Hook::Relation(hook))) = next_step(&agent, &remote_state) else {
            panic!("no relation hook")
        };
        assert_eq!((hook.unit.as_str(), hook.departing.as_str()), ("pg/0", "pg/0"));
        remote_state.dying = true;
        let Some(Step::Run(Hook::Relation(hook))) = next_step(&agent, &remote_state) else {
            panic!("no relation hook")
        };
        assert_eq!((hook.unit.as_str(), hook.departing.as_str()), ("pg/0", "app/0"));
    }

    #[test]
    fn an_implicit_relation_is_entered_and_left_without_hooks() {
        let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
        remote_state.relations.insert(1, RelationSnapshot { implicit: true, ..db(&["agent/0"]) });
        assert_eq!(
            settle(&mut agent, &mut remote_state),
            ["install", "enter 1", "leader-elected", "config-changed", "start"]
        );
        remote_state.dying = true;
        assert_eq!(settle(&mut agent, &mut remote_state), ["leave 1", "stop", "remove", "remove unit"]);
    }

    #[test]
    fn a_changed_databag_runs_one_hook_per_version() {
        let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
        remote_state.relations.insert(1, db(&["pg/0"]));
        settle(&mut agent, &mut remote_state);
        let relation = remote_state.relations.get_mut(&1).unwrap();
        relation.members.insert("pg/0".to_owned(), 2);
        relation.applications.insert("pg".to_owned(), 1);
        assert_eq!(settle(&mut agent, &mut remote_state), ["db-relation-changed", "db-relation-changed for pg/0"]);
    }

    #[test]
    fn a_removed_relation_breaks_once() {
        let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
        remote_state.relations.insert(1, db(&["pg/0"]));
        settle(&mut agent, &mut remote_state);
        remote_state.relations.get_mut(&1).unwrap().dying = true;
        assert_eq!(settle(&mut agent, &mut remote_state), ["db-relation-departed for pg/0", "db-relation-broken"]);
    }

    #[test]
    fn a_suspended_relation_breaks_and_a_resumed_one_is_joined_without_being_created_again() {
        let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
        remote_state.relations.insert(1, db(&["pg/0"]));
        settle(&mut agent, &mut remote_state);
        remote_state.relations.get_mut(&1).unwrap().suspended = true;
        assert_eq!(settle(&mut agent, &mut remote_state), ["db-relation-departed for pg/0", "db-relation-broken"]);
        let mut removed = (agent.clone(), remote_state.clone());
        removed.1.relations.get_mut(&1).unwrap().dying = true;
        assert_eq!(settle(&mut removed.0, &mut removed.1), Vec::<String>::new(), "it broke before");
        remote_state.relations.get_mut(&1).unwrap().suspended = false;
        assert_eq!(
            settle(&mut agent, &mut remote_state),
            ["enter 1", "db-relation-joined for pg/0", "db-relation-changed for pg/0"]
        );
    }

    #[test]
    fn a_relation_suspended_before_a_unit_knows_it_is_created_when_resumed() {
        let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
        remote_state.relations.insert(1, RelationSnapshot { suspended: true, ..db(&["pg/0"]) });
        assert_eq!(settle(&mut agent, &mut remote_state), ["install", "leader-elected", "config-changed", "start"]);
        remote_state.relations.get_mut(&1).unwrap().suspended = false;
        assert_eq!(
            settle(&mut agent, &mut remote_state),
            ["db-relation-created", "db-relation-joined for pg/0", "db-relation-changed for pg/0"]
        );
    }
}
