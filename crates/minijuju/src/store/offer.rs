//! The offers of models.

use rusqlite::{OptionalExtension as _, Row, params};

use super::database::{Db, Result};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The offering model.
    pub model: String,
    pub name: String,
    pub uuid: String,
    pub application: String,
    /// The names of the offered endpoints.
    pub endpoints: Vec<String>,
}

const COLUMNS: &str = "model, name, uuid, application, endpoints";

fn from_row(row: &Row<'_>) -> rusqlite::Result<(Offer, String)> {
    let offer = Offer {
        model: row.get(0)?,
        name: row.get(1)?,
        uuid: row.get(2)?,
        application: row.get(3)?,
        endpoints: Vec::new(),
    };
    Ok((offer, row.get(4)?))
}

fn decode((offer, endpoints): (Offer, String)) -> Result<Offer> {
    Ok(Offer { endpoints: serde_json::from_str(&endpoints)?, ..offer })
}

pub fn all(db: &Db, model: &str) -> Result<Vec<Offer>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM offer WHERE model = ? ORDER BY name"))?;
    let rows = statement.query_map([model], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(decode).collect()
}

pub fn find(db: &Db, model: &str, name: &str) -> Result<Option<Offer>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM offer WHERE model = ? AND name = ?"))?
        .query_row([model, name], from_row)
        .optional()?
        .map(decode)
        .transpose()
}

pub fn find_by_uuid(db: &Db, uuid: &str) -> Result<Option<Offer>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM offer WHERE uuid = ?"))?
        .query_row([uuid], from_row)
        .optional()?
        .map(decode)
        .transpose()
}

/// Add an offer, or replace the one with the same name.
pub fn save(db: &Db, offer: &Offer) -> Result<()> {
    db.execute(
        "INSERT INTO offer (model, name, uuid, application, endpoints) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (model, name) DO UPDATE SET application = excluded.application, endpoints = excluded.endpoints",
        params![offer.model, offer.name, offer.uuid, offer.application, serde_json::to_string(&offer.endpoints)?],
    )?;
    Ok(())
}

pub fn remove(db: &Db, offer: &Offer) -> Result<()> {
    db.execute("DELETE FROM offer WHERE uuid = ?", [&offer.uuid])?;
    Ok(())
}
