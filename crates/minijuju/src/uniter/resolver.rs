//! The next step of a unit's agent, by Juju's rules, as one function.
//!
//! Juju's agent asks a chain of resolvers in a fixed order: relation-created, leadership, secrets, actions, storage,
//! then the hook in progress. If none is in progress: the unit's life, its charm, configuration and relations.

use super::relations;
use super::remote_state::{RemoteState, SecretsSnapshot};
use super::step::Step;
use crate::hook::{Hook, SecretKind, StorageKind, UnitHook};
use crate::store::agent::{AgentState, Operation};
use crate::store::unit::ResolvedMode;

/// The next step of an agent in state `agent` while the model is in state `remote_state`; `None` if nothing is due.
pub fn next_step(agent: &AgentState, remote_state: &RemoteState) -> Option<Step> {
    let idle = agent.operation == Operation::Continue;
    if agent.removed {
        // The unit's machine goes too, so its subordinates must be gone first.
        return (!remote_state.subordinates).then_some(Step::RemoveUnit);
    }
    if idle && let Some(step) = relations::next_implicit_step(agent, remote_state) {
        return Some(step);
    }
    if idle
        && !remote_state.dying
        && let Some(step) = relations::next_resumed_step(agent, remote_state)
    {
        return Some(step);
    }
    if idle && agent.rebooted {
        return Some(Step::Run(UnitHook::Start.into()));
    }
    if idle && agent.installed && !remote_state.dying {
        if let Some(hook) = relations::next_created_hook(agent, remote_state) {
            return Some(Step::Run(hook));
        }
        if remote_state.leader && !agent.leader {
            return Some(Step::Run(UnitHook::LeaderElected.into()));
        }
        // A new unit runs the hook even if nothing is set: Juju's watchers start with an initial event.
        let follows_leader = remote_state.has_leader_settings && !remote_state.leader;
        if follows_leader && agent.leader_settings_seen.as_deref() != Some(&remote_state.leader_settings) {
            return Some(Step::Run(UnitHook::LeaderSettingsChanged.into()));
        }
        if let Some(hook) = next_secret_hook(agent, &remote_state.secrets) {
            return Some(Step::Run(hook));
        }
    }
    // Juju runs actions between hooks, and also while a failed hook waits to be resolved.
    let actions = agent.installed && idle || matches!(agent.operation, Operation::Failed(_));
    if let (true, Some(task)) = (actions, remote_state.actions.first()) {
        return Some(Step::Action(*task));
    }
    if idle && let Some(hook) = next_storage_hook(agent, remote_state) {
        return Some(Step::Run(hook));
    }
    match &agent.operation {
        Operation::Failed(_) if remote_state.force_charm && agent.charm_version != Some(remote_state.charm_version) => {
            Some(Step::UnpackCharm)
        }
        Operation::Failed(hook) => match remote_state.resolved {
            ResolvedMode::None => None,
            ResolvedMode::RetryHooks => Some(Step::Run(hook.clone())),
            ResolvedMode::NoHooks | ResolvedMode::Force => Some(Step::Skip(hook.clone())),
        },
        // A dying unit does not continue its installation.
        Operation::Queued(hook) if *hook == UnitHook::Install.into() => next_when_idle(agent, remote_state),
        Operation::Queued(hook) => Some(Step::Run(hook.clone())),
        // The command that runs the hook will record how it ended.
        Operation::Running { .. } => None,
        Operation::Continue => next_when_idle(agent, remote_state),
    }
}

