//! Relations across models. Each has a relation in both models. A databag on one side is mirrored on the other, under
//! its owner's name there.

use std::collections::BTreeSet;

use rusqlite::{Row, params};

use super::database::{Db, Result, now};
use super::life::Life;
use super::offer::Offer;
use super::relation::{self, Endpoint, Scope};
use super::saas::Saas;
use crate::random;

/// A relation across models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The UUID of its offer.
    pub offer: String,
    /// The consuming side.
    pub consumer: Side,
    /// The offering side.
    pub offerer: Side,
    /// The networks of the consuming side's traffic, separated by commas; empty if not given.
    pub via: String,
    /// When it was made, in milliseconds since 1970.
    pub since: i64,
}

/// One side of a relation across models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The model's UUID.
    pub model: String,
    /// The relation's ID in that model.
    pub relation: i64,
    /// The application on this side.
    pub application: String,
    /// The name of the other side's application in this model.
    pub remote: String,
}

impl Side {
    /// The name that the owner of a databag here, an application or a unit, has on the other side.
    fn abroad(&self, other: &Side, owner: &str) -> Option<String> {
        let rest = owner.strip_prefix(&self.application)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", other.remote))
    }
}

impl Crossing {
    /// The side with this application of the model, and the other side.
    pub fn of_application(&self, model: &str, application: &str) -> Option<(&Side, &Side)> {
        let sides = [(&self.consumer, &self.offerer), (&self.offerer, &self.consumer)];
        sides.into_iter().find(|(mine, _)| mine.model == model && mine.application == application)
    }

    /// The side with this relation of the model, and the other side.
    fn sides(&self, model: &str, relation: i64) -> Option<(&Side, &Side)> {
        let sides = [(&self.consumer, &self.offerer), (&self.offerer, &self.consumer)];
        sides.into_iter().find(|(mine, _)| mine.model == model && mine.relation == relation)
    }
}

const COLUMNS: &str =
    "offer, model, relation, application, saas, offering_model, offering_relation, offered, proxy, via, since";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Crossing> {
    Ok(Crossing {
        offer: row.get(0)?,
        consumer: Side { model: row.get(1)?, relation: row.get(2)?, application: row.get(3)?, remote: row.get(4)? },
        offerer: Side { model: row.get(5)?, relation: row.get(6)?, application: row.get(7)?, remote: row.get(8)? },
        via: row.get(9)?,
        since: row.get(10)?,
    })
}

