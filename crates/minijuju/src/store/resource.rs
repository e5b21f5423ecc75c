//! Resources: files given to an application beside its charm.

use rusqlite::{Row, params};

use super::database::{Db, Result, now};

/// A resource.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The application.
    pub application: String,
    /// The charm's name for it.
    pub name: String,
    /// The file, in the data folder.
    pub path: String,
    /// The name of the file on the unit.
    pub filename: String,
    /// When it was given, in milliseconds since 1970.
    pub added: i64,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Resource> {
    Ok(Resource {
        application: row.get(0)?,
        name: row.get(1)?,
        path: row.get(2)?,
        filename: row.get(3)?,
        added: row.get(4)?,
    })
}

/// The resources of an application.
pub fn of(db: &Db, model: &str, application: &str) -> Result<Vec<Resource>> {
    let sql = "SELECT application, name, path, filename, added FROM resource WHERE model = ? AND application = ? \
               ORDER BY name";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([model, application], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Give an application a resource, in place of what it had under that name.
pub fn set(db: &Db, model: &str, resource: &Resource) -> Result<()> {
    db.execute(
        "INSERT OR REPLACE INTO resource (model, application, name, path, filename, added) VALUES (?, ?, ?, ?, ?, ?)",
        params![model, resource.application, resource.name, resource.path, resource.filename, now()],
    )?;
    Ok(())
}
