//! Models, and the current model.

use std::collections::BTreeMap;

use emulator::{JujuVersion, UnknownVersion};
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::Value;

use super::database::{Db, Error, Result, now};
use crate::random;

#[derive(Clone, Debug)]
pub struct Model {
    pub uuid: String,
    /// Its name, without the owner's.
    pub name: String,
    /// When it was added, in milliseconds since 1970.
    pub created: i64,
    /// The version of Juju that it emulates.
    pub juju: JujuVersion,
    /// The configuration that the user set.
    pub config: BTreeMap<String, Value>,
    pub constraints: BTreeMap<String, String>,
}

const COLUMNS: &str = "uuid, name, created, config, constraints";

fn from_row(row: &Row<'_>) -> rusqlite::Result<(String, String, i64, String, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn decode((uuid, name, created, config, constraints): (String, String, i64, String, String)) -> Result<Model> {
    let config: BTreeMap<String, Value> = serde_json::from_str(&config)?;
    Ok(Model {
        uuid,
        created,
        juju: juju_version(&config).map_err(|error| Error::UnknownJujuVersion { model: name.clone(), error })?,
        name,
        config,
        constraints: serde_json::from_str(&constraints)?,
    })
}

/// The option with the model's version of Juju. Models of older minijujus lack it.
pub const AGENT_VERSION: &str = "agent-version";

fn juju_version(config: &BTreeMap<String, Value>) -> std::result::Result<JujuVersion, UnknownVersion> {
    config.get(AGENT_VERSION).and_then(Value::as_str).map_or(Ok(JujuVersion::default()), str::parse)
}

/// A counter of a model, which returns each number once.
#[derive(Clone, Copy, Debug)]
pub enum Counter {
    Machine,
    Relation,
    /// Operation and task IDs, which share one counter.
    Operation,
    Storage,
}

/// The next number of `counter`.
pub fn next_number(db: &Db, model: &str, counter: Counter) -> Result<i64> {
    let column = match counter {
        Counter::Machine => "next_machine",
        Counter::Relation => "next_relation",
        Counter::Operation => "next_operation",
        Counter::Storage => "next_storage",
    };
    let sql = format!("UPDATE model SET {column} = {column} + 1 WHERE uuid = ? RETURNING {column} - 1");
    Ok(db.query_row(&sql, [model], |row| row.get(0))?)
}

pub fn all(db: &Db) -> Result<Vec<Model>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM model ORDER BY name"))?;
    let rows = statement.query_map([], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(decode).collect()
}

/// The model with this name or UUID.
pub fn find(db: &Db, name: &str) -> Result<Option<Model>> {
    db.query_row(&format!("SELECT {COLUMNS} FROM model WHERE name = ?1 OR uuid = ?1"), [name], from_row)
        .optional()?
        .map(decode)
        .transpose()
}

pub fn add(db: &Db, name: &str, juju: JujuVersion, config: &BTreeMap<String, Value>) -> Result<Model> {
    let uuid = random::uuid();
    let mut config = config.clone();
    config.insert(AGENT_VERSION.to_owned(), juju.to_string().into());
    // Operations start at 1 on Juju 3.6, and at 0 on Juju 4.
    let operation = i64::from(!juju.is_4());
    db.execute(
        "INSERT INTO model (uuid, name, created, config, next_operation) VALUES (?, ?, ?, ?, ?)",
        params![uuid, name, now(), serde_json::to_string(&config)?, operation],
    )?;
    Ok(Model { uuid, name: name.to_owned(), created: now(), juju, config, constraints: BTreeMap::new() })
}

pub fn save(db: &Db, model: &Model) -> Result<()> {
    db.execute(
        "UPDATE model SET config = ?, constraints = ? WHERE uuid = ?",
        params![serde_json::to_string(&model.config)?, serde_json::to_string(&model.constraints)?, model.uuid],
    )?;
    Ok(())
}

/// Remove a model and everything in it.
pub fn remove(db: &Db, uuid: &str) -> Result<()> {
    db.execute("DELETE FROM model WHERE uuid = ?", [uuid])?;
    Ok(())
}

/// A client setting: the current model, or the controller's UUID.
pub fn client_setting(db: &Db, key: &str) -> Result<Option<String>> {
    Ok(db.query_row("SELECT value FROM client WHERE key = ?", [key], |row| row.get(0)).optional()?)
}

/// Set a client setting, or remove it.
pub fn set_client_setting(db: &Db, key: &str, value: Option<&str>) -> Result<()> {
    match value {
        Some(value) => db.execute("INSERT OR REPLACE INTO client (key, value) VALUES (?, ?)", [key, value])?,
        None => db.execute("DELETE FROM client WHERE key = ?", [key])?,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn a_model_with_an_unknown_version_of_juju_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let sql =
            r#"INSERT INTO model (uuid, name, created, config) VALUES ('m', 'demo', 0, '{"agent-version":"5.1"}');"#;
        store.db().execute_batch(sql).unwrap();
        assert_eq!(
            find(store.db(), "demo").unwrap_err().to_string(),
            "the model \"demo\" is of another minijuju: Juju version \"5.1\" is not known: it may be 3.6 or 4.0, with a \
             third number or without"
        );
    }
}
