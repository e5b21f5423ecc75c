//! Resources: files given to an application beside its charm.

use rusqlite::{Row, params};

use super::database::{Db, Result, now};

#[derive(Clone, Debug)]
pub struct Resource {
    pub application: String,
    /// The charm's name for it.
    pub name: String,
    /// The file, in the data folder.
    pub path: String,
    /// The name of the file on the unit.
    pub filename: String,
    /// When it was given, in milliseconds since 1970.
    pub added: i64,
    /// The SHA-384 of its content; empty where an older minijuju kept it.
    pub fingerprint: String,
    /// Its size in bytes.
    pub size: i64,
}

/// A resource as a unit has fetched it.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The charm's name for it.
    pub name: String,
    /// When it was given, in milliseconds since 1970.
    pub added: i64,
    /// The SHA-384 of its content; empty where an older minijuju kept it.
    pub fingerprint: String,
    /// Its size in bytes.
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

/// The resources of an application.
pub fn of(db: &Db, model: &str, application: &str) -> Result<Vec<Resource>> {
    let sql = "SELECT application, name, path, filename, added, fingerprint, size FROM resource \
               WHERE model = ? AND application = ? ORDER BY name";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([model, application], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Give an application a resource, in place of what it had under that name.
pub fn set(db: &Db, model: &str, resource: &Resource) -> Result<()> {
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

/// The resources that a unit has fetched.
pub fn fetched(db: &Db, model: &str, unit: &str) -> Result<Vec<Fetched>> {
    let sql = "SELECT name, added, fingerprint, size FROM unit_resource WHERE model = ? AND unit = ? ORDER BY name";
    let mut statement = db.prepare_cached(sql)?;
    let from_row = |row: &Row<'_>| {
        Ok(Fetched { name: row.get(0)?, added: row.get(1)?, fingerprint: row.get(2)?, size: row.get(3)? })
    };
    let rows = statement.query_map([model, unit], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Note that a unit of an application has fetched a resource, as it is now.
pub fn fetch(db: &Db, model: &str, application: &str, unit: &str, name: &str) -> Result<()> {
    db.execute(
        "INSERT OR REPLACE INTO unit_resource (model, application, unit, name, added, fingerprint, size) \
         SELECT model, application, ?3, name, added, fingerprint, size FROM resource \
         WHERE model = ?1 AND application = ?2 AND name = ?4",
        [model, application, unit, name],
    )?;
    Ok(())
}
