//! Statuses.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, params};
use serde_json::Value;

use super::database::{Db, Result, now};
use super::string_enum::string_enum;

string_enum! {
    /// What a status is about.
    #[derive(Hash)]
    pub enum Kind("status kind") {
        Application = "application",
        /// A unit's workload, as set by the charm.
        Workload = "workload",
        /// A unit's agent.
        Agent = "agent",
        /// A machine's agent.
        Machine = "machine",
    }
}

#[allow(clippy::struct_field_names, reason = "Juju calls the word of a status its status")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Such as `active`.
    pub status: String,
    pub message: String,
    /// Details, such as the hook that failed: an object, or null.
    pub data: Value,
    /// When it was set, in milliseconds since 1970.
    pub since: i64,
}

impl Status {
    /// A status that is set now.
    pub fn new(status: &str, message: &str) -> Self {
        Self { status: status.to_owned(), message: message.to_owned(), data: Value::Null, since: now() }
    }
}

pub fn set(db: &Db, model: &str, kind: Kind, entity: &str, status: &Status) -> Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO status (model, kind, entity, status, message, data, since) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        model,
        kind,
        entity,
        status.status,
        status.message,
        status.data.to_string(),
        status.since
    ])?;
    add_to_history(db, model, kind, entity, status)
}

/// Add a status to the history. As in Juju, repeating the last status only updates its time.
fn add_to_history(db: &Db, model: &str, kind: Kind, entity: &str, status: &Status) -> Result<()> {
    let data = status.data.to_string();
    let updated = db
        .prepare_cached(
            "UPDATE status_history SET since = ?6 WHERE id = ( \
                 SELECT max(id) FROM status_history WHERE model = ?1 AND kind = ?2 AND entity = ?3) \
             AND status = ?4 AND message = ?5 AND data = ?7",
        )?
        .execute(params![model, kind, entity, status.status, status.message, status.since, data])?;
    if updated == 0 {
        db.prepare_cached(
            "INSERT INTO status_history (model, kind, entity, status, message, since, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![model, kind, entity, status.status, status.message, status.since, data])?;
    }
    Ok(())
}

/// A status in the history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    pub kind: Kind,
    pub status: Status,
}

/// The status history of an entity, oldest first.
pub fn history(db: &Db, model: &str, entity: &str) -> Result<Vec<HistoryEntry>> {
    let sql =
        "SELECT kind, status, message, data, since FROM status_history WHERE model = ? AND entity = ? ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([model, entity])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, data): (String, String) = (row.get(0)?, row.get(3)?);
        let Ok(kind) = kind.parse() else { continue };
        let status = Status {
            status: row.get(1)?,
            message: row.get(2)?,
            data: serde_json::from_str(&data)?,
            since: row.get(4)?,
        };
        entries.push(HistoryEntry { kind, status });
    }
    Ok(entries)
}

pub fn find(db: &Db, model: &str, kind: Kind, entity: &str) -> Result<Option<Status>> {
    let sql = "SELECT status, message, data, since FROM status WHERE model = ? AND kind = ? AND entity = ?";
    let found = db
        .prepare_cached(sql)?
        .query_row([model, kind.as_str(), entity], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((status, message, data, since)) = found else { return Ok(None) };
    Ok(Some(Status { status, message, data: serde_json::from_str(&data)?, since }))
}

/// All statuses of one kind in a model, by entity.
pub fn all(db: &Db, model: &str, kind: Kind) -> Result<HashMap<String, Status>> {
    let sql = "SELECT entity, status, message, data, since FROM status WHERE model = ? AND kind = ?";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([model, kind.as_str()])?;
    let mut statuses = HashMap::new();
    while let Some(row) = rows.next()? {
        let data: String = row.get(3)?;
        let status = Status {
            status: row.get(1)?,
            message: row.get(2)?,
            data: serde_json::from_str(&data)?,
            since: row.get(4)?,
        };
        statuses.insert(row.get(0)?, status);
    }
    Ok(statuses)
}
