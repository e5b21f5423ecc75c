//! Applications.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::Value;

use super::database::{Db, Result};
use super::life::Life;

#[derive(Clone, Debug)]
pub struct Application {
    pub name: String,
    pub charm: String,
    /// The charm's revision: how many local charms of this name were added to the model before.
    pub revision: i64,
    /// How often its charm was refreshed.
    pub charm_version: i64,
    /// Whether units in error take a new charm too.
    pub force_charm: bool,
    /// The charm's file.
    pub archive: String,
    /// The charm's metadata, as JSON.
    pub metadata: Value,
    /// The options that the user set.
    pub config: BTreeMap<String, Value>,
    /// Whether it may use the cloud's credentials.
    pub trust: bool,
    /// The networks that its endpoints are exposed to, if it is exposed.
    pub exposed: Option<Value>,
    pub life: Life,
    /// The number of the unit that leads it.
    pub leader: Option<i64>,
    /// The workload's version, as set last by the leader or any unit.
    pub workload_version: String,
    /// Storage directives from deploy, by storage name.
    pub storage: BTreeMap<String, String>,
    /// The constraints on its machines.
    pub constraints: BTreeMap<String, String>,
}

impl Application {
    /// The URL of its charm.
    pub fn charm_url(&self) -> String {
        format!("local:{}-{}", self.charm, self.revision)
    }
}

const COLUMNS: &str = "name, charm, revision, charm_version, archive, metadata, config, trust, exposed, life, leader, \
                       workload_version, storage, constraints, force_charm";

/// A row of the table, with the columns of JSON as text.
struct ApplicationRow {
    application: Application,
    metadata: String,
    config: String,
    exposed: Option<String>,
    storage: String,
    constraints: String,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<ApplicationRow> {
    Ok(ApplicationRow {
        application: Application {
            name: row.get(0)?,
            charm: row.get(1)?,
            revision: row.get(2)?,
            charm_version: row.get(3)?,
            archive: row.get(4)?,
            metadata: Value::Null,
            config: BTreeMap::new(),
            trust: row.get(7)?,
            exposed: None,
            life: row.get(9)?,
            leader: row.get(10)?,
            workload_version: row.get(11)?,
            storage: BTreeMap::new(),
            constraints: BTreeMap::new(),
            force_charm: row.get(14)?,
        },
        metadata: row.get(5)?,
        config: row.get(6)?,
        exposed: row.get(8)?,
        storage: row.get(12)?,
        constraints: row.get(13)?,
    })
}

fn decode(row: ApplicationRow) -> Result<Application> {
    Ok(Application {
        metadata: serde_json::from_str(&row.metadata)?,
        config: serde_json::from_str(&row.config)?,
        exposed: row.exposed.map(|text| serde_json::from_str(&text)).transpose()?,
        storage: serde_json::from_str(&row.storage)?,
        constraints: serde_json::from_str(&row.constraints)?,
        ..row.application
    })
}

pub fn all(db: &Db, model: &str) -> Result<Vec<Application>> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM application WHERE model = ? ORDER BY name"))?;
    let rows = statement.query_map([model], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(decode).collect()
}

pub fn find(db: &Db, model: &str, name: &str) -> Result<Option<Application>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM application WHERE model = ? AND name = ?"))?
        .query_row([model, name], from_row)
        .optional()?
        .map(decode)
        .transpose()
}

pub fn add(db: &Db, model: &str, application: &Application) -> Result<()> {
    db.execute(
        "INSERT INTO application (model, name, charm, revision, archive, metadata) VALUES (?, ?, ?, ?, '', 'null')",
        params![model, application.name, application.charm, application.revision],
    )?;
    save(db, model, application)
}

pub fn save(db: &Db, model: &str, application: &Application) -> Result<()> {
    db.execute(
        "UPDATE application SET charm = ?, revision = ?, charm_version = ?, archive = ?, metadata = ?, config = ?, \
         trust = ?, exposed = ?, life = ?, leader = ?, workload_version = ?, storage = ?, constraints = ?, force_charm = ? WHERE model = ? AND name = ?",
        params![
            application.charm,
            application.revision,
            application.charm_version,
            application.archive,
            serde_json::to_string(&application.metadata)?,
            serde_json::to_string(&application.config)?,
            application.trust,
            application.exposed.as_ref().map(Value::to_string),
            application.life,
            application.leader,
            application.workload_version,
            serde_json::to_string(&application.storage)?,
            serde_json::to_string(&application.constraints)?,
            application.force_charm,
            model,
            application.name,
        ],
    )?;
    Ok(())
}

/// Make unit `leader` the leader, or nobody.
pub fn set_leader(db: &Db, model: &str, name: &str, leader: Option<i64>) -> Result<()> {
    db.execute("UPDATE application SET leader = ? WHERE model = ? AND name = ?", params![leader, model, name])?;
    Ok(())
}

/// Set the workload's version, as a unit reports it.
pub fn set_workload_version(db: &Db, model: &str, name: &str, version: &str) -> Result<()> {
    db.execute("UPDATE application SET workload_version = ? WHERE model = ? AND name = ?", [version, model, name])?;
    Ok(())
}

/// The revision for another local charm named `charm`: one more than the highest in the model.
pub fn next_revision(db: &Db, model: &str, charm: &str) -> Result<i64> {
    let sql = "SELECT coalesce(max(revision) + 1, 0) FROM application WHERE model = ? AND charm = ?";
    Ok(db.query_row(sql, [model, charm], |row| row.get(0))?)
}

/// Take the number of the next unit.
pub fn next_unit(db: &Db, model: &str, name: &str) -> Result<i64> {
    Ok(db.query_row(
        "UPDATE application SET next_unit = next_unit + 1 WHERE model = ? AND name = ? RETURNING next_unit - 1",
        [model, name],
        |row| row.get(0),
    )?)
}

pub fn remove(db: &Db, model: &str, name: &str) -> Result<()> {
    db.execute("DELETE FROM application WHERE model = ? AND name = ?", [model, name])?;
    db.execute("DELETE FROM status WHERE model = ? AND kind = 'application' AND entity = ?", [model, name])?;
    Ok(())
}

/// What the leader set with `leader-set`.
pub fn leader_settings(db: &Db, model: &str, name: &str) -> Result<BTreeMap<String, String>> {
    let sql = "SELECT leader_settings FROM application WHERE model = ? AND name = ?";
    let found: Option<String> = db.query_row(sql, [model, name], |row| row.get(0)).optional()?;
    Ok(found.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
}

/// Save what the leader set with `leader-set`.
pub fn set_leader_settings(db: &Db, model: &str, name: &str, settings: &BTreeMap<String, String>) -> Result<()> {
    db.execute(
        "UPDATE application SET leader_settings = ? WHERE model = ? AND name = ?",
        params![serde_json::to_string(settings)?, model, name],
    )?;
    Ok(())
}
