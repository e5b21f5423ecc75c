//! Relations, their endpoints and databags.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, params};

use super::crossing;
use super::database::{Db, Result};
use super::life::Life;
use super::model::{self, Counter};
use super::word::words;

#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    pub id: i64,
    pub life: Life,
    pub interface: String,
    /// The units that it connects.
    pub scope: Scope,
    /// The reason, perhaps empty, if it is suspended.
    pub suspended: Option<String>,
    /// Its two sides; only one for a peer relation.
    pub endpoints: Vec<Endpoint>,
}

words! {
    /// Which units a relation connects.
    pub enum Scope("relation scope") {
        /// All units of its applications.
        Global = "global",
        /// Units on one machine: a principal and its subordinate.
        Container = "container",
    }
}

words! {
    /// The role of an endpoint in a relation.
    pub enum Role("relation role") {
        Provider = "provider",
        Requirer = "requirer",
        Peer = "peer",
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub application: String,
    /// The endpoint's name in its charm.
    pub name: String,
    pub role: Role,
}

/// The content of a databag.
pub type Settings = BTreeMap<String, String>;

impl Relation {
    pub fn is_peer(&self) -> bool {
        self.endpoints.len() == 1
    }

    /// The side of an application, at the given endpoint if one is given.
    pub fn side(&self, application: &str, name: Option<&str>) -> Option<&Endpoint> {
        self.endpoints.iter().find(|side| side.application == application && name.is_none_or(|name| side.name == name))
    }

    pub fn other(&self, side: &Endpoint) -> Option<&Endpoint> {
        self.endpoints.iter().find(|other| *other != side)
    }

    /// Its key: `APPLICATION:ENDPOINT APPLICATION:ENDPOINT`, the requirer first.
    pub fn key(&self) -> String {
        let mut sides: Vec<&Endpoint> = self.endpoints.iter().collect();
        sides.sort_by_key(|side| (side.role != Role::Requirer, side.application.clone()));
        let names: Vec<String> = sides.iter().map(|side| format!("{}:{}", side.application, side.name)).collect();
        names.join(" ")
    }
}

pub fn all(db: &Db, model: &str) -> Result<Vec<Relation>> {
    let mut statement =
        db.prepare_cached("SELECT id, life, interface, scope, suspended FROM relation WHERE model = ? ORDER BY id")?;
    let mut relations = statement
        .query_map([model], |row| {
            Ok(Relation {
                id: row.get(0)?,
                life: row.get(1)?,
                interface: row.get(2)?,
                scope: row.get(3)?,
                suspended: row.get(4)?,
                endpoints: Vec::new(),
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut statement = db.prepare_cached(
        "SELECT relation, application, name, role FROM endpoint WHERE model = ? ORDER BY relation, application, name",
    )?;
    let mut rows = statement.query([model])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if let Some(relation) = relations.iter_mut().find(|relation| relation.id == id) {
            relation.endpoints.push(Endpoint { application: row.get(1)?, name: row.get(2)?, role: row.get(3)? });
        }
    }
    Ok(relations)
}

pub fn find(db: &Db, model: &str, id: i64) -> Result<Option<Relation>> {
    Ok(all(db, model)?.into_iter().find(|relation| relation.id == id))
}

pub fn of(db: &Db, model: &str, application: &str) -> Result<Vec<Relation>> {
    Ok(all(db, model)?.into_iter().filter(|relation| relation.side(application, None).is_some()).collect())
}

/// Add a relation, with an empty databag for each application.
pub fn add(db: &Db, model: &str, interface: &str, scope: Scope, endpoints: &[Endpoint]) -> Result<i64> {
    let id = model::next(db, model, Counter::Relation)?;
    db.execute(
        "INSERT INTO relation (model, id, interface, scope) VALUES (?, ?, ?, ?)",
        params![model, id, interface, scope],
    )?;
    for side in endpoints {
        db.execute(
            "INSERT INTO endpoint (model, relation, application, name, role) VALUES (?, ?, ?, ?, ?)",
            params![model, id, side.application, side.name, side.role],
        )?;
        db.execute(
            "INSERT OR IGNORE INTO databag (model, relation, owner) VALUES (?, ?, ?)",
            params![model, id, side.application],
        )?;
    }
    Ok(id)
}

/// The databag of `owner`, and its version.
pub fn settings(db: &Db, model: &str, id: i64, owner: &str) -> Result<Option<(Settings, i64)>> {
    let sql = "SELECT settings, version FROM databag WHERE model = ? AND relation = ? AND owner = ?";
    let found: Option<(String, i64)> = db
        .prepare_cached(sql)?
        .query_row(params![model, id, owner], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((settings, version)) = found else { return Ok(None) };
    Ok(Some((serde_json::from_str(&settings)?, version)))
}

/// Set the databag of `owner`, and increase its version.
pub fn set_settings(db: &Db, model: &str, id: i64, owner: &str, settings: &Settings) -> Result<()> {
    db.execute(
        "UPDATE databag SET settings = ?, version = version + 1 WHERE model = ? AND relation = ? AND owner = ?",
        params![serde_json::to_string(settings)?, model, id, owner],
    )?;
    crossing::mirror(db, model, id, owner)
}

/// Let a unit enter a relation's scope, with Juju's settings in its databag. Settings from an earlier stay in the
/// scope are dropped.
pub fn enter(db: &Db, model: &str, id: i64, unit: &str, settings: &Settings) -> Result<()> {
    db.execute(
        "INSERT INTO databag (model, relation, owner, settings, version) VALUES (?, ?, ?, ?, 1) \
         ON CONFLICT DO UPDATE SET in_scope = 1, settings = CASE in_scope WHEN 1 THEN settings ELSE excluded.settings END, \
             version = version + (in_scope = 0)",
        params![model, id, unit, serde_json::to_string(settings)?],
    )?;
    crossing::mirror(db, model, id, unit)
}

/// Let a unit leave a relation's scope. Its databag stays readable while the relation exists.
pub fn leave(db: &Db, model: &str, id: i64, unit: &str) -> Result<()> {
    db.execute(
        "UPDATE databag SET in_scope = 0 WHERE model = ? AND relation = ? AND owner = ?",
        params![model, id, unit],
    )?;
    crossing::mirror(db, model, id, unit)?;
    sweep(db, model)
}

/// Let a removed unit leave the scope of all its relations.
pub fn leave_all(db: &Db, model: &str, unit: &str) -> Result<()> {
    let sql = "UPDATE databag SET in_scope = 0 WHERE model = ? AND owner = ? AND in_scope RETURNING relation";
    let mut statement = db.prepare_cached(sql)?;
    let left = statement.query_map([model, unit], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    for id in left {
        crossing::mirror(db, model, id, unit)?;
    }
    sweep(db, model)
}

/// The units in a relation's scope, by name, with their databags' versions.
pub fn members(db: &Db, model: &str, id: i64) -> Result<BTreeMap<String, i64>> {
    let sql = "SELECT owner, version FROM databag \
               WHERE model = ? AND relation = ? AND in_scope AND owner LIKE '%/%' ORDER BY owner";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![model, id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All databags of a relation: owner, settings, whether in scope.
pub fn databags(db: &Db, model: &str, id: i64) -> Result<Vec<(String, Settings, bool)>> {
    let sql = "SELECT owner, settings, in_scope FROM databag WHERE model = ? AND relation = ? ORDER BY owner";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![model, id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let settings: String = row.get(1)?;
        found.push((row.get(0)?, serde_json::from_str(&settings)?, row.get(2)?));
    }
    Ok(found)
}

/// End a relation: its units depart and leave, then it is removed.
pub fn end(db: &Db, model: &str, id: i64) -> Result<()> {
    db.execute("UPDATE relation SET life = ? WHERE model = ? AND id = ?", params![Life::Dying, model, id])?;
    crossing::end(db, model, id)?;
    sweep(db, model)
}

/// The relation's status in Juju's words, and the reason.
pub fn status(db: &Db, model: &str, relation: &Relation) -> Result<(&'static str, String)> {
    let joined = !members(db, model, relation.id)?.is_empty();
    let word = match (&relation.suspended, joined) {
        (None, true) => "joined",
        (None, false) => "joining",
        // First its units run their hooks.
        (Some(_), true) => "suspending",
        (Some(_), false) => "suspended",
    };
    Ok((word, relation.suspended.clone().unwrap_or_default()))
}

/// Suspend a relation with a reason, or resume it.
pub fn suspend(db: &Db, model: &str, id: i64, why: Option<&str>) -> Result<()> {
    db.execute("UPDATE relation SET suspended = ? WHERE model = ? AND id = ?", params![why, model, id])?;
    Ok(())
}

/// Remove a relation at once, without hooks.
pub fn remove(db: &Db, model: &str, id: i64) -> Result<()> {
    crossing::abandon(db, model, id)?;
    db.execute("DELETE FROM relation WHERE model = ? AND id = ?", params![model, id])?;
    super::secret::sweep(db)
}

/// End all relations of an application, except its peer relation, which goes with the last unit.
pub fn end_all(db: &Db, model: &str, application: &str) -> Result<()> {
    for relation in of(db, model, application)?.iter().filter(|relation| !relation.is_peer()) {
        end(db, model, relation.id)?;
    }
    sweep(db, model)
}

/// Remove relations that ended and have no unit in scope, on either side if they cross models. Also remove peer
/// relations of removed applications.
pub fn sweep(db: &Db, model: &str) -> Result<()> {
    db.execute(
        "DELETE FROM relation WHERE life = ? AND NOT EXISTS ( \
             SELECT 1 FROM databag \
             WHERE databag.model = relation.model AND relation = relation.id AND in_scope AND owner LIKE '%/%')",
        [Life::Dying],
    )?;
    db.execute(
        "DELETE FROM relation WHERE model = ?1 AND EXISTS ( \
             SELECT 1 FROM endpoint WHERE endpoint.model = ?1 AND relation = relation.id AND NOT EXISTS ( \
                 SELECT 1 FROM application WHERE application.model = ?1 AND name = endpoint.application)) \
         AND NOT EXISTS ( \
             SELECT 1 FROM crossing \
             WHERE (crossing.model, crossing.relation) = (relation.model, relation.id) \
                OR (offering_model, offering_relation) = (relation.model, relation.id))",
        [model],
    )?;
    // Grants for a relation are removed with it.
    super::secret::sweep(db)?;
    super::saas::sweep(db)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn endpoint(application: &str, name: &str, role: Role) -> Endpoint {
        Endpoint { application: application.to_owned(), name: name.to_owned(), role }
    }

    #[test]
    fn a_relation_that_ended_stays_until_its_last_unit_has_left() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let db = store.db();
        let model = super::model::add(db, "m", emulator::JujuVersion::default(), &BTreeMap::new()).unwrap().uuid;
        for name in ["a", "b"] {
            db.execute(
                "INSERT INTO application (model, name, charm, revision, archive, metadata) VALUES (?, ?, '', 0, '', 'null')",
                [model.as_str(), name],
            )
            .unwrap();
        }
        let sides = [endpoint("a", "db", Role::Requirer), endpoint("b", "data", Role::Provider)];
        let id = add(db, &model, "pg", Scope::Global, &sides).unwrap();
        enter(db, &model, id, "a/0", &Settings::new()).unwrap();
        enter(db, &model, id, "b/0", &Settings::new()).unwrap();
        set_settings(db, &model, id, "a/0", &[("k".to_owned(), "v".to_owned())].into()).unwrap();
        assert_eq!(members(db, &model, id).unwrap(), [("a/0".to_owned(), 2), ("b/0".to_owned(), 1)].into());
        end(db, &model, id).unwrap();
        leave(db, &model, id, "a/0").unwrap();
        assert_eq!(find(db, &model, id).unwrap().unwrap().key(), "a:db b:data");
        assert_eq!(settings(db, &model, id, "a/0").unwrap().unwrap().0["k"], "v");
        leave(db, &model, id, "b/0").unwrap();
        assert_eq!(find(db, &model, id).unwrap(), None);
    }
}
