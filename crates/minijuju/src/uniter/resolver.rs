//! The next step of a unit's agent, by Juju's rules, as one function.
//!
//! Juju's agent asks a chain of resolvers in a fixed order: relation-created, leadership, secrets, actions, storage,
//! then the hook in progress. If none is in progress: the unit's life, its charm, configuration and relations.

use super::relations;
use super::step::Step;
use super::unit_view::{SecretView, UnitView};
use crate::hook::{Hook, SecretKind, StorageKind, UnitHook};
use crate::store::agent::{AgentState, Operation};
use crate::store::unit::ResolvedMode;

/// The next step of an agent in state `agent`, in a model that looks like `view`; `None` if nothing is due.
pub fn next_step(agent: &AgentState, view: &UnitView) -> Option<Step> {
    let idle = agent.operation == Operation::Continue;
    if agent.removed {
        // The unit's machine goes too, so its subordinates must be gone first.
        return (!view.subordinates).then_some(Step::Die);
    }
    if idle && let Some(step) = relations::implicit(agent, view) {
        return Some(step);
    }
    if idle
        && !view.dying
        && let Some(step) = relations::resumed(agent, view)
    {
        return Some(step);
    }
    if idle && agent.rebooted {
        return Some(Step::Run(UnitHook::Start.into()));
    }
    if idle && agent.installed && !view.dying {
        if let Some(hook) = relations::created(agent, view) {
            return Some(Step::Run(hook));
        }
        if view.leader && !agent.leader {
            return Some(Step::Run(UnitHook::LeaderElected.into()));
        }
        // A new unit runs the hook even if nothing is set: Juju's watchers start with an initial event.
        let follows_leader = view.has_leader_settings && !view.leader;
        if follows_leader && agent.leader_settings_seen.as_deref() != Some(&view.leader_settings) {
            return Some(Step::Run(UnitHook::LeaderSettingsChanged.into()));
        }
        if let Some(hook) = next_secret_hook(agent, &view.secrets) {
            return Some(Step::Run(hook));
        }
    }
    // Juju runs actions between hooks, and also while a failed hook waits to be resolved.
    let actions = agent.installed && idle || matches!(agent.operation, Operation::Failed(_));
    if let (true, Some(task)) = (actions, view.actions.first()) {
        return Some(Step::Action(*task));
    }
    if idle && let Some(hook) = next_storage_hook(agent, view) {
        return Some(Step::Run(hook));
    }
    match &agent.operation {
        Operation::Failed(_) if view.force_charm && agent.charm_version != Some(view.charm_version) => {
            Some(Step::Deploy)
        }
        Operation::Failed(hook) => match view.resolved {
            ResolvedMode::None => None,
            ResolvedMode::RetryHooks => Some(Step::Run(hook.clone())),
            ResolvedMode::NoHooks | ResolvedMode::Force => Some(Step::Skip(hook.clone())),
        },
        // A dying unit does not continue its installation.
        Operation::Queued(hook) if *hook == UnitHook::Install.into() => next_when_idle(agent, view),
        Operation::Queued(hook) => Some(Step::Run(hook.clone())),
        // The command that runs the hook will record how it ended.
        Operation::Running { .. } => None,
        Operation::Continue => next_when_idle(agent, view),
    }
}

fn next_when_idle(agent: &AgentState, view: &UnitView) -> Option<Step> {
    if view.dying {
        let step = if let Some(hook) = relations::next(agent, view) {
            Step::Run(hook)
        } else if agent.started && !agent.stopped {
            Step::Run(UnitHook::Stop.into())
        } else if agent.installed {
            Step::Run(UnitHook::Remove.into())
        } else if view.subordinates {
            return None;
        } else {
            Step::Die
        };
        return Some(step);
    }
    if !agent.installed {
        return Some(Step::Run(UnitHook::Install.into()));
    }
    if agent.charm_version != Some(view.charm_version) {
        return Some(Step::Run(UnitHook::UpgradeCharm.into()));
    }
    if agent.config_seen.as_deref() != Some(&view.config) {
        return Some(Step::Run(UnitHook::ConfigChanged.into()));
    }
    relations::next(agent, view).or_else(|| view.fired.first().cloned()).map(Step::Run)
}

