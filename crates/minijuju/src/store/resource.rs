//! Resources: files attached to an application.

use rusqlite::{Row, params};

use super::database::{Db, Result, now};

#[derive(Clone, Debug)]
pub struct Resource {
    pub application: String,
    /// The resource's name in the charm.
    pub name: String,
    /// The file, in the data folder.
    pub path: String,
    /// The file's name on the unit.
    pub filename: String,
    /// When it was attached, in milliseconds since 1970.
    pub added: i64,
    /// The SHA-384 of its content; empty if an older minijuju stored it.
    pub fingerprint: String,
    pub size: i64,
}

/// A resource that a unit has fetched, as it was at that time.
#[derive(Clone, Debug)]
pub struct UnitResource {
    /// The resource's name in the charm.
    pub name: String,
    /// When it was attached, in milliseconds since 1970.
    pub added: i64,
    /// The SHA-384 of its content; empty if an older minijuju stored it.
    pub fingerprint: String,
    pub size: i64,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Resource> {
    Ok(Resource {
        application: row.get(0)?,
        name: row.get(1)?,
        path: row.get(2)?,
        filename: row.get(3)?,
        added: row.get(4)?,
        fingerprint: row.get(5)?,
        size: row.get(6)?,
    })
}

pub fn of_application(db: &Db, model: &str, application: &str) -> Result<Vec<Resource>> {
    let sql = "SELECT application, name, path, filename, added, fingerprint, size FROM resource \
               WHERE model = ? AND application = ? ORDER BY name";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([model, application], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Attach a resource to an application, and replace the previous one of that name.
pub fn attach(db: &Db, model: &str, resource: &Resource) -> Result<()> {
    db.execute(
        "INSERT OR REPLACE INTO resource (model, application, name, path, filename, added, fingerprint, size) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            model,
            resource.application,
            resource.name,
            resource.path,
            resource.filename,
            now(),
            resource.fingerprint,
            resource.size
        ],
    )?;
    Ok(())
}

pub fn of_unit(db: &Db, model: &str, unit: &str) -> Result<Vec<UnitResource>> {
    let sql = "SELECT name, added, fingerprint, size FROM unit_resource WHERE model = ? AND unit = ? ORDER BY name";
    let mut statement = db.prepare_cached(sql)?;
    let from_row = |row: &Row<'_>| {
        Ok(UnitResource { name: row.get(0)?, added: row.get(1)?, fingerprint: row.get(2)?, size: row.get(3)? })
    };
    let rows = statement.query_map([model, unit], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Record that a unit has fetched the current file of a resource.
pub fn record_fetch(db: &Db, model: &str, application: &str, unit: &str, name: &str) -> Result<()> {
    db.execute(
        "INSERT OR REPLACE INTO unit_resource (model, application, unit, name, added, fingerprint, size) \
         SELECT model, application, ?3, name, added, fingerprint, size FROM resource \
         WHERE model = ?1 AND application = ?2 AND name = ?4",
        [model, application, unit, name],
    )?;
    Ok(())
}
