//! What models consume of others' offers.

use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use super::database::{Db, Result};
use super::life::Life;
use super::relation::Role;

/// An application of another model, as the model that consumes it knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Saas {
    /// Its name there.
    pub name: String,
    /// The identity of the offer, which may be gone.
    pub offer: String,
    /// The identity of the model that offers it, which may be gone.
    pub source: String,
    /// The offer's URL.
    pub url: String,
    /// What can be related to.
    pub endpoints: Vec<Endpoint>,
    /// Whether it was removed.
    pub life: Life,
    /// Since when it is consumed, in milliseconds since 1970.
    pub since: i64,
}

/// An endpoint that is offered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its name.
    pub name: String,
    /// Its interface.
    pub interface: String,
    /// Its part in a relation.
    pub role: Role,
}

const COLUMNS: &str = "name, offer, source, url, endpoints, life, since";

fn from_row(row: &Row<'_>) -> rusqlite::Result<(Saas, String)> {
    let saas = Saas {
        name: row.get(0)?,
        offer: row.get(1)?,
        source: row.get(2)?,
        url: row.get(3)?,
        endpoints: Vec::new(),
        life: row.get(5)?,
        since: row.get(6)?,
    };
    Ok((saas, row.get(4)?))
}

fn saas((saas, endpoints): (Saas, String)) -> Result<Saas> {
    Ok(Saas { endpoints: serde_json::from_str(&endpoints)?, ..saas })
}

/// What a model consumes, by name.
pub fn of(db: &Db, model: &str) -> Result<Vec<Saas>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM saas WHERE model = ? ORDER BY name"))?;
    let rows = statement.query_map([model], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(saas).collect()
}

/// What a model consumes by this name.
pub fn find(db: &Db, model: &str, name: &str) -> Result<Option<Saas>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM saas WHERE model = ? AND name = ?"))?
        .query_row([model, name], from_row)
        .optional()?
        .map(saas)
        .transpose()
}

/// Add it, or save it.
pub fn save(db: &Db, model: &str, saas: &Saas) -> Result<()> {
    db.execute(
        "INSERT OR REPLACE INTO saas (model, name, offer, source, url, endpoints, life, since) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            model,
            saas.name,
            saas.offer,
            saas.source,
            saas.url,
            serde_json::to_string(&saas.endpoints)?,
            saas.life,
            saas.since,
        ],
    )?;
    Ok(())
}

/// Remove what was let go, where no relation is left with it.
pub fn sweep(db: &Db) -> Result<()> {
    db.execute(
        "DELETE FROM saas WHERE life = ? AND NOT EXISTS ( \
             SELECT 1 FROM endpoint WHERE endpoint.model = saas.model AND endpoint.application = saas.name)",
        [Life::Dying],
    )?;
    Ok(())
}
