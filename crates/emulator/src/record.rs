//! What a hook did besides changing the state.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ops::Status;
use ops::hookcmds::LogLevel;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::state::SecretId;

/// A line of Juju's log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// What it says.
    pub message: String,
}

impl LogLine {
    /// A line with this level.
    pub fn new(level: LogLevel, message: impl Into<String>) -> Self {
        Self { level, message: message.into() }
    }
}

/// Formatted as in `juju debug-log`: `INFO message`.
impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.level, self.message)
    }
}

/// When to reboot the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reboot {
    /// After the hook has succeeded.
    AfterHook,
    /// At once: the hook is killed, and runs again after the reboot.
    Now,
}

/// The output of an action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActionRecord {
    /// The results of `action-set`.
    pub results: Map<String, Value>,
    /// The messages of `action-log`, in order.
    pub logs: Vec<String>,
    /// The message of the last `action-fail`.
    pub message: Option<String>,
    /// Whether the action called `action-fail`.
    pub failed: bool,
}

/// What a hook did besides changing the state, in order. It is kept even if the hook fails, except for requests for
/// storage, and for a reboot after the hook.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// The lines that it logged.
    pub logs: Vec<LogLine>,
    /// The statuses that it set for the unit.
    pub unit_statuses: Vec<Status>,
    /// The statuses that it set for the application.
    pub app_statuses: Vec<Status>,
    /// The versions that it set for the workload.
    pub workload_versions: Vec<String>,
    /// The storage that it requested: the number of instances, by name.
    pub requested_storages: BTreeMap<String, u64>,
    /// The resources that it fetched, by name.
    pub fetched_resources: BTreeSet<String>,
    /// The secret revisions that it removed; `None` for all revisions.
    pub removed_secret_revisions: Vec<(SecretId, Option<u32>)>,
    /// The reboot that it requested.
    pub reboot: Option<Reboot>,
    /// Its output as an action.
    pub action: ActionRecord,
    /// The names of the hook commands that it ran.
    pub commands: Vec<String>,
}
