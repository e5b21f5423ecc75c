//! Secrets, their revisions, grants and consumers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rusqlite::params;

use super::cross_model;
use super::database::{Db, Result, now};

/// The owner of the user's secrets.
pub const USER_OWNER: &str = "model";

/// The keys and values of a secret. `Debug` shows only the keys.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Content(pub BTreeMap<String, String>);

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A secret with its revisions, grants and consumers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its ID, without `secret:`.
    pub id: String,
    /// `model` for the user's secrets, else the name of an application or a unit.
    pub owner: String,
    /// The name of a user's secret.
    pub name: String,
    /// The owner's label.
    pub label: String,
    pub description: String,
    /// How often the owner should rotate it: `never`, `daily`, …
    pub rotation: String,
    /// When the next rotation is due, in milliseconds since 1970.
    pub next_rotation: Option<i64>,
    /// When the latest revision expires, in milliseconds since 1970.
    pub expires: Option<i64>,
    /// Whether revisions that nobody reads are removed.
    pub auto_prune: bool,
    /// Milliseconds since 1970.
    pub created: i64,
    /// When it was last changed, in milliseconds since 1970.
    pub updated: i64,
    pub revisions: BTreeMap<i64, Revision>,
    /// Who may read it, and the relation that the grant depends on, if any.
    pub grants: BTreeMap<String, Option<i64>>,
    /// The units that read it, each with the revision and its label.
    pub consumers: BTreeMap<String, (i64, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub content: Content,
    /// Milliseconds since 1970.
    pub created: i64,
    /// When it expires, in milliseconds since 1970.
    pub expires: Option<i64>,
}

impl Secret {
    /// A new secret without revisions.
    pub fn new(id: &str, owner: &str) -> Self {
        Self {
            id: id.to_owned(),
            owner: owner.to_owned(),
            name: String::new(),
            label: String::new(),
            description: String::new(),
            rotation: "never".to_owned(),
            next_rotation: None,
            expires: None,
            auto_prune: false,
            created: now(),
            updated: now(),
            revisions: BTreeMap::new(),
            grants: BTreeMap::new(),
            consumers: BTreeMap::new(),
        }
    }

    /// The number of its latest revision; 0 if it has none.
    pub fn latest_revision(&self) -> i64 {
        self.revisions.keys().next_back().copied().unwrap_or_default()
    }

    /// The revisions before the latest that nobody reads.
    pub fn obsolete_revisions(&self) -> Vec<i64> {
        let read: BTreeSet<i64> = self.consumers.values().map(|(revision, _)| *revision).collect();
        let latest = self.latest_revision();
        self.revisions.keys().copied().filter(|revision| *revision != latest && !read.contains(revision)).collect()
    }

    /// Whether a unit may read it: as the owner, as one of the owner's units, or by a grant.
    pub fn readable_by(&self, unit: &str) -> bool {
        let application = unit.split_once('/').map_or(unit, |(application, _)| application);
        self.owner == unit
            || self.owner == application
            || self.grants.contains_key(unit)
            || self.grants.contains_key(application)
    }
}

