//! The output of `juju operations` and `juju show-operation`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::commands::run::output::Timing;
use crate::format::{Colours, Document, Plain, Table, document, json, yaml};
use crate::store::task::{Task, TaskKind, TaskStatus};

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Operation {
    /// Such as `backup run on unit-db-0`.
    pub summary: String,
    /// Derived from its tasks.
    pub status: TaskStatus,
    /// Why it could not start.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fail: String,
    /// The action and its parameters, if all tasks run the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<OperationAction>,
    pub timing: OperationTiming,
    /// By number.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tasks: BTreeMap<String, OperationTask>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct OperationAction {
    pub name: String,
    pub parameters: Map<String, Value>,
}

/// When an operation or a task was requested, started and ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OperationTiming {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub enqueued: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub started: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub completed: String,
}

impl From<Timing> for OperationTiming {
    fn from(timing: Timing) -> OperationTiming {
        OperationTiming { enqueued: timing.enqueued, started: timing.started, completed: timing.completed }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct OperationTask {
    /// The action's name, if the tasks differ in it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The unit or machine.
    pub host: String,
    pub status: TaskStatus,
    pub timing: OperationTiming,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub results: Map<String, Value>,
}

/// A task as `juju cancel-task` shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CancelledTask {
    /// The action's name.
    pub action: String,
    #[serde(rename = "completed at")]
    pub completed_at: String,
    /// Why it could not be cancelled.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// The task's number.
    pub id: String,
    /// Its status, or empty if it does not exist.
    pub status: &'static str,
    /// The unit, or the machine's tag.
    pub unit: String,
}

impl CancelledTask {
    #[must_use]
    pub fn of(task: &Task) -> CancelledTask {
        let completed = task.completed.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        CancelledTask {
            action: task.kind.name().to_owned(),
            completed_at: completed.map_or_else(|| NOT_COMPLETED.to_owned(), utc_time),
            error: String::new(),
            id: task.id.to_string(),
            status: task.status.as_str(),
            unit: if task.kind == TaskKind::MachineExec { task.receiver_tag() } else { task.receiver.clone() },
        }
    }

    /// A task that does not exist. Juju 3.6 lists it with the others.
    #[must_use]
    pub fn unknown(id: &str) -> CancelledTask {
        CancelledTask {
            completed_at: NOT_COMPLETED.to_owned(),
            error: format!("action {id:?} not found"),
            id: id.to_owned(),
            ..CancelledTask::default()
        }
    }
}

/// The time of a task that has not ended.
const NOT_COMPLETED: &str = "n/a";

fn utc_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A line of `juju operations`. The times are by [`Clock::date_and_time`](crate::format::Clock::date_and_time).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperationLine {
    pub id: String,
    pub status: TaskStatus,
    pub started: String,
    pub finished: String,
    pub tasks: Vec<String>,
    pub summary: String,
}

/// `juju show-operation`.
#[must_use]
pub fn show_operation(operation: &Operation, format: Document) -> String {
    document(operation, format)
}

/// `juju operations`: the lines are for the table, in the order of their numbers; the map is for documents, by number.
#[must_use]
pub fn operations(lines: &[OperationLine], operations: &BTreeMap<String, Operation>, format: Plain) -> String {
    match format {
        Plain::Json => json(operations),
        Plain::Yaml => yaml(operations),
        Plain::Plain => {
            // Juju shows at most this many tasks.
            const MAX_TASKS: usize = 5;
            let mut table = Table::new(Colours::Off);
            table.align_right(0);
            table.line(&["ID", "Status", "Started", "Finished", "Task IDs", "Summary"]);
            for line in lines {
                let more = if line.tasks.len() > MAX_TASKS { "..." } else { "" };
                let tasks = line.tasks.iter().take(MAX_TASKS).map(String::as_str).collect::<Vec<_>>().join(",") + more;
                table.line(&[&line.id, line.status.as_str(), &line.started, &line.finished, &tasks, &line.summary]);
            }
            table.finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_listed() {
        let line = |id: &str, tasks: usize| OperationLine {
            id: id.into(),
            status: TaskStatus::Completed,
            started: "2026-11-22T08:15:01".into(),
            finished: "2026-11-22T08:15:02".into(),
            tasks: (0..tasks).map(|task| task.to_string()).collect(),
            summary: "backup run on unit-db-0".into(),
        };
        assert_eq!(
            operations(&[line("1", 1), line("10", 7)], &BTreeMap::new(), Plain::Plain),
            "\
ID  Status     Started              Finished             Task IDs      Summary
 1  completed  2026-11-22T08:15:01  2026-11-22T08:15:02  0             backup run on unit-db-0
10  completed  2026-11-22T08:15:01  2026-11-22T08:15:02  0,1,2,3,4...  backup run on unit-db-0
"
        );
    }

    #[test]
    fn an_operation_is_a_document() {
        let task = OperationTask { host: "db/0".into(), status: TaskStatus::Running, ..OperationTask::default() };
        let operation = Operation {
            summary: "backup run on unit-db-0".into(),
            status: TaskStatus::Running,
            action: Some(OperationAction { name: "backup".into(), parameters: Map::new() }),
            tasks: BTreeMap::from([("2".to_owned(), task)]),
            ..Operation::default()
        };
        assert_eq!(
            show_operation(&operation, Document::Yaml),
            "\
summary: backup run on unit-db-0
status: running
action:
  name: backup
  parameters: {}
tasks:
  \"2\":
    host: db/0
    status: running
"
        );
    }
}
