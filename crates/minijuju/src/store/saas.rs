//! SAAS applications: offers that models consume. Juju's source calls them remote applications.

use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use super::database::{Db, Result};
use super::endpoint::Role;
use super::life::Life;

/// A consumed application, as the consuming model knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Saas {
    /// Its name in the consuming model.
    pub name: String,
    /// The UUID of the offer, which may have been removed.
    pub offer_uuid: String,
    /// The UUID of the offering model, which may have been destroyed.
    pub source_model: String,
    pub url: String,
    pub endpoints: Vec<RemoteEndpoint>,
    pub life: Life,
    /// When it was consumed, in milliseconds since 1970.
    pub since: i64,
    /// When its offer was removed, in milliseconds since 1970.
    pub terminated: Option<i64>,
}

/// An endpoint of the offered application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemoteEndpoint {
    pub name: String,
    pub interface: String,
    pub role: Role,
}

const COLUMNS: &str = "name, offer, source, url, endpoints, life, since, terminated";

fn from_row(row: &Row<'_>) -> rusqlite::Result<(Saas, String)> {
    let saas = Saas {
        name: row.get(0)?,
        offer_uuid: row.get(1)?,
        source_model: row.get(2)?,
        url: row.get(3)?,
        endpoints: Vec::new(),
        life: row.get(5)?,
        since: row.get(6)?,
        terminated: row.get(7)?,
    };
    Ok((saas, row.get(4)?))
}

fn decode((saas, endpoints): (Saas, String)) -> Result<Saas> {
    Ok(Saas { endpoints: serde_json::from_str(&endpoints)?, ..saas })
}

pub fn all(db: &Db, model: &str) -> Result<Vec<Saas>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM saas WHERE model = ? ORDER BY name"))?;
    let rows = statement.query_map([model], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(decode).collect()
}

pub fn find(db: &Db, model: &str, name: &str) -> Result<Option<Saas>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM saas WHERE model = ? AND name = ?"))?
        .query_row([model, name], from_row)
        .optional()?
        .map(decode)
        .transpose()
}

/// Add or update it.
pub fn save(db: &Db, model: &str, saas: &Saas) -> Result<()> {
    db.execute(
        "INSERT OR REPLACE INTO saas (model, name, offer, source, url, endpoints, life, since, terminated) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            model,
            saas.name,
            saas.offer_uuid,
            saas.source_model,
            saas.url,
            serde_json::to_string(&saas.endpoints)?,
            saas.life,
            saas.since,
            saas.terminated,
        ],
    )?;
    Ok(())
}

/// Remove dying ones that have no relation left.
pub(super) fn remove_dead(db: &Db) -> Result<()> {
    db.execute(
        "DELETE FROM saas WHERE life = ? AND NOT EXISTS ( \
             SELECT 1 FROM endpoint WHERE endpoint.model = saas.model AND endpoint.application = saas.name)",
        [Life::Dying],
    )?;
    Ok(())
}