fn next_storage_hook(agent: &AgentState, view: &UnitView) -> Option<Hook> {
    view.storage.iter().find_map(|(id, dying)| {
        let kind = match (agent.storage.contains(id), *dying || view.dying) {
            // Storage that a new charm adds is attached after its `upgrade-charm`.
            (false, false) if agent.runs_charm(view.charm_version) => StorageKind::Attached,
            (true, true) => StorageKind::Detaching,
            _ => return None,
        };
        Some(Hook::Storage { kind, id: id.clone() })
    })
}

fn next_secret_hook(agent: &AgentState, view: &SecretView) -> Option<Hook> {
    let hook = |kind, uri: &str, revision, label: &str| {
        Some(Hook::Secret { kind, uri: uri.to_owned(), revision, label: label.to_owned() })
    };
    let announced = |uri: &str, revision: i64| agent.expired.get(uri).is_some_and(|known| known.contains(&revision));
    if let Some((uri, revision, label)) = view.expired.iter().find(|(uri, revision, _)| !announced(uri, *revision)) {
        return hook(SecretKind::Expired, uri, *revision, label);
    }
    if let Some((uri, label)) = view.rotate.first() {
        return hook(SecretKind::Rotate, uri, 0, label);
    }
    for (uri, (latest, label)) in &view.consumed {
        if agent.secrets.get(uri) != Some(latest) {
            return hook(SecretKind::Changed, uri, *latest, label);
        }
    }
    for (uri, (revisions, label)) in &view.obsolete {
        let announced = agent.obsolete.get(uri);
        if let Some(revision) =
            revisions.iter().find(|revision| announced.is_none_or(|known| !known.contains(revision)))
        {
            return hook(SecretKind::Remove, uri, *revision, label);
        }
    }
    None
}

/// The state of the agent once `hook`, which saw the model as `view`, is done or skipped.
pub fn after(agent: &AgentState, view: &UnitView, hook: &Hook) -> AgentState {
    let mut agent = AgentState { operation: Operation::Continue, ..agent.clone() };
    match hook {
        Hook::Unit(hook) => match hook {
            UnitHook::Install => {
                agent.installed = true;
                // The charm that was unpacked for this hook, not one that arrived during an error.
                agent.charm_version.get_or_insert(view.charm_version);
            }
            UnitHook::Start => (agent.started, agent.stopped, agent.rebooted) = (true, false, false),
            UnitHook::Stop => agent.stopped = true,
            UnitHook::Remove => agent.removed = true,
            UnitHook::LeaderElected => agent.leader = true,
            UnitHook::LeaderSettingsChanged => agent.leader_settings_seen = Some(view.leader_settings.clone()),
            UnitHook::UpgradeCharm => {
                agent.charm_version = Some(view.charm_version);
                agent.operation = Operation::Queued(UnitHook::ConfigChanged.into());
            }
            UnitHook::ConfigChanged => {
                agent.config_seen = Some(view.config.clone());
                if !agent.started {
                    agent.operation = Operation::Queued(UnitHook::Start.into());
                }
            }
            UnitHook::UpdateStatus => {}
        },
        Hook::Relation(hook) => relations::after(&mut agent, view, hook),
        Hook::Storage { kind: StorageKind::Attached, id } => drop(agent.storage.insert(id.clone())),
        Hook::Storage { kind: StorageKind::Detaching, id } => drop(agent.storage.remove(id)),
        Hook::Secret { kind: SecretKind::Changed, uri, revision, .. } => {
            agent.secrets.insert(uri.clone(), *revision);
        }
        Hook::Secret { kind: SecretKind::Expired, uri, revision, .. } => {
            agent.expired.entry(uri.clone()).or_default().insert(*revision);
        }
        Hook::Secret { kind: SecretKind::Remove, uri, revision, .. } => {
            agent.obsolete.entry(uri.clone()).or_default().insert(*revision);
        }
        // The rotation itself is stored when the hook is done.
        Hook::Secret { kind: SecretKind::Rotate, .. } => {}
    }
    agent
}

#[cfg(test)]
pub(super) mod tests;
