//! The events of storage.

use crate::error::Error;
use crate::event::deferral::{Deferral, deferrable};
use crate::event::{Event, private};
use crate::event_name::EventName;
use crate::metadata::Metadata;
use crate::model::{Model, Storage};
use crate::notice::Notice;

/// Why a deferred event's storage instance can no longer be used.
fn drop_reason(notice: &Notice, model: &Model) -> Result<Option<String>, Error> {
    let Some(id) = &notice.storage_id else { return Ok(None) };
    let storage = model.storage_by_id(id)?;
    match model.storages(storage.name()) {
        Ok(attached) if attached.iter().any(|other| other.id() == *id) => Ok(None),
        Ok(_) => Ok(Some(format!("storage {id} is no longer attached"))),
        Err(error @ Error::Undefined { .. }) => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

macro_rules! storage_event {
    ($(#[$doc:meta] $event:ident;)*) => {$(
        #[$doc]
        #[derive(Debug)]
        pub struct $event {
            /// The storage instance.
            pub storage: Storage,
            deferral: Deferral,
        }
        impl private::Sealed for $event {}
        impl Event for $event {
            fn load(notice: &Notice, model: &Model) -> Result<Self, Error> {
                let id = notice.storage_id.as_deref();
                let id = id.ok_or_else(|| Error::EventData {
                    event: notice.event.clone(),
                    variable: "JUJU_STORAGE_ID",
                })?;
                Ok(Self { storage: model.storage_by_id(id)?, deferral: Deferral::default() })
            }
            fn check(event: &EventName, meta: &Metadata) -> Result<(), Error> {
                meta.check_event(event)
            }
            fn drop_reason(notice: &Notice, model: &Model) -> Result<Option<String>, Error> {
                drop_reason(notice, model)
            }
            fn deferred(&self) -> bool {
                self.deferral.is_requested()
            }
        }
        deferrable!($event);
    )*};
}

storage_event! {
    /// A storage instance was attached. For storage that is requested at deployment, sent before `install`.
    StorageAttachedEvent;
    /// A storage instance will be detached, but can still be used.
    StorageDetachingEvent;
}
