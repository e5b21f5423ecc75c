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
pub use custom::{Custom, CustomEvent};
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

use crate::error::Error;
use crate::metadata::Metadata;
use crate::model::Model;

/// A type of event: what a handler receives. The types in [`crate::event`] are all there are.
pub trait Event: Sized + private::Sealed {
    /// Make the event from what Juju said when it dispatched it.
    #[doc(hidden)]
    fn load(notice: &Notice, model: &Model) -> Result<Self, Error>;

    /// Whether the metadata defines what an event is about. Only the types that need it look at the metadata: so the
    /// code that reads it is no part of a charm that has no use for it.
    #[doc(hidden)]
    fn check(_event: &EventName, _meta: &Metadata) -> Result<(), Error> {
        Ok(())
    }

    /// Why an event that was deferred cannot be emitted any more, if so.
    #[doc(hidden)]
    fn gone(_notice: &Notice, _model: &Model) -> Result<Option<String>, Error> {
        Ok(None)
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

pub(crate) mod private {
    /// Keeps [`super::Event`] to the types of this crate: their set is Juju's.
    pub trait Sealed {}
}
