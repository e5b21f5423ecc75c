//! Events: what happens to a unit.

mod action;
mod custom;
mod deferral;
mod lifecycle;
mod relation;
mod secret;
mod status;
mod storage;

pub use crate::event_name::{EventName, UndefinedEvent, UnknownEvent};
pub use action::{ActionError, ActionEvent};
pub use custom::{Custom, CustomEvent, CustomRelation, Emitted};
pub use deferral::Deferral;
pub use lifecycle::{
    ConfigChangedEvent, InstallEvent, LeaderElectedEvent, RemoveEvent, StartEvent, StopEvent, UpdateStatusEvent,
    UpgradeCharmEvent,
};
pub use relation::{
    RelationBrokenEvent, RelationChangedEvent, RelationCreatedEvent, RelationDepartedEvent, RelationJoinedEvent,
};
pub use secret::{SecretChangedEvent, SecretExpiredEvent, SecretRemoveEvent, SecretRotateEvent};
pub use status::CollectStatusEvent;
pub use storage::{StorageAttachedEvent, StorageDetachingEvent};

use std::any::TypeId;

use crate::error::Error;
use crate::metadata::Metadata;
use crate::model::{Application, Model, Relation, Unit};
use crate::notice::Notice;

/// A type of event, as handlers receive it. Only the types in [`crate::event`] implement it.
pub trait Event: Sized + private::Sealed + 'static {
    /// Create the event from Juju's notice.
    #[doc(hidden)]
    fn load(notice: &Notice, model: &Model) -> Result<Self, Error>;

    /// Check that the metadata defines what the event is about. Only the types that need it read the metadata, so that
    /// a charm without such events does not contain the code for it.
    #[doc(hidden)]
    fn check(_event: &EventName, _meta: &Metadata) -> Result<(), Error> {
        Ok(())
    }

    /// Why a deferred event can no longer be emitted, if so.
    #[doc(hidden)]
    fn drop_reason(_notice: &Notice, _model: &Model) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// The payload's type, if this is a custom event: several custom events can have the same name.
    #[doc(hidden)]
    #[must_use]
    fn custom_type() -> Option<TypeId> {
        None
    }

    /// Whether the handler deferred the event.
    #[doc(hidden)]
    fn deferred(&self) -> bool {
        false
    }

    /// Runs after the handler has succeeded.
    #[doc(hidden)]
    fn finish(self, _model: &Model) -> Result<(), Error> {
        Ok(())
    }
}

/// An event that can be deferred. With this trait one function can defer events of many types.
pub trait Deferrable: Event {
    /// Emit this event to this handler again, before the next event that Juju sends to this unit.
    ///
    /// The handler continues after this call, so return. Deferred events keep their order, and stay deferred if the
    /// hook fails. You cannot know when the next event comes: if Juju sends an event for what you are waiting for,
    /// observe that event instead.
    fn defer(&self);
}

/// An event about a relation. With this trait one handler can serve several types.
pub trait RelationEvent: Deferrable {
    /// The relation.
    fn relation(&self) -> &Relation;

    /// The remote application. `None` in `relation-broken`, if Juju does not name it.
    fn app(&self) -> Option<&Application>;

    /// The remote unit. `None` if the event is about the application.
    fn unit(&self) -> Option<&Unit>;
}

pub(crate) mod private {
    /// Seals [`super::Event`]: only Juju defines events.
    pub trait Sealed {}
}
