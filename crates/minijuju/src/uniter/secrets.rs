//! Which secret events are due for a unit.

use std::collections::BTreeMap;
use std::time::Duration;

use super::remote_state::SecretsSnapshot;
use crate::store::database::now;
use crate::store::secret::{self, RemoteSecret, Secret};
use crate::store::unit::Unit;
use crate::store::{Db, Result};

const HOUR: Duration = Duration::from_hours(1);

/// The time between two rotations.
fn interval(rotation: &str) -> Option<Duration> {
    let hours = match rotation {
        "hourly" => 1,
        "daily" => 24,
        "weekly" => 7 * 24,
        "monthly" => 30 * 24,
        "quarterly" => 91 * 24,
        "yearly" => 365 * 24,
        _ => return None,
    };
    Some(HOUR * hours)
}

/// The secret events that a unit must get now, for secrets of its own model and of other models.
pub fn due(
    all: &BTreeMap<String, Secret>,
    remote_secrets: &[RemoteSecret],
    unit: &Unit,
    leader: bool,
) -> SecretsSnapshot {
    let name = unit.name();
    let mut snapshot = SecretsSnapshot::default();
    for secret in all.values() {
        let uri = format!("secret:{}", secret.id);
        let owned = secret.owner == name || leader && secret.owner == unit.application;
        if owned {
            let is_over = |time: Option<i64>| time.is_some_and(|time| time <= now());
            let expired = secret.revisions.iter().filter(|(_, revision)| is_over(revision.expires));
            snapshot.expired.extend(expired.map(|(number, _)| (uri.clone(), *number, secret.label.clone())));
            if is_over(secret.next_rotation) {
                snapshot.rotate.push((uri.clone(), secret.label.clone()));
            }
            let obsolete = secret.obsolete_revisions();
            if !obsolete.is_empty() {
                snapshot.obsolete.insert(uri.clone(), (obsolete, secret.label.clone()));
            }
        }
        // The owner's units can be consumers as well.
        if let Some((latest, label)) = latest_for_reader(secret, &name) {
            // An owner that reads its secret has no label for it: its hooks carry the secret's label.
            let label = if label.is_empty() && owned { &secret.label } else { label };
            snapshot.consumed.insert(uri, (latest, label.clone()));
        }
    }
    for remote in remote_secrets {
        if let Some((latest, label)) = latest_for_reader(&remote.secret, &name) {
            snapshot.consumed.insert(remote.uri(), (latest, label.clone()));
        }
    }
    snapshot
}

/// The latest revision of a secret that a unit reads, and the unit's label for it, if there is more than one revision.
fn latest_for_reader<'a>(secret: &'a Secret, unit: &str) -> Option<(i64, &'a String)> {
    let (_, label) = secret.consumers.get(unit)?;
    // As in Juju, a unit that first reads a secret with two revisions gets `secret-changed` for the second.
    (secret.readable_by(unit) && secret.latest_revision() > 1).then(|| (secret.latest_revision(), label))
}

/// Record that the owner ran `secret-rotate`: the next rotation is one interval away.
pub fn record_rotation(db: &Db, model: &str, uri: &str) -> Result<()> {
    let Some(mut secret) = secret::find(db, model, uri)? else { return Ok(()) };
    let millis = interval(&secret.rotation).and_then(|interval| i64::try_from(interval.as_millis()).ok());
    secret.next_rotation = millis.map(|millis| now() + millis);
    secret::save(db, model, &secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::secret::Revision;

    fn unit(application: &str) -> Unit {
        Unit::new(application, 0, "0")
    }

    #[test]
    fn readers_get_events_for_new_revisions_and_owners_for_unused_ones() {
        let mut secret = Secret::new("a", "db");
        let revision = Revision { content: secret::Content::default(), created: 0, expires: None };
        secret.revisions = [(1, revision.clone()), (2, revision)].into();
        secret.grants.insert("web".to_owned(), None);
        secret.consumers.insert("web/0".to_owned(), (1, "mine".to_owned()));
        let mut all = BTreeMap::from([("a".to_owned(), secret)]);
        let consumed = due(&all, &[], &unit("web"), true).consumed;
        assert_eq!(consumed, [("secret:a".to_owned(), (2, "mine".to_owned()))].into());
        assert!(due(&all, &[], &unit("db"), true).obsolete.is_empty());
        if let Some(secret) = all.get_mut("a") {
            secret.consumers.insert("web/0".to_owned(), (2, String::new()));
        }
        assert_eq!(
            due(&all, &[], &unit("web"), true).consumed["secret:a"].0,
            2,
            "its agent knows whether it has run the hook"
        );
        assert_eq!(due(&all, &[], &unit("db"), true).obsolete["secret:a"].0, [1]);
        assert!(due(&all, &[], &unit("db"), false).obsolete.is_empty(), "only the leader manages the application's");
        if let Some(secret) = all.get_mut("a") {
            secret.revisions.remove(&2);
        }
        assert!(due(&all, &[], &unit("web"), true).consumed.is_empty(), "the first revision is no change");
    }

    #[test]
    fn only_revisions_past_their_time_expire() {
        let mut secret = Secret::new("a", "db/0");
        let revision = |expires| Revision { content: secret::Content::default(), created: 0, expires };
        secret.revisions = [(1, revision(Some(1))), (2, revision(Some(2))), (3, revision(None))].into();
        let snapshot = due(&BTreeMap::from([("a".to_owned(), secret)]), &[], &unit("db"), false);
        let expired = |number| ("secret:a".to_owned(), number, String::new());
        assert_eq!(snapshot.expired, [expired(1), expired(2)]);
    }

    #[test]
    fn units_of_the_owner_that_read_a_secret_are_readers_too() {
        let mut secret = Secret::new("a", "db");
        "own".clone_into(&mut secret.label);
        let revision = Revision { content: secret::Content::default(), created: 0, expires: None };
        secret.revisions = [(1, revision.clone()), (2, revision)].into();
        secret.consumers.insert("db/0".to_owned(), (1, String::new()));
        let mut all = BTreeMap::from([("a".to_owned(), secret)]);
        for leader in [true, false] {
            let snapshot = due(&all, &[], &unit("db"), leader);
            assert_eq!(snapshot.consumed["secret:a"].0, 2);
            assert_eq!(snapshot.obsolete.len(), 0, "a unit of the owner reads revision 1");
        }
        assert_eq!(due(&all, &[], &unit("db"), true).consumed["secret:a"].1, "own", "the owner's label");
        if let Some(secret) = all.get_mut("a") {
            secret.consumers.clear();
        }
        assert_eq!(due(&all, &[], &unit("db"), true).consumed.len(), 0, "a unit that never read it gets no event");
    }
}
