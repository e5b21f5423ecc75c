//! What a hook did beside changing the state.

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
    /// A line at a level.
    pub fn new(level: LogLevel, message: impl Into<String>) -> Self {
        Self { level, message: message.into() }
    }
}

/// As `juju debug-log` ends its lines: `INFO message`.
impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.level, self.message)
    }
}

/// When the machine restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reboot {
    /// When the hook has succeeded.
    AfterHook,
    /// At once: the hook is killed, and runs again afterwards.
    Now,
}

/// What an action said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActionRecord {
    /// Its results.
    pub results: Map<String, Value>,
    /// Its messages, in order.
    pub logs: Vec<String>,
    /// Its last word: why it failed.
    pub message: Option<String>,
    /// Whether it said that it failed.
    pub failed: bool,
}

/// What a hook did beside changing the state, in order. All of this stands, whether the hook succeeds or fails, except
/// for requests of storage and of a reboot after the hook.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Lines that it logged.
    pub logs: Vec<LogLine>,
    /// Statuses that it gave the unit.
    pub unit_statuses: Vec<Status>,
    /// Statuses that it gave the application.
    pub app_statuses: Vec<Status>,
    /// Versions that it gave the workload.
    pub workload_versions: Vec<String>,
    /// Storage that it asked for: how many more of each name.
    pub requested_storages: BTreeMap<String, u64>,
    /// Resources that it fetched, by name.
    pub fetched_resources: BTreeSet<String>,
    /// Secrets and revisions that it removed; all revisions where there is no number.
    pub removed_secret_revisions: Vec<(SecretId, Option<u32>)>,
    /// The reboot that it asked for.
    pub reboot: Option<Reboot>,
    /// What it said as an action.
    pub action: ActionRecord,
    /// The commands that it called, by name.
    pub commands: Vec<String>,
}
