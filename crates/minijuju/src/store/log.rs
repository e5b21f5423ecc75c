//! The model's log.

use std::fmt;
use std::str::FromStr;

use rusqlite::params;

use super::database::{Db, Result};

/// The severity of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

const LEVELS: [(Level, &str); 6] = [
    (Level::Trace, "TRACE"),
    (Level::Debug, "DEBUG"),
    (Level::Info, "INFO"),
    (Level::Warning, "WARNING"),
    (Level::Error, "ERROR"),
    (Level::Critical, "CRITICAL"),
];

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LEVELS.iter().find(|(level, _)| level == self).map_or(Ok(()), |(_, name)| f.pad(name))
    }
}

impl FromStr for Level {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let text = if text.eq_ignore_ascii_case("WARN") { "WARNING" } else { text };
        LEVELS.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(level, _)| *level).ok_or(())
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
    pub level: Level,
    /// Such as `unit.tinyproxy/0.install`.
    pub module: String,
    pub message: String,
}

pub fn append(db: &Db, model: &str, lines: &[Line]) -> Result<()> {
    let mut statement =
        db.prepare_cached("INSERT INTO log (model, time, entity, level, module, message) VALUES (?, ?, ?, ?, ?, ?)")?;
    for line in lines {
        let level = line.level as i64;
        statement.execute(params![model, line.time, line.entity, level, line.module, line.message])?;
    }
    Ok(())
}

/// The maximum number of lines in a model's log.
const MOST: i64 = 200_000;

/// Delete the oldest lines of a log that is too long.
pub fn trim(db: &Db, model: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM log WHERE model = ?1 AND id <= (SELECT max(id) FROM log WHERE model = ?1) - ?2")?
        .execute(params![model, MOST])?;
    Ok(())
}

/// The lines after the one with the ID `after`, oldest first.
pub fn after(db: &Db, model: &str, after: i64) -> Result<Vec<Line>> {
    let sql = "SELECT id, time, entity, level, module, message FROM log WHERE model = ? AND id > ? ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![model, after], |row| {
        let level: i64 = row.get(3)?;
        Ok(Line {
            id: row.get(0)?,
            time: row.get(1)?,
            entity: row.get(2)?,
            level: usize::try_from(level)
                .ok()
                .and_then(|level| LEVELS.get(level))
                .map_or(Level::Info, |(level, _)| *level),
            module: row.get(4)?,
            message: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
