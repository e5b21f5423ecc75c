//! Relations, their endpoints and databags.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, params};

use super::cross_model::{self, CrossModelRelation, Side};
use super::database::{Db, Result, now};
use super::endpoint::{Endpoint, Role};
use super::life::Life;
use super::model::{self, Counter};
use super::offer::Offer;
use super::saas::{self, Saas};
use super::secret;
use super::string_enum::string_enum;
use crate::random;

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

string_enum! {
    /// Which units a relation connects.
    pub enum Scope("relation scope") {
        /// All units of its applications.
        Global = "global",
        /// Units on one machine: a principal and its subordinate.
        Container = "container",
    }
}

/// The content of a databag.
pub type Databag = BTreeMap<String, String>;

impl Relation {
    pub fn is_peer(&self) -> bool {
        self.endpoints.len() == 1
    }

    /// The endpoint of an application, with the given name if one is given.
    pub fn endpoint(&self, application: &str, name: Option<&str>) -> Option<&Endpoint> {
        let is_it =
            |endpoint: &&Endpoint| endpoint.application == application && name.is_none_or(|name| endpoint.name == name);
        self.endpoints.iter().find(is_it)
    }

    /// The endpoint on the other side; `None` for a peer relation.
    pub fn related_endpoint(&self, endpoint: &Endpoint) -> Option<&Endpoint> {
        self.endpoints.iter().find(|other| *other != endpoint)
    }