pub fn all(db: &Db, model: &str) -> Result<BTreeMap<String, Secret>> {
    let mut secrets = BTreeMap::new();
    let mut statement = db.prepare_cached(
        "SELECT id, owner, name, label, description, rotation, rotates, expires, auto_prune, created, updated \
         FROM secret WHERE model = ?",
    )?;
    let mut rows = statement.query([model])?;
    while let Some(row) = rows.next()? {
        let secret = Secret {
            id: row.get(0)?,
            owner: row.get(1)?,
            name: row.get(2)?,
            label: row.get(3)?,
            description: row.get(4)?,
            rotation: row.get(5)?,
            next_rotation: row.get(6)?,
            expires: row.get(7)?,
            auto_prune: row.get(8)?,
            created: row.get(9)?,
            updated: row.get(10)?,
            revisions: BTreeMap::new(),
            grants: BTreeMap::new(),
            consumers: BTreeMap::new(),
        };
        secrets.insert(secret.id.clone(), secret);
    }
    if secrets.is_empty() {
        return Ok(secrets);
    }
    let mut statement =
        db.prepare_cached("SELECT secret, revision, content, created, expires FROM secret_revision WHERE model = ?")?;
    let mut rows = statement.query([model])?;
    while let Some(row) = rows.next()? {
        let content: String = row.get(2)?;
        let content = Content(serde_json::from_str(&content)?);
        let revision = Revision { content, created: row.get(3)?, expires: row.get(4)? };
        if let Some(secret) = secrets.get_mut(&row.get::<_, String>(0)?) {
            secret.revisions.insert(row.get(1)?, revision);
        }
    }
    let mut statement = db.prepare_cached("SELECT secret, grantee, relation FROM secret_grant WHERE model = ?")?;
    let mut rows = statement.query([model])?;
    while let Some(row) = rows.next()? {
        if let Some(secret) = secrets.get_mut(&row.get::<_, String>(0)?) {
            secret.grants.insert(row.get(1)?, row.get(2)?);
        }
    }
    let mut statement =
        db.prepare_cached("SELECT secret, consumer, revision, label FROM secret_consumer WHERE model = ?")?;
    let mut rows = statement.query([model])?;
    while let Some(row) = rows.next()? {
        if let Some(secret) = secrets.get_mut(&row.get::<_, String>(0)?) {
            secret.consumers.insert(row.get(1)?, (row.get(2)?, row.get(3)?));
        }
    }
    Ok(secrets)
}

/// The user's secret with this name, or any secret with this ID or URI.
pub fn find(db: &Db, model: &str, name: &str) -> Result<Option<Secret>> {
    let id = name.rsplit(['/', ':']).next().unwrap_or(name);
    let named = |secret: &Secret| secret.owner == USER_OWNER && secret.name == name;
    Ok(all(db, model)?.into_values().find(|secret| named(secret) || secret.id == id))
}

/// A secret of another model that an application can read. Its consumers and grantees have the names that they have in
/// the reading model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteSecret {
    /// The UUID of the secret's model.
    pub model: String,
    /// The secret. Its owner has no name in the reading model.
    pub secret: Secret,
    /// The name of the reading application in the secret's model.
    proxy: String,
}

impl RemoteSecret {
    pub fn uri(&self) -> String {
        format!("secret://{}/{}", self.model, self.secret.id)
    }

    /// Record which revision a unit reads, and its label for the secret.
    pub fn consume(&self, db: &Db, unit: &str, revision: i64, label: &str) -> Result<()> {
        let number = unit.rsplit('/').next().unwrap_or_default();
        db.execute(
            "INSERT OR REPLACE INTO secret_consumer (model, secret, consumer, revision, label) VALUES (?, ?, ?, ?, ?)",
            params![self.model, self.secret.id, format!("{}/{number}", self.proxy), revision, label],
        )?;
        Ok(())
    }
}

/// The secrets of other models that an application can or could read through a relation.
pub fn remote(db: &Db, model: &str, application: &str) -> Result<Vec<RemoteSecret>> {
    let mut remote_secrets: Vec<RemoteSecret> = Vec::new();
    for relation in cross_model::all(db, model)? {
        let Some((_, other)) = relation.sides_of_application(model, application) else { continue };
        for secret in all(db, &other.model)?.into_values() {
            let local_name = |name: &str| {
                let rest = name.strip_prefix(&other.remote_application)?;
                (rest.is_empty() || rest.starts_with('/')).then(|| format!("{application}{rest}"))
            };
            let grants: BTreeMap<_, _> =
                secret.grants.keys().filter_map(|name| Some((local_name(name)?, None))).collect();
            let consumers: BTreeMap<_, _> =
                secret.consumers.iter().filter_map(|(name, read)| Some((local_name(name)?, read.clone()))).collect();
            let known = remote_secrets.iter().any(|known| known.secret.id == secret.id);
            if known || grants.is_empty() && consumers.is_empty() {
                continue;
            }
            let secret = Secret { owner: String::new(), grants, consumers, ..secret };
            remote_secrets.push(RemoteSecret {
                model: other.model.clone(),
                secret,
                proxy: other.remote_application.clone(),
            });
        }
    }
    Ok(remote_secrets)
}

