//! Events for [`Context::run`](crate::Context::run), by the names that Juju gives them.

use ops::on::EventSource;
use ops::{Custom, CustomEvent, CustomRelation, EventName};
use serde_json::Map;

use crate::context::event::RemoteUnit;
use crate::context::{Event, Subject};
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
    /// The unit goes.
    stop: Stop;
    /// The unit is about to be gone.
    remove: Remove;
    /// Config changed, or something else that configures the unit.
    config_changed: ConfigChanged;
    /// Juju asks for the status from time to time.
    update_status: UpdateStatus;
    /// The charm was replaced by another revision.
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
    /// A relation was created. It must be in the state, as for all events about relations.
    relation_created: RelationCreated, None;
    /// A unit joined a relation: the first at the other end, unless [`Event::remote_unit`] names it.
    relation_joined: RelationJoined, First;
    /// Data changed in a relation: of the first unit at the other end, unless [`Event::remote_unit`] names it, or
    /// [`Event::of_app`] says that it was the application's.
    relation_changed: RelationChanged, First;
    /// A unit left a relation: the first at the other end, unless [`Event::remote_unit`] names it. It is no longer among
    /// the relation's units, and its data can still be read.
    relation_departed: RelationDeparted, First;
    /// A relation is gone.
    relation_broken: RelationBroken, None;
}

/// An instance of a storage is there to be used.
#[must_use]
pub fn storage_attached(storage: &Storage) -> Event {
    Event::new(EventName::StorageAttached(storage.name.clone()), Subject::Storage(storage.clone()))
}

/// An instance of a storage is about to go.
#[must_use]
pub fn storage_detaching(storage: &Storage) -> Event {
    Event::new(EventName::StorageDetaching(storage.name.clone()), Subject::Storage(storage.clone()))
}

/// A secret of another's that this unit observes has a new revision.
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

/// No one observes a revision of a secret that this unit owns any more.
#[must_use]
pub fn secret_remove(secret: &Secret, revision: u32) -> Event {
    of_secret(EventName::SecretRemove, secret, Some(revision))
}

fn of_secret(name: EventName, secret: &Secret, revision: Option<u32>) -> Event {
    Event::new(name, Subject::Secret { secret: Box::new(secret.clone()), revision })
}

/// The charm, or a library of it, emitted an event that carries this:
/// `on::custom(ops::on::custom(), &Backup { size: 3 })`, `on::custom(DATABASE.ready(), &DatabaseReady { … })`.
///
/// # Panics
/// What it carries cannot be written as JSON.
#[expect(clippy::needless_pass_by_value, reason = "an event is made for one run, and reads best in its place")]
pub fn custom<T: CustomEvent>(source: EventSource<Custom<T>>, event: &T) -> Event {
    Event::new(source.name().clone(), Subject::Custom { payload: payload(event), relation: None })
}

/// The charm, or a library of it, emitted an event about a relation.
///
/// # Panics
/// What it carries cannot be written as JSON.
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

/// Someone runs an action, with the parameters that [`Event::param`] gives it.
#[must_use]
pub fn action(name: impl Into<String>) -> Event {
    Event::new(EventName::Action(name.into()), Subject::Action { params: Map::new() })
}