/// All cross-model relations of a model.
pub fn of(db: &Db, model: &str) -> Result<Vec<Crossing>> {
    let sql = format!("SELECT {COLUMNS} FROM crossing WHERE model = ?1 OR offering_model = ?1 ORDER BY rowid");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([model], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The relations of an offer, by their IDs in the offering model.
pub fn of_offer(db: &Db, offer: &str) -> Result<Vec<Crossing>> {
    let sql = format!("SELECT {COLUMNS} FROM crossing WHERE offer = ? ORDER BY offering_relation");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([offer], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The two sides of a cross-model relation, this one first; `None` for other relations.
pub fn sides(db: &Db, model: &str, id: i64) -> Result<Option<(Side, Side)>> {
    let all = of(db, model)?;
    let found = all.iter().find_map(|crossing| crossing.sides(model, id));
    Ok(found.map(|(mine, other)| (mine.clone(), other.clone())))
}

/// The networks given for a consuming application's traffic in a relation.
pub fn via(db: &Db, model: &str, id: i64) -> Result<Option<String>> {
    let is_it = |side: &Side| side.model == model && side.relation == id;
    let found = of(db, model)?.into_iter().find(|crossing| is_it(&crossing.consumer));
    Ok(found.map(|crossing| crossing.via).filter(|via| !via.is_empty()))
}

/// This model and all that are related to it, directly or through others; empty if none is.
pub fn models(db: &Db, model: &str) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut left = vec![model.to_owned()];
    while let Some(model) = left.pop() {
        for crossing in of(db, &model)? {
            for side in [crossing.consumer, crossing.offerer] {
                if found.insert(side.model.clone()) {
                    left.push(side.model);
                }
            }
        }
    }
    Ok(found)
}

/// Relate an application to a consumed offer, with a relation in each model.
pub fn add(
    db: &Db,
    model: &str,
    (mine, interface): (&Endpoint, &str),
    (saas, theirs): (&Saas, &Endpoint),
    offer: &Offer,
    via: &str,
) -> Result<()> {
    let is_mine = |side: &Side| side.model == model && side.application == mine.application;
    let known = of(db, model)?.into_iter().find(|crossing| is_mine(&crossing.consumer));
    // Juju 3.6: `registerRemoteRelation` in apiserver/facades/controller/crossmodelrelations/crossmodelrelations.go.
    let new = || format!("remote-{}", random::uuid().replace('-', ""));
    let proxy = known.map_or_else(new, |crossing| crossing.offerer.remote);
    let relation = relation::add(db, model, interface, Scope::Global, &[mine.clone(), theirs.clone()])?;
    let local = Endpoint { application: offer.application.clone(), ..theirs.clone() };
    let remote = Endpoint { application: proxy.clone(), ..mine.clone() };
    let offering = relation::add(db, &offer.model, interface, Scope::Global, &[local, remote])?;
    db.execute(
        &format!("INSERT INTO crossing ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            offer.uuid,
            model,
            relation,
            mine.application,
            saas.name,
            offer.model,
            offering,
            offer.application,
            proxy,
            via,
            now(),
        ],
    )?;
    Ok(())
}

/// Copy the databag of `owner` to the other side, if the relation crosses models.
pub(super) fn mirror(db: &Db, model: &str, id: i64, owner: &str) -> Result<()> {
    let Some((mine, other)) = sides(db, model, id)? else { return Ok(()) };
    let Some(abroad) = mine.abroad(&other, owner) else { return Ok(()) };
    db.execute(
        "INSERT INTO databag (model, relation, owner, settings, version, in_scope) \
             SELECT ?4, ?5, ?6, settings, version, in_scope FROM databag \
             WHERE model = ?1 AND relation = ?2 AND owner = ?3 \
             AND EXISTS (SELECT 1 FROM relation WHERE relation.model = ?4 AND id = ?5) \
         ON CONFLICT DO UPDATE SET settings = excluded.settings, version = excluded.version, in_scope = excluded.in_scope",
        params![model, id, owner, other.model, other.relation, abroad],
    )?;
    // A unit that has left no longer reads secrets of the other model.
    db.execute(
        "DELETE FROM secret_consumer WHERE model = ?1 AND consumer = ?2 AND NOT EXISTS ( \
             SELECT 1 FROM databag WHERE model = ?1 AND owner = ?2 AND in_scope)",
        [other.model, abroad],
    )?;
    Ok(())
}

/// End the other side's relation too, if it crosses models.
pub(super) fn end(db: &Db, model: &str, id: i64) -> Result<()> {
    let Some((_, other)) = sides(db, model, id)? else { return Ok(()) };
    db.execute(
        "UPDATE relation SET life = ? WHERE model = ? AND id = ?",
        params![Life::Dying, other.model, other.relation],
    )?;
    Ok(())
}

/// Suspend a cross-model relation with a reason, or resume it. Only a change on the offering side affects the other
/// side. Juju 3.6: `handleSuspendedRelation` in apiserver/common/crossmodel/crossmodel.go.
pub fn suspend(db: &Db, crossing: &Crossing, model: &str, why: Option<&str>) -> Result<()> {
    let Crossing { consumer, offerer, .. } = crossing;
    if offerer.model != model {
        return relation::suspend(db, &consumer.model, consumer.relation, why);
    }
    relation::suspend(db, &offerer.model, offerer.relation, why)?;
    let there = why.map(|why| if why.is_empty() { "suspending after update from remote model" } else { why });
    relation::suspend(db, &consumer.model, consumer.relation, there)
}

/// End a model's relations with others, because the model is destroyed, whatever its units still have to do.
pub fn sever(db: &Db, model: &str) -> Result<()> {
    for crossing in of(db, model)? {
        for side in [&crossing.consumer, &crossing.offerer].into_iter().filter(|side| side.model == model) {
            abandon(db, model, side.relation)?;
        }
    }
    Ok(())
}

/// Remove one side of a relation at once. On the other side it ends as if this side's units had left it.
pub(super) fn abandon(db: &Db, model: &str, id: i64) -> Result<()> {
    let Some((_, other)) = sides(db, model, id)? else { return Ok(()) };
    end(db, model, id)?;
    db.execute(
        "UPDATE databag SET in_scope = 0 WHERE model = ?1 AND relation = ?2 AND owner LIKE ?3 || '/%'",
        params![other.model, other.relation, other.remote],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::model;
    use super::super::relation::{Role, Settings};
    use super::super::{Store, application, offer, saas, secret};
    use super::*;

    fn endpoint(application: &str, name: &str, role: Role) -> Endpoint {
        Endpoint { application: application.to_owned(), name: name.to_owned(), role }
    }

    /// Two models: `web` in one is related to `pg` in the other, as `sql`.
    fn related() -> (tempfile::TempDir, Store, Crossing) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let db = store.db();
        let model = |name: &str, application: &str| {
            let uuid = model::add(db, name, emulator::JujuVersion::default(), &BTreeMap::new()).unwrap().uuid;
            let sql = "INSERT INTO application (model, name, charm, revision, archive, metadata) \
                       VALUES (?, ?, '', 0, '', 'null')";
            db.execute(sql, [uuid.as_str(), application]).unwrap();
            uuid
        };
        let (here, there) = (model("here", "web"), model("there", "pg"));
        let offer = Offer {
            model: there.clone(),
            name: "data".to_owned(),
            uuid: "the-offer".to_owned(),
            application: "pg".to_owned(),
            endpoints: vec!["db".to_owned()],
        };
        offer::save(db, &offer).unwrap();
        let saas = Saas {
            name: "sql".to_owned(),
            offer: offer.uuid.clone(),
            source: there,
            url: "admin/there.data".to_owned(),
            endpoints: Vec::new(),
            life: Life::Alive,
            since: 0,
            gone: None,
        };
        saas::save(db, &here, &saas).unwrap();
        let (mine, theirs) = (endpoint("web", "store", Role::Requirer), endpoint("sql", "db", Role::Provider));
        add(db, &here, (&mine, "kv"), (&saas, &theirs), &offer, "").unwrap();
        let crossing = of(db, &here).unwrap().remove(0);
        (folder, store, crossing)
    }

    fn settings(text: &str) -> Settings {
        [("key".to_owned(), text.to_owned())].into()
    }

    #[test]
    fn each_model_has_the_relation_under_its_own_names() {
        let (_folder, store, Crossing { consumer, offerer, .. }) = related();
        let key = |side: &Side| relation::find(store.db(), &side.model, side.relation).unwrap().unwrap().key();
        assert_eq!(key(&consumer), "web:store sql:db");
        assert_eq!(key(&offerer), format!("{}:store pg:db", offerer.remote));
        let hex = offerer.remote.strip_prefix("remote-").unwrap();
        assert!(hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hex}");
        let both = BTreeSet::from([consumer.model.clone(), offerer.model.clone()]);
        assert_eq!(models(store.db(), &offerer.model).unwrap(), both);
    }

    #[test]
    fn each_side_reads_the_others_settings() {
        let (_folder, store, Crossing { consumer, offerer, .. }) = related();
        let (db, proxy) = (store.db(), &offerer.remote);
        relation::enter(db, &consumer.model, consumer.relation, "web/3", &settings("a")).unwrap();
        relation::set_settings(db, &offerer.model, offerer.relation, "pg", &settings("b")).unwrap();
        let bag =
            |side: &Side, owner: &str| relation::settings(db, &side.model, side.relation, owner).unwrap().unwrap();
        assert_eq!(bag(&offerer, &format!("{proxy}/3")), (settings("a"), 1));
        assert_eq!(bag(&consumer, "sql"), (settings("b"), 1));
        relation::leave(db, &consumer.model, consumer.relation, "web/3").unwrap();
        assert_eq!(relation::members(db, &offerer.model, offerer.relation).unwrap(), BTreeMap::new());
    }

    #[test]
    fn a_relation_that_ends_on_one_side_is_gone_when_the_last_unit_of_either_has_left() {
        let (_folder, store, Crossing { consumer, offerer, .. }) = related();
        let db = store.db();
        let there = |side: &Side| relation::find(db, &side.model, side.relation).unwrap().map(|found| found.life);
        relation::enter(db, &consumer.model, consumer.relation, "web/0", &Settings::new()).unwrap();
        relation::enter(db, &offerer.model, offerer.relation, "pg/0", &Settings::new()).unwrap();
        relation::end(db, &consumer.model, consumer.relation).unwrap();
        assert_eq!([there(&consumer), there(&offerer)], [Some(Life::Dying); 2]);
        application::remove(db, &consumer.model, "web").unwrap();
        relation::leave_all(db, &consumer.model, "web/0").unwrap();
        assert_eq!([there(&consumer), there(&offerer)], [Some(Life::Dying); 2], "pg/0 is still in it");
        relation::leave(db, &offerer.model, offerer.relation, "pg/0").unwrap();
        assert_eq!([there(&consumer), there(&offerer)], [None, None]);
        assert_eq!(of(db, &consumer.model).unwrap(), []);
    }

    #[test]
    fn a_destroyed_model_leaves_its_relations_with_others() {
        for gone in ["here", "there"] {
            let (_folder, store, Crossing { consumer, offerer, .. }) = related();
            let db = store.db();
            relation::enter(db, &consumer.model, consumer.relation, "web/0", &Settings::new()).unwrap();
            relation::enter(db, &offerer.model, offerer.relation, "pg/0", &Settings::new()).unwrap();
            let (goes, stays, unit) =
                if gone == "here" { (consumer, offerer, "pg/0") } else { (offerer, consumer, "web/0") };
            sever(db, &goes.model).unwrap();
            model::remove(db, &goes.model).unwrap();
            let left: Vec<String> = relation::members(db, &stays.model, stays.relation).unwrap().into_keys().collect();
            assert_eq!(left, [unit]);
            relation::leave(db, &stays.model, stays.relation, unit).unwrap();
            assert_eq!(relation::all(db, &stays.model).unwrap(), []);
        }
    }

    #[test]
    fn a_unit_that_left_no_longer_reads_secrets_there() {
        let (_folder, store, Crossing { consumer, offerer, .. }) = related();
        let (db, reader) = (store.db(), format!("{}/0", offerer.remote));
        relation::enter(db, &consumer.model, consumer.relation, "web/0", &Settings::new()).unwrap();
        let mut password = secret::Secret::new("password", "pg");
        let revision = secret::Revision { content: secret::Content::default(), created: 0, expires: None };
        password.revisions.insert(1, revision);
        password.consumers.insert(reader.clone(), (1, String::new()));
        secret::save(db, &offerer.model, &password).unwrap();
        let readers = || secret::find(db, &offerer.model, "password").unwrap().unwrap().consumers;
        relation::set_settings(db, &consumer.model, consumer.relation, "web/0", &settings("x")).unwrap();
        assert!(readers().contains_key(&reader));
        relation::leave(db, &consumer.model, consumer.relation, "web/0").unwrap();
        assert!(readers().is_empty());
    }
}
