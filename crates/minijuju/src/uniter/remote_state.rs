//! The model's side of the state by which a unit agent chooses its next step. The agent's own side is
//! [`AgentState`](crate::store::agent::AgentState).

use std::collections::BTreeMap;

use crate::hook::Hook;
use crate::store::unit::ResolvedMode;

/// The model's data about a unit that its agent uses. Juju 3.6: `Snapshot` in
/// internal/worker/uniter/remotestate/snapshot.go.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, Default)]
pub struct RemoteState {
    pub name: String,
    /// Whether it is being removed.
    pub dying: bool,
    /// Whether its application is being removed.
    pub application_dying: bool,
    /// Whether it is the leader.
    pub leader: bool,
    /// Whether its version of Juju has `leader-settings-changed`, unlike Juju 4.
    pub has_leader_settings: bool,
    /// The leader's settings for all units, as JSON.
    pub leader_settings: String,
    /// What to do about its failed hook.
    pub resolved: ResolvedMode,
    /// The version of the application's charm that it should run.
    pub charm_version: i64,
    /// Whether units in error take a new charm, too.
    pub force_charm: bool,
    /// The configuration, trust and address that the charm can see.
    pub config: String,
    /// The task numbers of its pending actions, oldest first.
    pub actions: Vec<i64>,
    /// Hooks that the user requested, oldest first.
    pub requested_hooks: Vec<Hook>,
    /// Its relations, by ID.
    pub relations: BTreeMap<i64, RelationSnapshot>,
    /// Whether it has subordinates.
    pub subordinates: bool,
    /// Its storages, by ID, and whether each is being removed.
    pub storage: BTreeMap<String, bool>,
    /// The secret events that are due.
    pub secrets: SecretsSnapshot,
}

/// The model's data about a relation of a unit.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, Default)]
pub struct RelationSnapshot {
    /// The endpoint on this unit's side.
    pub endpoint: String,
    /// The application on the other side; for a peer relation, this one.
    pub remote: String,
    pub peer: bool,
    /// Whether the charm does not define the endpoint. Every charm has the implicit endpoint `juju-info`, and gets no
    /// hooks for it.
    pub implicit: bool,
    /// Whether it is being removed.
    pub dying: bool,
    /// Whether it is suspended.
    pub suspended: bool,
    /// The remote units in scope, with their databags' versions.
    pub members: BTreeMap<String, i64>,
    /// The remote applications, with their databags' versions.
    pub applications: BTreeMap<String, i64>,
}

/// The model's data about a unit's secrets.
#[derive(Clone, Debug, Default)]
pub struct SecretsSnapshot {
    /// Expired revisions: URI, revision, label.
    pub expired: Vec<(String, i64, String)>,
    /// Secrets due for rotation: URI, label.
    pub rotate: Vec<(String, String)>,
    /// Consumed secrets: URI, with the latest revision and the label.
    pub consumed: BTreeMap<String, (i64, String)>,
    /// Revisions of owned secrets that nobody reads any longer: URI, with the revisions and the label.
    pub obsolete: BTreeMap<String, (Vec<i64>, String)>,
}
