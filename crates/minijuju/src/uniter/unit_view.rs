//! The state by which a unit agent chooses its next step.

use std::collections::BTreeMap;

use crate::hook::Hook;
use crate::store::unit::Resolved;

/// What the model says about a unit, as far as its agent acts on it.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, Default)]
pub struct UnitView {
    pub name: String,
    /// It is being removed.
    pub dying: bool,
    /// Its application is being removed.
    pub application_dying: bool,
    /// It leads the application.
    pub leader: bool,
    /// Its version of Juju has no `leader-settings-changed`: Juju 4 has none.
    pub tells_no_leader_settings: bool,
    /// What the leader set for all units, as JSON.
    pub leader_settings: String,
    /// What to do about its failed hook.
    pub resolved: Resolved,
    /// Which version of the application's charm it should run.
    pub charm_version: i64,
    /// Units in error take a new charm too.
    pub force_charm: bool,
    /// The configuration, trust and address that the charm can see.
    pub config: String,
    /// The task numbers of its pending actions, oldest first.
    pub actions: Vec<i64>,
    /// Hooks that the user requested, oldest first.
    pub fired: Vec<Hook>,
    /// Its relations, by ID.
    pub relations: BTreeMap<i64, RelationView>,
    /// It still has subordinates.
    pub subordinates: bool,
    /// Its storages, by ID; true if the storage is being removed.
    pub storage: BTreeMap<String, bool>,
    /// The changes of secrets that it has hooks for.
    pub secrets: SecretView,
}

/// What the model says about a relation of a unit.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, Default)]
pub struct RelationView {
    /// The endpoint on this unit's side.
    pub endpoint: String,
    /// The application on the other side; for a peer relation, this one.
    pub remote: String,
    pub peer: bool,
    /// This side's charm did not ask for it. Every charm has the implicit endpoint `juju-info`, and gets no hooks for
    /// it.
    pub implicit: bool,
    /// It is being removed.
    pub dying: bool,
    /// It is suspended.
    pub suspended: bool,
    /// The remote units in scope, with their databags' versions.
    pub members: BTreeMap<String, i64>,
    /// The remote applications, with their databags' versions.
    pub applications: BTreeMap<String, i64>,
}

/// What the model says about a unit's secrets.
#[derive(Clone, Debug, Default)]
pub struct SecretView {
    /// Expired revisions: URI, revision, label.
    pub expired: Vec<(String, i64, String)>,
    /// Secrets due for rotation: URI, label.
    pub rotate: Vec<(String, String)>,
    /// Consumed secrets: URI, with the latest revision and the label.
    pub consumed: BTreeMap<String, (i64, String)>,
    /// Revisions of owned secrets that nobody reads any longer: URI, with the revisions and the label.
    pub obsolete: BTreeMap<String, (Vec<i64>, String)>,
}
