//! Cross-model relations. Each is one relation in the consuming model and one in the offering model. A databag on one
//! side is mirrored on the other, under the name that its owner has there.

use std::collections::BTreeSet;

use rusqlite::{Row, params};

use super::database::{Db, Result};
use super::life::Life;

/// A cross-model relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossModelRelation {
    /// The UUID of its offer.
    pub offer_uuid: String,
    /// The consuming side.
    pub consumer: Side,
    /// The offering side.
    pub offerer: Side,
    /// The networks of the consuming side's traffic, separated by commas; empty if not given.
    pub egress_subnets: String,
    /// When it was added, in milliseconds since 1970.
    pub since: i64,
}

/// One side of a cross-model relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The model's UUID.
    pub model: String,
    /// The relation's ID in that model.
    pub relation: i64,
    /// The application on this side.
    pub application: String,
    /// The name of the other side's application in this model.
    pub remote_application: String,
}

impl Side {
    /// Whether it is this relation of the model.
    pub fn is_relation(&self, model: &str, id: i64) -> bool {
        self.model == model && self.relation == id
    }

    /// Whether it is this application of the model.
    pub fn is_application(&self, model: &str, application: &str) -> bool {
        self.model == model && self.application == application
    }
}

impl CrossModelRelation {
    /// The side with this application of the model, and the other side.
    pub fn sides_of_application(&self, model: &str, application: &str) -> Option<(&Side, &Side)> {
        self.sides_where(|side| side.is_application(model, application))
    }

    /// The side with this relation of the model, and the other side.
    fn sides_of_relation(&self, model: &str, id: i64) -> Option<(&Side, &Side)> {
        self.sides_where(|side| side.is_relation(model, id))
    }

    fn sides_where(&self, is_local: impl Fn(&Side) -> bool) -> Option<(&Side, &Side)> {
        let sides = [(&self.consumer, &self.offerer), (&self.offerer, &self.consumer)];
        sides.into_iter().find(|(local, _)| is_local(local))
    }
}

const COLUMNS: &str = "offer, model, relation, application, saas, offering_model, offering_relation, \
                       offering_application, consuming_proxy, egress_subnets, since";

fn from_row(row: &Row<'_>) -> rusqlite::Result<CrossModelRelation> {
    let side = |first: usize| -> rusqlite::Result<Side> {
        Ok(Side {
            model: row.get(first)?,
            relation: row.get(first + 1)?,
            application: row.get(first + 2)?,
            remote_application: row.get(first + 3)?,
        })
    };
    Ok(CrossModelRelation {
        offer_uuid: row.get(0)?,
        consumer: side(1)?,
        offerer: side(5)?,
        egress_subnets: row.get(9)?,
        since: row.get(10)?,
    })
}

