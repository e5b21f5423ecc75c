//! Operations and their tasks: actions and commands on units.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::Value;

use super::database::{Db, Result, now};
use super::string_enum::string_enum;

string_enum! {
    /// The state of a task.
    #[derive(Default)]
    pub enum TaskStatus("task status") {
        /// Waits for its unit.
        #[default]
        Pending = "pending",
        Running = "running",
        /// Ended successfully, as far as it says itself.
        Completed = "completed",
        Failed = "failed",
        /// Cancelled before it started.
        Cancelled = "cancelled",
        /// Running and cancelled: the command that runs it stops it.
        Aborting = "aborting",
        /// Stopped while it ran.
        Aborted = "aborted",
        /// Juju failed to run it. minijuju never sets this.
        Error = "error",
    }
}

impl TaskStatus {
    /// Whether the task has started and not ended.
    pub fn is_running(self) -> bool {
        matches!(self, TaskStatus::Running | TaskStatus::Aborting)
    }
}

string_enum! {
    /// [`TaskKind`] as a column of the table.
    enum StoredKind("task kind") {
        Action = "action",
        UnitExec = "exec-unit",
        MachineExec = "exec-machine",
        RunCommands = "run-commands",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// The action with this name.
    Action(String),
    /// A command on a unit, in turn with its hooks.
    UnitExec,
    /// A command on a machine, independent of its units.
    MachineExec,
    /// A command that `juju-exec` in the unit's machine asked for. In Juju it belongs to no operation.
    RunCommands,
}

impl TaskKind {
    /// The action's name. Juju calls a command `juju-exec`.
    pub fn name(&self) -> &str {
        match self {
            TaskKind::Action(name) => name,
            TaskKind::UnitExec | TaskKind::MachineExec => "juju-exec",
            TaskKind::RunCommands => "run-commands",
        }
    }

    fn columns(&self) -> (StoredKind, &str) {
        match self {
            TaskKind::Action(name) => (StoredKind::Action, name),
            TaskKind::UnitExec => (StoredKind::UnitExec, ""),
            TaskKind::MachineExec => (StoredKind::MachineExec, ""),
            TaskKind::RunCommands => (StoredKind::RunCommands, ""),
        }
    }
}

/// An action or a command on a unit or a machine.
#[derive(Clone, Debug)]
pub struct Task {
    pub id: i64,
    /// The number of its operation.
    pub operation: i64,
    /// The unit's name or the machine's number.
    pub receiver: String,
    pub kind: TaskKind,
    /// Its parameters. For a command, `command` and `timeout`, as Juju shows them.
    pub params: BTreeMap<String, Value>,
    pub status: TaskStatus,
    /// Why it failed.
    pub message: String,
    pub results: Value,
    /// Its log: times in milliseconds since 1970, and messages.
    pub log: Vec<(i64, String)>,
    /// While it runs, the `JUJU_CONTEXT_ID` of its processes.
    pub context: Option<String>,
    /// When it was requested, in milliseconds since 1970.
    pub enqueued: i64,
    /// When it started, in milliseconds since 1970.
    pub started: Option<i64>,
    /// When it ended, in milliseconds since 1970.
    pub completed: Option<i64>,
}

impl Task {
    /// The receiver's tag: `unit-APPLICATION-NUMBER` or `machine-NUMBER`.
    pub fn receiver_tag(&self) -> String {
        match self.kind {
            TaskKind::Action(_) | TaskKind::UnitExec | TaskKind::RunCommands => {
                format!("unit-{}", self.receiver.replace('/', "-"))
            }
            TaskKind::MachineExec => format!("machine-{}", self.receiver),
        }
    }

    /// The command, if it is not an action.
    pub fn command(&self) -> Option<&str> {
        match self.kind {
            TaskKind::Action(_) => None,
            TaskKind::UnitExec | TaskKind::MachineExec | TaskKind::RunCommands => self.params.get("command")?.as_str(),
        }
    }

    /// The command's timeout.
    pub fn timeout(&self) -> Option<Duration> {
        self.command()?;
        self.params.get("timeout")?.as_u64().map(Duration::from_nanos)
    }

    /// Record that it runs, with the context ID of its processes.
    pub fn start(&mut self, context: &str) {
        (self.status, self.started, self.context) = (TaskStatus::Running, Some(now()), Some(context.to_owned()));
    }

    /// Record that it has ended.
    pub fn end(&mut self, status: TaskStatus) {
        (self.status, self.completed, self.context) = (status, Some(now()), None);
    }
}

/// How long the result of `juju-exec` is kept for its caller, in milliseconds.
const RESULT_RETENTION_MS: i64 = 600_000;

const COLUMNS: &str = "id, operation, receiver, kind, action, params, status, message, results, log, context, enqueued, \
                       started, completed";

fn from_row(row: &Row<'_>) -> rusqlite::Result<(Task, [String; 3])> {
    let task = Task {
        id: row.get(0)?,
        operation: row.get(1)?,
        receiver: row.get(2)?,
        kind: match row.get(3)? {
            StoredKind::Action => TaskKind::Action(row.get(4)?),
            StoredKind::UnitExec => TaskKind::UnitExec,
            StoredKind::MachineExec => TaskKind::MachineExec,
            StoredKind::RunCommands => TaskKind::RunCommands,
        },
        params: BTreeMap::new(),
        status: row.get(6)?,
        message: row.get(7)?,
        results: Value::Null,
        log: Vec::new(),
        context: row.get(10)?,
        enqueued: row.get(11)?,
        started: row.get(12)?,
        completed: row.get(13)?,
    };
    Ok((task, [row.get(5)?, row.get(8)?, row.get(9)?]))
}

fn decode((task, [params, results, log]): (Task, [String; 3])) -> Result<Task> {
    Ok(Task {
        params: serde_json::from_str(&params)?,
        results: serde_json::from_str(&results)?,
        log: serde_json::from_str(&log)?,
        ..task
    })
}

/// All tasks in a model's operations, by number.
pub fn all(db: &Db, model: &str) -> Result<Vec<Task>> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM task WHERE model = ? AND kind <> ? ORDER BY id"))?;
    let rows = statement
        .query_map(params![model, StoredKind::RunCommands], from_row)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(decode).collect()
}

