//! What a unit's agent remembers between hooks, as Juju's does in the controller.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::hook::Hook;

/// What a unit's agent did and what it is doing.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own, as in Juju's agent state")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct AgentState {
    /// `install` succeeded.
    pub installed: bool,
    /// `start` succeeded.
    pub started: bool,
    /// `stop` succeeded.
    pub stopped: bool,
    /// `remove` succeeded.
    pub removed: bool,
    /// Its machine went down since `start`, and must run `start` again.
    pub rebooted: bool,
    /// It knows that it leads the application.
    pub leader: bool,
    /// What it knows of the leader's settings; nothing before the first `leader-settings-changed`.
    pub leader_settings_seen: Option<String>,
    /// The charm has set its unit's status at least once.
    pub status_set: bool,
    /// Which of the application's charms it runs; none before the first.
    pub charm_version: Option<i64>,
    /// What the last `config-changed` saw of configuration, trust and address.
    pub config_seen: Option<String>,
    /// The operation in progress.
    pub operation: Operation,
    /// The relations that the charm has had hooks for.
    pub relations: BTreeMap<i64, RelationState>,
    /// The storages that the charm has had hooks for.
    pub storage: BTreeSet<String>,
    /// The revisions of consumed secrets that the charm was notified of.
    pub secrets: BTreeMap<String, i64>,
    /// The expired revisions of its own secrets that the charm was notified of.
    pub expired: BTreeMap<String, BTreeSet<i64>>,
    /// The unread revisions of its own secrets that the charm was notified of.
    pub obsolete: BTreeMap<String, BTreeSet<i64>>,
}

impl AgentState {
    /// It runs that one of the application's charms, or none yet.
    pub fn runs(&self, charm_version: i64) -> bool {
        self.charm_version.is_none_or(|version| version == charm_version)
    }
}

/// What the charm knows of a relation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct RelationState {
    /// The remote units it knows, with the version of their databags.
    pub members: BTreeMap<String, i64>,
    /// The remote applications' databags' versions.
    pub applications: BTreeMap<String, i64>,
    /// The unit that joined last, whose `relation-changed` is next.
    pub changed_pending: Option<String>,
}

/// What the agent is in the middle of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Nothing: it looks for what is due.
    #[default]
    Continue,
    /// This hook follows the one that succeeded.
    Queued(Hook),
    /// This hook runs, as the context `context`. Found by a later command: the one that ran it died.
    Running {
        hook: Hook,
        /// The `JUJU_CONTEXT_ID` that its processes carry.
        context: String,
        /// When it started, in milliseconds since 1970.
        since: i64,
    },
    /// This hook failed, and waits for `resolved`.
    Failed(Hook),
}
