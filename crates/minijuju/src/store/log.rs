//! The model's log.

use ops::hookcmds::LogLevel;
use rusqlite::params;

use super::database::{Db, Result};

/// A level as it is stored.
const fn level_number(level: LogLevel) -> i64 {
    match level {
        LogLevel::Trace => 0,
        LogLevel::Debug => 1,
        LogLevel::Info => 2,
        LogLevel::Warning => 3,
        LogLevel::Error => 4,
        LogLevel::Critical => 5,
    }
}

/// A line of the log.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its position in the log; 0 before it is appended.
    pub id: i64,
    /// Milliseconds since 1970.
    pub time: i64,
    /// Its source's tag: `unit-APPLICATION-NUMBER` or `machine-NUMBER`.
    pub entity: String,
    pub level: LogLevel,
    /// Such as `unit.tinyproxy/0.install`.
    pub module: String,
    pub message: String,
}

pub fn append(db: &Db, model: &str, lines: &[Line]) -> Result<()> {
    let mut statement =
        db.prepare_cached("INSERT INTO log (model, time, entity, level, module, message) VALUES (?, ?, ?, ?, ?, ?)")?;
    for line in lines {
        let level = level_number(line.level);
        statement.execute(params![model, line.time, line.entity, level, line.module, line.message])?;
    }
    Ok(())
}

/// The maximum number of lines in a model's log.
const MAX_LINES: i64 = 200_000;

/// Delete the oldest lines of a log that is too long.
pub fn trim(db: &Db, model: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM log WHERE model = ?1 AND id <= (SELECT max(id) FROM log WHERE model = ?1) - ?2")?
        .execute(params![model, MAX_LINES])?;
    Ok(())
}

/// The lines with an ID above `after`, oldest first.
pub fn lines_after(db: &Db, model: &str, after: i64) -> Result<Vec<Line>> {
    let sql = "SELECT id, time, entity, level, module, message FROM log WHERE model = ? AND id > ? ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![model, after], |row| {
        let level: i64 = row.get(3)?;
        Ok(Line {
            id: row.get(0)?,
            time: row.get(1)?,
            entity: row.get(2)?,
            level: LogLevel::ALL.into_iter().find(|known| level_number(*known) == level).unwrap_or(LogLevel::Info),
            module: row.get(4)?,
            message: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
