//! Storage of units.

use rusqlite::{OptionalExtension as _, Row};

use super::database::{Db, Result};
use super::life::Life;

/// A storage instance.
#[derive(Clone, Debug)]
pub struct Storage {
    /// Its ID: `NAME/NUMBER`.
    pub id: String,
    /// The unit it is attached to; empty where detached.
    pub unit: String,
    /// `filesystem` or `block`.
    pub kind: String,
    /// The pool it is from.
    pub pool: String,
    /// Its size in MiB.
    pub size: i64,
    /// Whether it was removed.
    pub life: Life,
    /// Where it is mounted.
    pub location: String,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Storage> {
    Ok(Storage {
        id: row.get(0)?,
        unit: row.get(1)?,
        kind: row.get(2)?,
        pool: row.get(3)?,
        size: row.get(4)?,
        life: row.get(5)?,
        location: row.get(6)?,
    })
}

/// The storage with this ID.
pub fn find(db: &Db, model: &str, id: &str) -> Result<Option<Storage>> {
    let sql = "SELECT id, unit, kind, pool, size, life, location FROM storage WHERE model = ? AND id = ?";
    Ok(db.prepare_cached(sql)?.query_row([model, id], from_row).optional()?)
}

/// Remove a storage.
pub fn remove(db: &Db, model: &str, id: &str) -> Result<()> {
    db.execute("DELETE FROM storage WHERE model = ? AND id = ?", [model, id])?;
    Ok(())
}

/// All storage of a model, by ID.
pub fn all(db: &Db, model: &str) -> Result<Vec<Storage>> {
    let sql = "SELECT id, unit, kind, pool, size, life, location FROM storage WHERE model = ? ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([model], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The storage of a unit.
pub fn of(db: &Db, model: &str, unit: &str) -> Result<Vec<Storage>> {
    Ok(all(db, model)?.into_iter().filter(|storage| storage.unit == unit).collect())
}

/// Add a storage.
pub fn add(db: &Db, model: &str, storage: &Storage) -> Result<()> {
    db.execute(
        "INSERT INTO storage (model, id, unit, kind, pool, size, life, location) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rusqlite::params![
            model,
            storage.id,
            storage.unit,
            storage.kind,
            storage.pool,
            storage.size,
            storage.life,
            storage.location
        ],
    )?;
    Ok(())
}
