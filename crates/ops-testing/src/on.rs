//! Events for [`Context::run`](crate::Context::run), by Juju's names.

use ops::on::EventSource;
use ops::{Custom, CustomEvent, CustomRelation, EventName};
use serde_json::Map;

use crate::event::{Event, RemoteUnit, Subject};
use emulator::{Relation, Secret, Storage};

macro_rules! lifecycle {
    ($($(#[$doc:meta])* $function:ident: $name:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $function() -> Event {
            Event::new(EventName::$name, Subject::Unit)
        }
    )*};
}

lifecycle! {
    /// The unit is new.
    install: Install;
    /// The unit is installed and configured.
    start: Start;
    /// The unit is being removed.
    stop: Stop;
    /// The unit's last event.
    remove: Remove;
    /// The config or the unit's addresses changed.
    config_changed: ConfigChanged;
    /// Sent periodically, every five minutes by default.
    update_status: UpdateStatus;
    /// The charm was refreshed to another revision.
    upgrade_charm: UpgradeCharm;
    /// The unit became the leader.
    leader_elected: LeaderElected;
}

macro_rules! relation {
    ($($(#[$doc:meta])* $function:ident: $name:ident, $unit:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $function(relation: &Relation) -> Event {
            let name = EventName::$name(relation.endpoint.clone());
            let relation = Box::new(relation.clone());
            Event::new(name, Subject::Relation { relation, remote_unit: RemoteUnit::$unit, departing_unit: None })
        }
    )*};
}

relation! {
    /// A relation was created. As for all relation events, it must be in the state.
    relation_created: RelationCreated, None;
    /// A remote unit joined a relation: the first one, unless [`Event::remote_unit`] names another.
    relation_joined: RelationJoined, First;
    /// A databag in a relation changed: that of the first remote unit, unless [`Event::remote_unit`] names another, or
    /// [`Event::of_app`] makes it the application's.
    relation_changed: RelationChanged, First;
    /// A remote unit left a relation: the first one, unless [`Event::remote_unit`] names another. The relation no
    /// longer lists it, but its data can still be read.
    relation_departed: RelationDeparted, First;
    /// A relation is gone.
    relation_broken: RelationBroken, None;
}

/// A storage instance was attached.
#[must_use]
pub fn storage_attached(storage: &Storage) -> Event {
    Event::new(EventName::StorageAttached(storage.name.clone()), Subject::Storage(storage.clone()))
}

/// A storage instance will be detached.
#[must_use]
pub fn storage_detaching(storage: &Storage) -> Event {
    Event::new(EventName::StorageDetaching(storage.name.clone()), Subject::Storage(storage.clone()))
}

/// A secret that this unit observes, but does not own, has a new revision.
#[must_use]
pub fn secret_changed(secret: &Secret) -> Event {
    of_secret(EventName::SecretChanged, secret, None)
}

/// A secret that this unit owns is due for rotation.
#[must_use]
pub fn secret_rotate(secret: &Secret) -> Event {
    of_secret(EventName::SecretRotate, secret, None)
}

/// A revision of a secret that this unit owns has expired.
#[must_use]
pub fn secret_expired(secret: &Secret, revision: u32) -> Event {
    of_secret(EventName::SecretExpired, secret, Some(revision))
}

/// A revision of a secret that this unit owns is no longer used.
#[must_use]
pub fn secret_remove(secret: &Secret, revision: u32) -> Event {
    of_secret(EventName::SecretRemove, secret, Some(revision))
}

fn of_secret(name: EventName, secret: &Secret, revision: Option<u32>) -> Event {
    Event::new(name, Subject::Secret { secret: Box::new(secret.clone()), revision })
}

/// The charm or one of its libraries emitted an event with this payload: `on::custom(ops::on::custom(), &Backup {
/// size: 3 })`, `on::custom(DATABASE.ready(), &DatabaseReady { … })`.
///
/// # Panics
/// If the payload cannot be serialized as JSON.
#[expect(clippy::needless_pass_by_value, reason = "an event is made for one run, and reads best in its place")]
pub fn custom<T: CustomEvent>(source: EventSource<Custom<T>>, event: &T) -> Event {
    Event::new(source.name().clone(), Subject::Custom { payload: payload(event), relation: None })
}

/// The charm or one of its libraries emitted an event about a relation.
///
/// # Panics
/// If the payload cannot be serialized as JSON.
#[expect(clippy::needless_pass_by_value, reason = "an event is made for one run, and reads best in its place")]
pub fn custom_relation<T: CustomEvent>(
    source: EventSource<CustomRelation<T>>,
    relation: &Relation,
    event: &T,
) -> Event {
    let relation = Some((relation.endpoint.clone(), relation.id));
    Event::new(source.name().clone(), Subject::Custom { payload: payload(event), relation })
}

fn payload<T: CustomEvent>(event: &T) -> serde_json::Value {
    serde_json::to_value(event).unwrap_or_else(|error| panic!("custom event {}: {error}", T::NAME))
}

/// A user runs an action. [`Event::param`] sets its parameters.
#[must_use]
pub fn action(name: impl Into<String>) -> Event {
    Event::new(EventName::Action(name.into()), Subject::Action { params: Map::new() })
}
