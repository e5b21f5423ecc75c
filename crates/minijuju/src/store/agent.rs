//! What a unit's agent remembers between hooks. Juju keeps the same in the controller.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::hook::Hook;

/// The state of a unit's agent.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own, as in Juju's agent state")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct AgentState {
    pub installed: bool,
    pub started: bool,
    pub stopped: bool,
    pub removed: bool,
    /// Its machine went down after `start`, so `start` must run again.
    pub rebooted: bool,
    /// Whether it knows that it is the leader.
    pub leader: bool,
    /// The leader's settings at the last `leader-settings-changed`; `None` before the first.
    pub leader_settings_seen: Option<String>,
    /// The charm has set its unit's status at least once.
    pub status_set: bool,
    /// The version of the application's charm that it runs; `None` before the first.
    pub charm_version: Option<i64>,
    /// Configuration, trust and address at the last `config-changed`.
    pub config_seen: Option<String>,
    pub operation: Operation,
    /// The relations for which hooks have run.
    pub relations: BTreeMap<i64, RelationState>,
    /// The storages for which hooks have run.
    pub storage: BTreeSet<String>,
    /// Consumed secrets, with the last revision that the charm was notified of.
    pub secrets: BTreeMap<String, i64>,
    /// Its own expired revisions that the charm was notified of.
    pub expired: BTreeMap<String, BTreeSet<i64>>,
    /// Its own unread revisions that the charm was notified of.
    pub obsolete: BTreeMap<String, BTreeSet<i64>>,
}

impl AgentState {
    /// Whether it runs this version of the charm, or none yet.
    pub fn runs_charm(&self, charm_version: i64) -> bool {
        self.charm_version.is_none_or(|version| version == charm_version)
    }
}

/// What the charm knows of a relation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct RelationState {
    /// The remote units that it knows, with their databags' versions.
    pub members: BTreeMap<String, i64>,
    /// The remote applications, with their databags' versions.
    pub applications: BTreeMap<String, i64>,
    /// The unit that joined last, for which `relation-changed` comes next.
    pub changed_pending: Option<String>,
    /// Whether it broke because it was suspended, so that it may be resumed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub broken: bool,
}

/// The operation in progress.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// None: the agent looks for what is due.
    #[default]
    Continue,
    /// This hook is next: it belongs to the one that succeeded.
    Queued(Hook),
    /// This hook is running. If a later command finds it, the command that ran it was killed.
    Running {
        hook: Hook,
        /// The `JUJU_CONTEXT_ID` of its processes.
        context: String,
        /// When it started, in milliseconds since 1970.
        since: i64,
    },
    /// This hook failed, and waits for `juju resolved`.
    Failed(Hook),
}
