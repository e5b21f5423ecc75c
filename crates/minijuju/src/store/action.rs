//! Operations, and the tasks that they consist of: actions and commands run on units.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::Value;

use super::database::{Db, Result, now};
use super::word::words;

words! {
    /// Where a task is on its way.
    #[derive(Default)]
    pub enum TaskStatus("task status") {
        /// It waits for its unit.
        #[default]
        Pending = "pending",
        Running = "running",
        /// It ended, well by its own account.
        Completed = "completed",
        /// It ended and failed.
        Failed = "failed",
        /// It was cancelled before it began.
        Cancelled = "cancelled",
        /// It runs, and was cancelled: the command that runs it stops it.
        Aborting = "aborting",
        /// It was stopped while it ran.
        Aborted = "aborted",
        /// Juju's own failure to run it; no task of minijuju's has it.
        Error = "error",
    }
}

impl TaskStatus {
    /// Whether the task was begun, and has not ended.
    pub fn runs(self) -> bool {
        matches!(self, TaskStatus::Running | TaskStatus::Aborting)
    }
}

words! {
    /// What a task is: the column of [`TaskKind`].
    enum KindWord("task kind") {
        Action = "action",
        UnitExec = "exec-unit",
        MachineExec = "exec-machine",
        Command = "run-commands",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// The action of this name, of a unit's charm.
    Action(String),
    /// A command on a unit, among its hooks.
    UnitExec,
    /// A command on a machine, beside its units.
    MachineExec,
    /// A command on a unit that something in its machine asked for with `juju-exec`. Juju counts it among no operations.
    Command,
}

impl TaskKind {
    /// The name of the action; Juju calls a command `juju-exec`.
    pub fn name(&self) -> &str {
        match self {
            TaskKind::Action(name) => name,
            TaskKind::UnitExec | TaskKind::MachineExec => "juju-exec",
            TaskKind::Command => "run-commands",
        }
    }

    fn columns(&self) -> (KindWord, &str) {
        match self {
            TaskKind::Action(name) => (KindWord::Action, name),
            TaskKind::UnitExec => (KindWord::UnitExec, ""),
            TaskKind::MachineExec => (KindWord::MachineExec, ""),
            TaskKind::Command => (KindWord::Command, ""),
        }
    }
}

/// An action or a command to run on a unit or a machine, or one that ran.
#[derive(Clone, Debug)]
pub struct Task {
    pub id: i64,
    /// The number of the operation that it is part of.
    pub operation: i64,
    /// The name of the unit, or the number of the machine, that it runs on.
    pub receiver: String,
    pub kind: TaskKind,
    /// Its parameters. Those of a command are `command` and `timeout`, as Juju shows them.
    pub params: BTreeMap<String, Value>,
    /// Where it is on its way.
    pub status: TaskStatus,
    /// Why it failed.
    pub message: String,
    pub results: Value,
    /// What it logged: times in milliseconds since 1970, and messages.
    pub log: Vec<(i64, String)>,
    /// The `JUJU_CONTEXT_ID` of its processes while it runs.
    pub context: Option<String>,
    /// When it was asked for, in milliseconds since 1970.
    pub enqueued: i64,
    /// When it started.
    pub started: Option<i64>,
    /// When it ended.
    pub completed: Option<i64>,
}

impl Task {
    /// The tag of what it runs on: `unit-APPLICATION-NUMBER` or `machine-NUMBER`.
    pub fn receiver_tag(&self) -> String {
        match self.kind {
            TaskKind::Action(_) | TaskKind::UnitExec | TaskKind::Command => {
                format!("unit-{}", self.receiver.replace('/', "-"))
            }
            TaskKind::MachineExec => format!("machine-{}", self.receiver),
        }
    }

    /// The command that it runs, if it is not an action.
    pub fn command(&self) -> Option<&str> {
        match self.kind {
            TaskKind::Action(_) => None,
            TaskKind::UnitExec | TaskKind::MachineExec | TaskKind::Command => self.params.get("command")?.as_str(),
        }
    }

    /// How long its command may run.
    pub fn timeout(&self) -> Option<Duration> {
        self.command()?;
        self.params.get("timeout")?.as_u64().map(Duration::from_nanos)
    }

    /// Note that it runs now, and which processes are its own.
    pub fn start(&mut self, context: &str) {
        (self.status, self.started, self.context) = (TaskStatus::Running, Some(now()), Some(context.to_owned()));
    }

    /// Note that it has ended.
    pub fn end(&mut self, status: TaskStatus) {
        (self.status, self.completed, self.context) = (status, Some(now()), None);
    }
}

/// How long the result of a command waits for its caller, in milliseconds.
const KEPT: i64 = 600_000;

const COLUMNS: &str = "id, operation, receiver, kind, action, params, status, message, results, log, context, enqueued, \
                       started, completed";

fn from_row(row: &Row<'_>) -> rusqlite::Result<(Task, [String; 3])> {
    let task = Task {
        id: row.get(0)?,
        operation: row.get(1)?,
        receiver: row.get(2)?,
        kind: match row.get(3)? {
            KindWord::Action => TaskKind::Action(row.get(4)?),
            KindWord::UnitExec => TaskKind::UnitExec,
            KindWord::MachineExec => TaskKind::MachineExec,
            KindWord::Command => TaskKind::Command,
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

fn task((task, [params, results, log]): (Task, [String; 3])) -> Result<Task> {
    Ok(Task {
        params: serde_json::from_str(&params)?,
        results: serde_json::from_str(&results)?,
        log: serde_json::from_str(&log)?,
        ..task
    })
}

/// All tasks of a model's operations, by number.
pub fn all(db: &Db, model: &str) -> Result<Vec<Task>> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM task WHERE model = ? AND kind <> ? ORDER BY id"))?;
    let rows =
        statement.query_map(params![model, KindWord::Command], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(task).collect()
}

/// The tasks that were begun and have not ended, by number.
pub fn running(db: &Db, model: &str) -> Result<Vec<Task>> {
    let sql = format!("SELECT {COLUMNS} FROM task WHERE model = ? AND status IN (?, ?) ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    let running = params![model, TaskStatus::Running, TaskStatus::Aborting];
    let rows = statement.query_map(running, from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(task).collect()
}

/// A task's status.
pub fn status(db: &Db, model: &str, id: i64) -> Result<Option<TaskStatus>> {
    let sql = "SELECT status FROM task WHERE model = ? AND id = ?";
    Ok(db.prepare_cached(sql)?.query_row(params![model, id], |row| row.get(0)).optional()?)
}

/// The task with this number.
pub fn find(db: &Db, model: &str, id: i64) -> Result<Option<Task>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM task WHERE model = ? AND id = ?"))?
        .query_row(params![model, id], from_row)
        .optional()?
        .map(task)
        .transpose()
}

/// The numbers of the tasks that wait for each unit, oldest first.
pub fn pending(db: &Db, model: &str) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT receiver, id FROM task WHERE model = ? AND kind <> ? AND status = ? ORDER BY enqueued, abs(id)";
    let mut statement = db.prepare_cached(sql)?;
    let of_units = params![model, KindWord::MachineExec, TaskStatus::Pending];
    let rows = statement.query_map(of_units, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ask for something on a unit or a machine.
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

/// Ask for a command on a unit that is no operation's, and so has a number below all of theirs. What is left of those
/// whose callers were killed goes.
pub fn add_command(db: &Db, model: &str, receiver: &str, params: &BTreeMap<String, Value>) -> Result<i64> {
    db.execute(
        "DELETE FROM task WHERE model = ? AND kind = ? AND completed < ?",
        params![model, KindWord::Command, now() - KEPT],
    )?;
    let sql = "SELECT min(ifnull(min(id), 0), 0) - 1 FROM task WHERE model = ?";
    let id = db.query_row(sql, [model], |row| row.get(0))?;
    add(db, model, (id, id), receiver, &TaskKind::Command, params)?;
    Ok(id)
}

/// Forget a task.
pub fn remove(db: &Db, model: &str, id: i64) -> Result<()> {
    db.execute("DELETE FROM task WHERE model = ? AND id = ?", params![model, id])?;
    Ok(())
}

/// Save how far a task is.
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