fn next_when_idle(agent: &AgentState, remote_state: &RemoteState) -> Option<Step> {
    if remote_state.dying {
        let step = if let Some(hook) = relations::next_hook(agent, remote_state) {
            Step::Run(hook)
        } else if agent.started && !agent.stopped {
            Step::Run(UnitHook::Stop.into())
        } else if agent.installed {
            Step::Run(UnitHook::Remove.into())
        } else if remote_state.subordinates {
            return None;
        } else {
            Step::RemoveUnit
        };
        return Some(step);
    }
    if !agent.installed {
        return Some(Step::Run(UnitHook::Install.into()));
    }
    if agent.charm_version != Some(remote_state.charm_version) {
        return Some(Step::Run(UnitHook::UpgradeCharm.into()));
    }
    if agent.config_seen.as_deref() != Some(&remote_state.config) {
        return Some(Step::Run(UnitHook::ConfigChanged.into()));
    }
    relations::next_hook(agent, remote_state).or_else(|| remote_state.requested_hooks.first().cloned()).map(Step::Run)
}

fn next_storage_hook(agent: &AgentState, remote_state: &RemoteState) -> Option<Hook> {
    remote_state.storage.iter().find_map(|(id, dying)| {
        let kind = match (agent.storage.contains(id), *dying || remote_state.dying) {
            // Storage that a new charm adds is attached after its `upgrade-charm`.
            (false, false) if agent.runs_charm(remote_state.charm_version) => StorageKind::Attached,
            (true, true) => StorageKind::Detaching,
            _ => return None,
        };
        Some(Hook::Storage { kind, id: id.clone() })
    })
}

fn next_secret_hook(agent: &AgentState, secrets: &SecretsSnapshot) -> Option<Hook> {
    let hook = |kind, uri: &str, revision, label: &str| {
        Some(Hook::Secret { kind, uri: uri.to_owned(), revision, label: label.to_owned() })
    };
    let announced = |uri: &str, revision: i64| agent.expired.get(uri).is_some_and(|known| known.contains(&revision));
    if let Some((uri, revision, label)) = secrets.expired.iter().find(|(uri, revision, _)| !announced(uri, *revision)) {
        return hook(SecretKind::Expired, uri, *revision, label);
    }
    if let Some((uri, label)) = secrets.rotate.first() {
        return hook(SecretKind::Rotate, uri, 0, label);
    }
    for (uri, (latest, label)) in &secrets.consumed {
        if agent.secrets.get(uri) != Some(latest) {
            return hook(SecretKind::Changed, uri, *latest, label);
        }
    }
    for (uri, (revisions, label)) in &secrets.obsolete {
        let announced = agent.obsolete.get(uri);
        if let Some(revision) =
            revisions.iter().find(|revision| announced.is_none_or(|known| !known.contains(revision)))
        {
            return hook(SecretKind::Remove, uri, *revision, label);
        }
    }
    None
}

/// The state of the agent once `hook`, which ran while the model was in state `remote_state`, is done or skipped.
pub fn state_after_hook(agent: &AgentState, remote_state: &RemoteState, hook: &Hook) -> AgentState {
    let mut agent = AgentState { operation: Operation::Continue, ..agent.clone() };
    match hook {
        Hook::Unit(hook) => match hook {
            UnitHook::Install => {
                agent.installed = true;
                // The charm that was unpacked for this hook, not one that arrived during an error.
                agent.charm_version.get_or_insert(remote_state.charm_version);
            }
            UnitHook::Start => (agent.started, agent.stopped, agent.rebooted) = (true, false, false),
            UnitHook::Stop => agent.stopped = true,
            UnitHook::Remove => agent.removed = true,
            UnitHook::LeaderElected => agent.leader = true,
            UnitHook::LeaderSettingsChanged => agent.leader_settings_seen = Some(remote_state.leader_settings.clone()),
            UnitHook::UpgradeCharm => {
                agent.charm_version = Some(remote_state.charm_version);
                agent.operation = Operation::Queued(UnitHook::ConfigChanged.into());
            }
            UnitHook::ConfigChanged => {
                agent.config_seen = Some(remote_state.config.clone());
                if !agent.started {
                    agent.operation = Operation::Queued(UnitHook::Start.into());
                }
            }
            UnitHook::UpdateStatus => {}
        },
        Hook::Relation(hook) => relations::update_after_hook(&mut agent, remote_state, hook),
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
