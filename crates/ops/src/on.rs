//! The events that a charm can observe. Each determines the type that the handler receives.

use std::borrow::Cow;

use crate::event::{
    ActionEvent, CollectStatusEvent, ConfigChangedEvent, Custom, CustomEvent, CustomRelation, InstallEvent,
    LeaderElectedEvent, RelationBrokenEvent, RelationChangedEvent, RelationCreatedEvent, RelationDepartedEvent,
    RelationJoinedEvent, RemoveEvent, SecretChangedEvent, SecretExpiredEvent, SecretRemoveEvent, SecretRotateEvent,
    StartEvent, StopEvent, StorageAttachedEvent, StorageDetachingEvent, UpdateStatusEvent, UpgradeCharmEvent,
};
use crate::event_name::EventName;
pub use crate::event_source::EventSource;

macro_rules! events {
    (
        plain { $($(#[$plain_doc:meta])* $plain:ident: $plain_name:ident -> $plain_event:ident;)* }
        named { $($(#[$doc:meta])* $function:ident: $name:ident -> $event:ident;)* }
    ) => {
        $(
            $(#[$plain_doc])*
            pub fn $plain() -> EventSource<$plain_event> {
                EventSource::new(EventName::$plain_name)
            }
        )*
        $(
            $(#[$doc])*
            pub fn $function(name: impl Into<Cow<'static, str>>) -> EventSource<$event> {
                EventSource::new(EventName::$name(name.into().into_owned()))
            }
        )*

        impl EventName {
            /// The name of the type that a handler of the event receives. `None` if the event cannot be observed, or
            /// if its type is the charm's own.
            #[must_use]
            pub fn event_type(&self) -> Option<&'static str> {
                match self {
                    $(Self::$plain_name => Some(stringify!($plain_event)),)*
                    $(Self::$name(_) => Some(stringify!($event)),)*
                    Self::Custom(_) | Self::Other(_) => None,
                }
            }
        }
    };
}

events! {
    plain {
        /// The unit is new: install the workload.
        install: Install -> InstallEvent;
        /// The unit is installed and configured: start the workload.
        start: Start -> StartEvent;
        /// The unit is being removed: stop the workload.
        stop: Stop -> StopEvent;
        /// The unit's last event: clean up.
        remove: Remove -> RemoveEvent;
        /// The config changed, or something else that the unit depends on.
        config_changed: ConfigChanged -> ConfigChangedEvent;
        /// Sent periodically, to update the status.
        update_status: UpdateStatus -> UpdateStatusEvent;
        /// The charm was refreshed to another revision.
        upgrade_charm: UpgradeCharm -> UpgradeCharmEvent;
        /// This unit became the leader.
        leader_elected: LeaderElected -> LeaderElectedEvent;
        /// A secret that this unit observes has a new revision.
        secret_changed: SecretChanged -> SecretChangedEvent;
        /// A secret that this unit owns is due for rotation.
        secret_rotate: SecretRotate -> SecretRotateEvent;
        /// A revision of a secret that this unit owns has expired.
        secret_expired: SecretExpired -> SecretExpiredEvent;
        /// No one uses a revision of a secret that this unit owns any more.
        secret_remove: SecretRemove -> SecretRemoveEvent;
        /// After each event, on the leader: propose statuses for the application.
        collect_app_status: CollectAppStatus -> CollectStatusEvent;
        /// After each event: propose statuses for the unit.
        collect_unit_status: CollectUnitStatus -> CollectStatusEvent;
    }
    named {
        /// A relation was created at endpoint `name`.
        relation_created: RelationCreated -> RelationCreatedEvent;
        /// A remote unit joined a relation at endpoint `name`.
        relation_joined: RelationJoined -> RelationJoinedEvent;
        /// Data changed in a relation at endpoint `name`.
        relation_changed: RelationChanged -> RelationChangedEvent;
        /// A remote unit left a relation at endpoint `name`.
        relation_departed: RelationDeparted -> RelationDepartedEvent;
        /// A relation at endpoint `name` is being removed.
        relation_broken: RelationBroken -> RelationBrokenEvent;
        /// An instance of storage `name` was attached.
        storage_attached: StorageAttached -> StorageAttachedEvent;
        /// An instance of storage `name` is about to be detached.
        storage_detaching: StorageDetaching -> StorageDetachingEvent;
        /// An operator runs action `name`.
        action: Action -> ActionEvent;
    }
}

/// The charm emitted the custom event `T`.
pub fn custom<T: CustomEvent>() -> EventSource<Custom<T>> {
    EventSource::custom(None)
}

/// The charm emitted the custom event `T` about a relation.
pub fn custom_relation<T: CustomEvent>() -> EventSource<CustomRelation<T>> {
    EventSource::custom(None)
}