/// All cross-model relations of a model, consuming and offering.
pub fn all(db: &Db, model: &str) -> Result<Vec<CrossModelRelation>> {
    let sql =
        format!("SELECT {COLUMNS} FROM cross_model_relation WHERE model = ?1 OR offering_model = ?1 ORDER BY rowid");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([model], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The relations of an offer, by their IDs in the offering model.
pub fn of_offer(db: &Db, offer_uuid: &str) -> Result<Vec<CrossModelRelation>> {
    let sql = format!("SELECT {COLUMNS} FROM cross_model_relation WHERE offer = ? ORDER BY offering_relation");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([offer_uuid], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The two sides of a cross-model relation, this model's first; `None` for other relations.
pub fn sides(db: &Db, model: &str, id: i64) -> Result<Option<(Side, Side)>> {
    let all = all(db, model)?;
    let sides = all.iter().find_map(|relation| relation.sides_of_relation(model, id));
    Ok(sides.map(|(local, other)| (local.clone(), other.clone())))
}

/// The networks that were given for a consuming application's traffic in a relation.
pub fn egress_subnets(db: &Db, model: &str, id: i64) -> Result<Option<String>> {
    let found = all(db, model)?.into_iter().find(|relation| relation.consumer.is_relation(model, id));
    Ok(found.map(|relation| relation.egress_subnets).filter(|subnets| !subnets.is_empty()))
}

/// This model and all that are related to it, directly or through others; empty if none is.
pub fn related_models(db: &Db, model: &str) -> Result<BTreeSet<String>> {
    let mut models = BTreeSet::new();
    let mut queue = vec![model.to_owned()];
    while let Some(model) = queue.pop() {
        for relation in all(db, &model)? {
            for side in [relation.consumer, relation.offerer] {
                if models.insert(side.model.clone()) {
                    queue.push(side.model);
                }
            }
        }
    }
    Ok(models)
}

/// Record that two relations are the sides of a cross-model relation.
pub(super) fn insert(db: &Db, relation: &CrossModelRelation) -> Result<()> {
    let CrossModelRelation { offer_uuid, consumer, offerer, egress_subnets, since } = relation;
    db.execute(
        &format!("INSERT INTO cross_model_relation ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            offer_uuid,
            consumer.model,
            consumer.relation,
            consumer.application,
            consumer.remote_application,
            offerer.model,
            offerer.relation,
            offerer.application,
            offerer.remote_application,
            egress_subnets,
            since,
        ],
    )?;
    Ok(())
}

/// The name that the owner of a databag on the local side, an application or a unit, has on the other side.
fn remote_owner(local: &Side, other: &Side, owner: &str) -> Option<String> {
    let rest = owner.strip_prefix(&local.application)?;
    (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", other.remote_application))
}

/// Copy the databag of `owner` to the other side of a cross-model relation.
pub(super) fn mirror_databag(db: &Db, model: &str, id: i64, owner: &str) -> Result<()> {
    let Some((local, other)) = sides(db, model, id)? else { return Ok(()) };
    let Some(remote_owner) = remote_owner(&local, &other, owner) else { return Ok(()) };
    db.execute(
        "INSERT INTO databag (model, relation, owner, settings, version, in_scope) \
             SELECT ?4, ?5, ?6, settings, version, in_scope FROM databag \
             WHERE model = ?1 AND relation = ?2 AND owner = ?3 \
             AND EXISTS (SELECT 1 FROM relation WHERE relation.model = ?4 AND id = ?5) \
         ON CONFLICT DO UPDATE SET settings = excluded.settings, version = excluded.version, in_scope = excluded.in_scope",
        params![model, id, owner, other.model, other.relation, remote_owner],
    )?;
    // A unit that has left no longer reads secrets of the other model.
    db.execute(
        "DELETE FROM secret_consumer WHERE model = ?1 AND consumer = ?2 AND NOT EXISTS ( \
             SELECT 1 FROM databag WHERE model = ?1 AND owner = ?2 AND in_scope)",
        [other.model, remote_owner],
    )?;
    Ok(())
}

/// End the relation on the other side of a cross-model relation.
pub(super) fn end_other_side(db: &Db, model: &str, id: i64) -> Result<()> {
    let Some((_, other)) = sides(db, model, id)? else { return Ok(()) };
    db.execute(
        "UPDATE relation SET life = ? WHERE model = ? AND id = ?",
        params![Life::Dying, other.model, other.relation],
    )?;
    Ok(())
}

/// End the other side as if this side's units had left, because this side is removed at once.
pub(super) fn disconnect(db: &Db, model: &str, id: i64) -> Result<()> {
    let Some((_, other)) = sides(db, model, id)? else { return Ok(()) };
    end_other_side(db, model, id)?;
    db.execute(
        "UPDATE databag SET in_scope = 0 WHERE model = ?1 AND relation = ?2 AND owner LIKE ?3 || '/%'",
        params![other.model, other.relation, other.remote_application],
    )?;
    Ok(())
}

/// Disconnect a model from all others, because it is destroyed, whatever its units still have to do.
pub fn disconnect_model(db: &Db, model: &str) -> Result<()> {
    for relation in all(db, model)? {
        for side in [&relation.consumer, &relation.offerer].into_iter().filter(|side| side.model == model) {
            disconnect(db, model, side.relation)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::endpoint::{Endpoint, Role};
    use super::super::offer::{self, Offer};
    use super::super::relation::{self, Databag};
    use super::super::saas::{self, Saas};
    use super::super::{Store, application, model, secret};
    use super::*;

    fn endpoint(application: &str, name: &str, role: Role) -> Endpoint {
        Endpoint { application: application.to_owned(), name: name.to_owned(), role }
    }

    /// Two models: `web` in one is related to `pg` in the other, as `sql`.
    fn related() -> (tempfile::TempDir, Store, CrossModelRelation) {
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
            offer_uuid: offer.uuid.clone(),
            source_model: there,
            url: "admin/there.data".to_owned(),
            endpoints: Vec::new(),
            life: Life::Alive,
            since: 0,
            terminated: None,
        };
        saas::save(db, &here, &saas).unwrap();
        let (local, remote) = (endpoint("web", "store", Role::Requirer), endpoint("sql", "db", Role::Provider));
        relation::add_cross_model(db, &here, (&local, "kv"), (&saas, &remote), &offer, "").unwrap();
        let relation = all(db, &here).unwrap().remove(0);
        (folder, store, relation)
    }

    fn databag(text: &str) -> Databag {
        [("key".to_owned(), text.to_owned())].into()
    }

    #[test]
    fn each_model_has_the_relation_under_its_own_names() {
        let (_folder, store, CrossModelRelation { consumer, offerer, .. }) = related();
        let key = |side: &Side| relation::find(store.db(), &side.model, side.relation).unwrap().unwrap().key();
        assert_eq!(key(&consumer), "web:store sql:db");
        assert_eq!(key(&offerer), format!("{}:store pg:db", offerer.remote_application));
        let hex = offerer.remote_application.strip_prefix("remote-").unwrap();
        assert!(hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hex}");
        let both = BTreeSet::from([consumer.model.clone(), offerer.model.clone()]);
        assert_eq!(related_models(store.db(), &offerer.model).unwrap(), both);
    }

    #[test]
    fn each_side_reads_the_others_databags() {
        let (_folder, store, CrossModelRelation { consumer, offerer, .. }) = related();
        let (db, proxy) = (store.db(), &offerer.remote_application);
        relation::enter_scope(db, &consumer.model, consumer.relation, "web/3", &databag("a")).unwrap();
        relation::set_databag(db, &offerer.model, offerer.relation, "pg", &databag("b")).unwrap();
        let bag = |side: &Side, owner: &str| relation::databag(db, &side.model, side.relation, owner).unwrap().unwrap();
        assert_eq!(bag(&offerer, &format!("{proxy}/3")), (databag("a"), 1));
        assert_eq!(bag(&consumer, "sql"), (databag("b"), 1));
        relation::leave_scope(db, &consumer.model, consumer.relation, "web/3").unwrap();
        assert_eq!(relation::members(db, &offerer.model, offerer.relation).unwrap(), BTreeMap::new());
    }

    #[test]
    fn a_relation_that_ended_on_one_side_is_removed_when_the_last_unit_of_both_has_left() {
        let (_folder, store, CrossModelRelation { consumer, offerer, .. }) = related();
        let db = store.db();
        let life = |side: &Side| relation::find(db, &side.model, side.relation).unwrap().map(|found| found.life);
        relation::enter_scope(db, &consumer.model, consumer.relation, "web/0", &Databag::new()).unwrap();
        relation::enter_scope(db, &offerer.model, offerer.relation, "pg/0", &Databag::new()).unwrap();
        relation::end(db, &consumer.model, consumer.relation).unwrap();
        assert_eq!([life(&consumer), life(&offerer)], [Some(Life::Dying); 2]);
        application::remove(db, &consumer.model, "web").unwrap();
        relation::leave_all_scopes(db, &consumer.model, "web/0").unwrap();
        assert_eq!([life(&consumer), life(&offerer)], [Some(Life::Dying); 2], "pg/0 is still in it");
        relation::leave_scope(db, &offerer.model, offerer.relation, "pg/0").unwrap();
        assert_eq!([life(&consumer), life(&offerer)], [None, None]);
        assert_eq!(all(db, &consumer.model).unwrap(), []);
    }

    #[test]
    fn a_destroyed_model_leaves_its_relations_with_other_models() {
        for destroyed in ["here", "there"] {
            let (_folder, store, CrossModelRelation { consumer, offerer, .. }) = related();
            let db = store.db();
            relation::enter_scope(db, &consumer.model, consumer.relation, "web/0", &Databag::new()).unwrap();
            relation::enter_scope(db, &offerer.model, offerer.relation, "pg/0", &Databag::new()).unwrap();
            let (destroyed, remaining, unit) =
                if destroyed == "here" { (consumer, offerer, "pg/0") } else { (offerer, consumer, "web/0") };
            disconnect_model(db, &destroyed.model).unwrap();
            model::remove(db, &destroyed.model).unwrap();
            let members: Vec<String> =
                relation::members(db, &remaining.model, remaining.relation).unwrap().into_keys().collect();
            assert_eq!(members, [unit]);
            relation::leave_scope(db, &remaining.model, remaining.relation, unit).unwrap();
            assert_eq!(relation::all(db, &remaining.model).unwrap(), []);
        }
    }

    #[test]
    fn a_unit_that_left_no_longer_reads_secrets_of_the_other_model() {
        let (_folder, store, CrossModelRelation { consumer, offerer, .. }) = related();
        let (db, reader) = (store.db(), format!("{}/0", offerer.remote_application));
        relation::enter_scope(db, &consumer.model, consumer.relation, "web/0", &Databag::new()).unwrap();
        let mut password = secret::Secret::new("password", "pg");
        let revision = secret::Revision { content: secret::Content::default(), created: 0, expires: None };
        password.revisions.insert(1, revision);
        password.consumers.insert(reader.clone(), (1, String::new()));
        secret::save(db, &offerer.model, &password).unwrap();
        let readers = || secret::find(db, &offerer.model, "password").unwrap().unwrap().consumers;
        relation::set_databag(db, &consumer.model, consumer.relation, "web/0", &databag("x")).unwrap();
        assert!(readers().contains_key(&reader));
        relation::leave_scope(db, &consumer.model, consumer.relation, "web/0").unwrap();
        assert!(readers().is_empty());
    }
}
