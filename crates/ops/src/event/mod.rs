//! Events: what happens to a unit.

mod custom;
mod lifecycle;
mod name;
mod notice;
mod relation;
mod secret;
mod storage;

mod action;
mod status;

pub use action::{ActionError, ActionEvent};
pub(crate) use custom::Emission;
pub use custom::{Custom, CustomEvent, CustomRelation, Emitted};
pub use lifecycle::{
    ConfigChangedEvent, InstallEvent, LeaderElectedEvent, RemoveEvent, StartEvent, StopEvent, UpdateStatusEvent,
    UpgradeCharmEvent,
};
pub use name::{EventName, UndefinedEvent, UnknownEvent};
pub use notice::Deferral;
pub(crate) use notice::Notice;
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

/// A type of event: what a handler receives. The types in [`crate::event`] are all there are.
pub trait Event: Sized + private::Sealed + 'static {
    /// Make the event from what Juju said when it dispatched it.
    #[doc(hidden)]
    fn load(notice: &Notice, model: &Model) -> Result<Self, Error>;

    /// Whether the metadata defines what an event is about. Only the types that need it look at the metadata: so the
    /// code that reads it is not a part of a charm that has no use for it.
    #[doc(hidden)]
    fn check(_event: &EventName, _meta: &Metadata) -> Result<(), Error> {
        Ok(())
    }

    /// Why an event that was deferred cannot be emitted any more, if so.
    #[doc(hidden)]
    fn gone(_notice: &Notice, _model: &Model) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// The type itself, if it is a custom event, of which there can be several with one name.
    #[doc(hidden)]
    #[must_use]
    fn custom() -> Option<TypeId> {
        None
    }

    /// Whether the handler asked to see it again.
    #[doc(hidden)]
    fn deferred(&self) -> bool {
        false
    }

    /// After the handler succeeded.
    #[doc(hidden)]
    fn finish(self, _model: &Model) -> Result<(), Error> {
        Ok(())
    }
}

/// An event that a handler can ask to see again: so that one function can do it for many.
pub trait Deferrable: Event {
    /// See this event again, in this handler, before the next event that Juju sends to this unit.
    ///
    /// The handler runs on to its end: return after this. Deferred events keep their order, and stay deferred if the hook
    /// fails. There is no telling when the next event comes: where Juju will send another event for the thing you wait
    /// for, wait for that one instead.
    fn defer(&self);
}

/// An event about a relation: so that one handler can serve several.
pub trait RelationEvent: Deferrable {
    /// The relation.
    fn relation(&self) -> &Relation;

    /// The application on the other side; none where Juju does not say, when a relation is broken.
    fn app(&self) -> Option<&Application>;

    /// The unit on the other side; none where it is about the application.
    fn unit(&self) -> Option<&Unit>;
}

pub(crate) mod private {
    /// Keeps [`super::Event`] to the types of this crate: their set is Juju's.
    pub trait Sealed {}
}
