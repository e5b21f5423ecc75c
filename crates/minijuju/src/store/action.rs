//! Operations, and the tasks that they consist of: actions and commands run on units.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::Value;

use super::database::{Db, Result, now};

/// An action to run on a unit, or one that ran.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its number.
    pub id: i64,
    /// The number of the operation that it is part of.
    pub operation: i64,
    /// The unit it runs on.
    pub unit: String,
    /// The action's name; `juju-exec` for a command.
    pub action: String,
    /// Its parameters.
    pub params: BTreeMap<String, Value>,
    /// `pending`, `running`, `aborting`, `completed`, `failed`, `cancelled` or `aborted`.
    pub status: String,
    /// Why it failed.
    pub message: String,
    /// Its results.
    pub results: Value,
    /// What it logged: times in milliseconds since 1970, and messages.
    pub log: Vec<(i64, String)>,
    /// When it was asked for, in milliseconds since 1970.
    pub enqueued: i64,
    /// When it started.
    pub started: Option<i64>,
    /// When it ended.
    pub completed: Option<i64>,
}

/// The status of a task that runs, and is to be stopped.
pub const ABORTING: &str = "aborting";

impl Task {
    /// Whether it was begun, and has not ended.
    pub fn runs(&self) -> bool {
        ["running", ABORTING].contains(&self.status.as_str())
    }
}

const COLUMNS: &str =
    "id, operation, unit, action, params, status, message, results, log, enqueued, started, completed";

fn from_row(row: &Row<'_>) -> rusqlite::Result<(Task, [String; 3])> {
    let task = Task {
        id: row.get(0)?,
        operation: row.get(1)?,
        unit: row.get(2)?,
        action: row.get(3)?,
        params: BTreeMap::new(),
        status: row.get(5)?,
        message: row.get(6)?,
        results: Value::Null,
        log: Vec::new(),
        enqueued: row.get(9)?,
        started: row.get(10)?,
        completed: row.get(11)?,
    };
    Ok((task, [row.get(4)?, row.get(7)?, row.get(8)?]))
}

fn task((task, [params, results, log]): (Task, [String; 3])) -> Result<Task> {
    Ok(Task {
        params: serde_json::from_str(&params)?,
        results: serde_json::from_str(&results)?,
        log: serde_json::from_str(&log)?,
        ..task
    })
}

/// All tasks of a model, by number.
pub fn all(db: &Db, model: &str) -> Result<Vec<Task>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM task WHERE model = ? ORDER BY id"))?;
    let rows = statement.query_map([model], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(task).collect()
}

/// The tasks that were begun and have not ended, by number.
pub fn running(db: &Db, model: &str) -> Result<Vec<Task>> {
    let sql = format!("SELECT {COLUMNS} FROM task WHERE model = ? AND status IN ('running', 'aborting') ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([model], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(task).collect()
}

/// Whether a task is to be stopped.
pub fn is_aborting(db: &Db, model: &str, id: i64) -> Result<bool> {
    let sql = "SELECT status = 'aborting' FROM task WHERE model = ? AND id = ?";
    Ok(db.prepare_cached(sql)?.query_row(params![model, id], |row| row.get(0)).optional()?.unwrap_or(false))
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
    let sql = "SELECT unit, id FROM task WHERE model = ? AND status = 'pending' ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([model], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ask for an action on a unit.
pub fn add(
    db: &Db,
    model: &str,
    (id, operation): (i64, i64),
    unit: &str,
    action: &str,
    params: &BTreeMap<String, Value>,
) -> Result<()> {
    db.execute(
        "INSERT INTO task (model, id, operation, unit, action, params, enqueued) VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![model, id, operation, unit, action, serde_json::to_string(params)?, now()],
    )?;
    Ok(())
}

/// Save how far a task is.
pub fn save(db: &Db, model: &str, task: &Task) -> Result<()> {
    db.prepare_cached(
        "UPDATE task SET status = ?, message = ?, results = ?, log = ?, started = ?, completed = ? \
         WHERE model = ? AND id = ?",
    )?
    .execute(params![
        task.status,
        task.message,
        task.results.to_string(),
        serde_json::to_string(&task.log)?,
        task.started,
        task.completed,
        model,
        task.id,
    ])?;
    Ok(())
}