/// The tasks that are running, by number.
pub fn running(db: &Db, model: &str) -> Result<Vec<Task>> {
    let sql = format!("SELECT {COLUMNS} FROM task WHERE model = ? AND status IN (?, ?) ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    let params = params![model, TaskStatus::Running, TaskStatus::Aborting];
    let rows = statement.query_map(params, from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(decode).collect()
}

pub fn status(db: &Db, model: &str, id: i64) -> Result<Option<TaskStatus>> {
    let sql = "SELECT status FROM task WHERE model = ? AND id = ?";
    Ok(db.prepare_cached(sql)?.query_row(params![model, id], |row| row.get(0)).optional()?)
}

pub fn find(db: &Db, model: &str, id: i64) -> Result<Option<Task>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM task WHERE model = ? AND id = ?"))?
        .query_row(params![model, id], from_row)
        .optional()?
        .map(decode)
        .transpose()
}

/// The numbers of pending tasks with their units, oldest first.
pub fn pending(db: &Db, model: &str) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT receiver, id FROM task WHERE model = ? AND kind <> ? AND status = ? ORDER BY enqueued, abs(id)";
    let mut statement = db.prepare_cached(sql)?;
    let params = params![model, StoredKind::MachineExec, TaskStatus::Pending];
    let rows = statement.query_map(params, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Queue a task for a unit or a machine.
pub fn add(
    db: &Db,
    model: &str,
    (id, operation): (i64, i64),
    receiver: &str,
    kind: &TaskKind,
    params: &BTreeMap<String, Value>,
) -> Result<()> {
    let (kind, action) = kind.columns();
    db.execute(
        "INSERT INTO task (model, id, operation, receiver, kind, action, params, status, enqueued) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            model,
            id,
            operation,
            receiver,
            kind,
            action,
            serde_json::to_string(params)?,
            TaskStatus::Pending,
            now()
        ],
    )?;
    Ok(())
}

/// Queue a command of `juju-exec`, which belongs to no operation: it gets a negative number. Also deletes old ones whose
/// callers were killed.
pub fn add_run_commands(db: &Db, model: &str, receiver: &str, params: &BTreeMap<String, Value>) -> Result<i64> {
    db.execute(
        "DELETE FROM task WHERE model = ? AND kind = ? AND completed < ?",
        params![model, StoredKind::RunCommands, now() - RESULT_RETENTION_MS],
    )?;
    let sql = "SELECT min(ifnull(min(id), 0), 0) - 1 FROM task WHERE model = ?";
    let id = db.query_row(sql, [model], |row| row.get(0))?;
    add(db, model, (id, id), receiver, &TaskKind::RunCommands, params)?;
    Ok(id)
}

pub fn remove(db: &Db, model: &str, id: i64) -> Result<()> {
    db.execute("DELETE FROM task WHERE model = ? AND id = ?", params![model, id])?;
    Ok(())
}

/// Save a task's progress.
pub fn save(db: &Db, model: &str, task: &Task) -> Result<()> {
    db.prepare_cached(
        "UPDATE task SET status = ?, message = ?, results = ?, log = ?, context = ?, started = ?, completed = ? \
         WHERE model = ? AND id = ?",
    )?
    .execute(params![
        task.status,
        task.message,
        task.results.to_string(),
        serde_json::to_string(&task.log)?,
        task.context,
        task.started,
        task.completed,
        model,
        task.id,
    ])?;
    Ok(())
}