/// Save a secret completely. A secret without revisions is removed.
pub fn save(db: &Db, model: &str, secret: &Secret) -> Result<()> {
    db.execute("DELETE FROM secret WHERE model = ? AND id = ?", [model, &secret.id])?;
    if secret.revisions.is_empty() {
        return Ok(());
    }
    db.execute(
        "INSERT INTO secret (model, id, owner, name, label, description, rotation, rotates, expires, auto_prune, \
         created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            model,
            secret.id,
            secret.owner,
            secret.name,
            secret.label,
            secret.description,
            secret.rotation,
            secret.next_rotation,
            secret.expires,
            secret.auto_prune,
            secret.created,
            secret.updated,
        ],
    )?;
    for (number, revision) in &secret.revisions {
        db.execute(
            "INSERT INTO secret_revision (model, secret, revision, content, created, expires) VALUES (?, ?, ?, ?, ?, ?)",
            params![
                model,
                secret.id,
                number,
                serde_json::to_string(&revision.content.0)?,
                revision.created,
                revision.expires,
            ],
        )?;
    }
    for (grantee, relation) in &secret.grants {
        db.execute(
            "INSERT INTO secret_grant (model, secret, grantee, relation) VALUES (?, ?, ?, ?)",
            params![model, secret.id, grantee, relation],
        )?;
    }
    for (consumer, (revision, label)) in &secret.consumers {
        db.execute(
            "INSERT INTO secret_consumer (model, secret, consumer, revision, label) VALUES (?, ?, ?, ?, ?)",
            params![model, secret.id, consumer, revision, label],
        )?;
    }
    Ok(())
}

/// Remove the secrets of a removed application or unit, its grants, and the record of what it read.
pub fn remove_entity(db: &Db, model: &str, name: &str) -> Result<()> {
    db.execute("DELETE FROM secret WHERE model = ? AND owner = ?", [model, name])?;
    db.execute("DELETE FROM secret_consumer WHERE model = ? AND consumer = ?", [model, name])?;
    db.execute("DELETE FROM secret_grant WHERE model = ? AND grantee = ?", [model, name])?;
    Ok(())
}

/// Remove grants for relations that no longer exist.
pub(super) fn remove_stale_grants(db: &Db) -> Result<()> {
    db.execute(
        "DELETE FROM secret_grant WHERE relation IS NOT NULL AND NOT EXISTS ( \
             SELECT 1 FROM relation WHERE relation.model = secret_grant.model AND id = secret_grant.relation)",
        [],
    )?;
    Ok(())
}

pub fn count(db: &Db, model: &str) -> Result<usize> {
    let count: u32 = db.query_row("SELECT count(*) FROM secret WHERE model = ?", [model], |row| row.get(0))?;
    Ok(count as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision() -> Revision {
        Revision { content: Content([("k".to_owned(), "v".to_owned())].into()), created: 0, expires: None }
    }

    #[test]
    fn a_revision_is_obsolete_if_there_is_a_newer_one_and_nobody_reads_it() {
        let mut secret = Secret::new("a", "web");
        secret.revisions = (1..=3).map(|number| (number, revision())).collect();
        assert_eq!(secret.obsolete_revisions(), [1, 2]);
        secret.consumers.insert("db/0".to_owned(), (1, String::new()));
        assert_eq!(secret.obsolete_revisions(), [2]);
    }

    #[test]
    fn the_owners_units_and_grantees_can_read_a_secret() {
        let mut secret = Secret::new("a", "web");
        secret.grants.insert("db".to_owned(), None);
        assert!(secret.readable_by("web/3") && secret.readable_by("db/0"));
        assert!(!secret.readable_by("other/0"));
    }

    #[test]
    fn content_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", revision().content), r#"{"k"}"#);
    }
}