    /// Its key: `APPLICATION:ENDPOINT APPLICATION:ENDPOINT`, the requirer first.
    pub fn key(&self) -> String {
        let mut endpoints: Vec<&Endpoint> = self.endpoints.iter().collect();
        endpoints.sort_by_key(|endpoint| (endpoint.role != Role::Requirer, endpoint.application.clone()));
        let names: Vec<String> =
            endpoints.iter().map(|endpoint| format!("{}:{}", endpoint.application, endpoint.name)).collect();
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

pub fn of_application(db: &Db, model: &str, application: &str) -> Result<Vec<Relation>> {
    Ok(all(db, model)?.into_iter().filter(|relation| relation.endpoint(application, None).is_some()).collect())
}

/// Add a relation, with an empty databag for each application.
pub fn add(db: &Db, model: &str, interface: &str, scope: Scope, endpoints: &[Endpoint]) -> Result<i64> {
    let id = model::next_number(db, model, Counter::Relation)?;
    db.execute(
        "INSERT INTO relation (model, id, interface, scope) VALUES (?, ?, ?, ?)",
        params![model, id, interface, scope],
    )?;
    for endpoint in endpoints {
        db.execute(
            "INSERT INTO endpoint (model, relation, application, name, role) VALUES (?, ?, ?, ?, ?)",
            params![model, id, endpoint.application, endpoint.name, endpoint.role],
        )?;
        db.execute(
            "INSERT OR IGNORE INTO databag (model, relation, owner) VALUES (?, ?, ?)",
            params![model, id, endpoint.application],
        )?;
    }
    Ok(id)
}

/// Relate an application to a consumed offer, with a relation in each model.
pub fn add_cross_model(
    db: &Db,
    model: &str,
    (local, interface): (&Endpoint, &str),
    (saas, remote): (&Saas, &Endpoint),
    offer: &Offer,
    egress_subnets: &str,
) -> Result<()> {
    let known = cross_model::all(db, model)?
        .into_iter()
        .find(|relation| relation.consumer.is_application(model, &local.application));
    // Juju 3.6: `registerRemoteRelation` in apiserver/facades/controller/crossmodelrelations/crossmodelrelations.go.
    let new_proxy = || format!("remote-{}", random::uuid().replace('-', ""));
    let proxy = known.map_or_else(new_proxy, |relation| relation.offerer.remote_application);
    let consuming = [local.clone(), remote.clone()];
    let offering = [
        Endpoint { application: offer.application.clone(), ..remote.clone() },
        Endpoint { application: proxy.clone(), ..local.clone() },
    ];
    let relation = CrossModelRelation {
        offer_uuid: offer.uuid.clone(),
        consumer: Side {
            model: model.to_owned(),
            relation: add(db, model, interface, Scope::Global, &consuming)?,
            application: local.application.clone(),
            remote_application: saas.name.clone(),
        },
        offerer: Side {
            model: offer.model.clone(),
            relation: add(db, &offer.model, interface, Scope::Global, &offering)?,
            application: offer.application.clone(),
            remote_application: proxy,
        },
        egress_subnets: egress_subnets.to_owned(),
        since: now(),
    };
    cross_model::insert(db, &relation)
}

/// The databag of `owner`, and its version.
pub fn databag(db: &Db, model: &str, id: i64, owner: &str) -> Result<Option<(Databag, i64)>> {
    let sql = "SELECT settings, version FROM databag WHERE model = ? AND relation = ? AND owner = ?";
    let found: Option<(String, i64)> = db
        .prepare_cached(sql)?
        .query_row(params![model, id, owner], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((content, version)) = found else { return Ok(None) };
    Ok(Some((serde_json::from_str(&content)?, version)))
}

/// Set the databag of `owner`, and increase its version.
pub fn set_databag(db: &Db, model: &str, id: i64, owner: &str, databag: &Databag) -> Result<()> {
    db.execute(
        "UPDATE databag SET settings = ?, version = version + 1 WHERE model = ? AND relation = ? AND owner = ?",
        params![serde_json::to_string(databag)?, model, id, owner],
    )?;
    cross_model::mirror_databag(db, model, id, owner)
}

/// Let a unit enter a relation's scope, with a databag of what Juju sets. A databag from an earlier stay in the scope
/// is dropped.
pub fn enter_scope(db: &Db, model: &str, id: i64, unit: &str, databag: &Databag) -> Result<()> {
    db.execute(
        "INSERT INTO databag (model, relation, owner, settings, version) VALUES (?, ?, ?, ?, 1) \
         ON CONFLICT DO UPDATE SET in_scope = 1, settings = CASE in_scope WHEN 1 THEN settings ELSE excluded.settings END, \
             version = version + (in_scope = 0)",
        params![model, id, unit, serde_json::to_string(databag)?],
    )?;
    cross_model::mirror_databag(db, model, id, unit)
}

/// Let a unit leave a relation's scope. Its databag stays readable while the relation exists.
pub fn leave_scope(db: &Db, model: &str, id: i64, unit: &str) -> Result<()> {
    db.execute(
        "UPDATE databag SET in_scope = 0 WHERE model = ? AND relation = ? AND owner = ?",
        params![model, id, unit],
    )?;
    cross_model::mirror_databag(db, model, id, unit)?;
    remove_dead(db, model)
}

/// Let a removed unit leave the scope of all its relations.
pub fn leave_all_scopes(db: &Db, model: &str, unit: &str) -> Result<()> {
    let sql = "UPDATE databag SET in_scope = 0 WHERE model = ? AND owner = ? AND in_scope RETURNING relation";
    let mut statement = db.prepare_cached(sql)?;
    let relations = statement.query_map([model, unit], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    for id in relations {
        cross_model::mirror_databag(db, model, id, unit)?;
    }
    remove_dead(db, model)
}

/// The units in a relation's scope, by name, with their databags' versions.
pub fn members(db: &Db, model: &str, id: i64) -> Result<BTreeMap<String, i64>> {
    let sql = "SELECT owner, version FROM databag \
               WHERE model = ? AND relation = ? AND in_scope AND owner LIKE '%/%' ORDER BY owner";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![model, id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All databags of a relation: owner, content, whether in scope.
pub fn databags(db: &Db, model: &str, id: i64) -> Result<Vec<(String, Databag, bool)>> {
    let sql = "SELECT owner, settings, in_scope FROM databag WHERE model = ? AND relation = ? ORDER BY owner";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![model, id])?;
    let mut databags = Vec::new();
    while let Some(row) = rows.next()? {
        let content: String = row.get(1)?;
        databags.push((row.get(0)?, serde_json::from_str(&content)?, row.get(2)?));
    }
    Ok(databags)
}

/// End a relation: its units depart and leave, then it is removed.
pub fn end(db: &Db, model: &str, id: i64) -> Result<()> {
    db.execute("UPDATE relation SET life = ? WHERE model = ? AND id = ?", params![Life::Dying, model, id])?;
    cross_model::end_other_side(db, model, id)?;
    remove_dead(db, model)
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
pub fn suspend(db: &Db, model: &str, id: i64, reason: Option<&str>) -> Result<()> {
    db.execute("UPDATE relation SET suspended = ? WHERE model = ? AND id = ?", params![reason, model, id])?;
    Ok(())
}

/// Suspend a cross-model relation with a reason, or resume it. Only a change on the offering side affects the other
/// side. Juju 3.6: `handleSuspendedRelation` in apiserver/common/crossmodel/crossmodel.go.
pub fn suspend_cross_model(db: &Db, model: &str, relation: &CrossModelRelation, reason: Option<&str>) -> Result<()> {
    let CrossModelRelation { consumer, offerer, .. } = relation;
    if offerer.model != model {
        return suspend(db, &consumer.model, consumer.relation, reason);
    }
    suspend(db, &offerer.model, offerer.relation, reason)?;
    let remote_reason =
        reason.map(|reason| if reason.is_empty() { "suspending after update from remote model" } else { reason });
    suspend(db, &consumer.model, consumer.relation, remote_reason)
}

/// Remove a relation at once, without hooks.
pub fn remove(db: &Db, model: &str, id: i64) -> Result<()> {
    cross_model::disconnect(db, model, id)?;
    db.execute("DELETE FROM relation WHERE model = ? AND id = ?", params![model, id])?;
    secret::remove_stale_grants(db)
}

/// End all relations of an application, except its peer relation, which goes with the last unit.
pub fn end_all(db: &Db, model: &str, application: &str) -> Result<()> {
    for relation in of_application(db, model, application)?.iter().filter(|relation| !relation.is_peer()) {
        end(db, model, relation.id)?;
    }
    remove_dead(db, model)
}

/// Remove relations that ended and have no unit in scope, on either side of a cross-model relation. Also remove peer
/// relations of removed applications.
pub fn remove_dead(db: &Db, model: &str) -> Result<()> {
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
             SELECT 1 FROM cross_model_relation AS cross_model \
             WHERE (cross_model.model, cross_model.relation) = (relation.model, relation.id) \
                OR (offering_model, offering_relation) = (relation.model, relation.id))",
        [model],
    )?;
    // Grants for a relation are removed with it.
    secret::remove_stale_grants(db)?;
    saas::remove_dead(db)
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
        let endpoints = [endpoint("a", "db", Role::Requirer), endpoint("b", "data", Role::Provider)];
        let id = add(db, &model, "pg", Scope::Global, &endpoints).unwrap();
        enter_scope(db, &model, id, "a/0", &Databag::new()).unwrap();
        enter_scope(db, &model, id, "b/0", &Databag::new()).unwrap();
        set_databag(db, &model, id, "a/0", &[("k".to_owned(), "v".to_owned())].into()).unwrap();
        assert_eq!(members(db, &model, id).unwrap(), [("a/0".to_owned(), 2), ("b/0".to_owned(), 1)].into());
        end(db, &model, id).unwrap();
        leave_scope(db, &model, id, "a/0").unwrap();
        assert_eq!(find(db, &model, id).unwrap().unwrap().key(), "a:db b:data");
        assert_eq!(databag(db, &model, id, "a/0").unwrap().unwrap().0["k"], "v");
        leave_scope(db, &model, id, "b/0").unwrap();
        assert_eq!(find(db, &model, id).unwrap(), None);
    }

    #[test]
    fn an_unknown_life_in_the_database_is_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let sql = "INSERT INTO model (uuid, name, created) VALUES ('m', 'demo', 0);
            INSERT INTO relation (model, id, life, interface, scope) VALUES ('m', 1, 'undead', 'http', 'global');";
        store.db().execute_batch(sql).unwrap();
        let error = all(store.db(), "m").unwrap_err();
        assert_eq!(error.to_string(), r#"minijuju's database holds something unreadable: unknown life "undead""#);
    }
}
