//! The events of secrets.

use crate::error::Error;
use crate::event::deferral::{Deferral, deferrable};
use crate::event::{Event, private};
use crate::model::{Model, Secret};
use crate::notice::Notice;

fn load(notice: &Notice, model: &Model) -> Result<Secret, Error> {
    let id = notice.secret_id.as_deref();
    let id = id.ok_or_else(|| Error::EventData { event: notice.event.clone(), variable: "JUJU_SECRET_ID" })?;
    Ok(model.secret_of_event(id, notice.secret_label.as_deref()))
}

fn revision(notice: &Notice) -> Result<u32, Error> {
    notice
        .secret_revision
        .ok_or_else(|| Error::EventData { event: notice.event.clone(), variable: "JUJU_SECRET_REVISION" })
}

/// A secret that this unit observes has a new revision. [`Secret::refresh`] reads and tracks it.
#[derive(Debug)]
pub struct SecretChangedEvent {
    /// The secret.
    pub secret: Secret,
    deferral: Deferral,
}

/// A secret that this unit or its application owns is due for rotation. It cannot be deferred: Juju sends it again
/// until there is a new revision.
#[derive(Debug)]
#[non_exhaustive]
pub struct SecretRotateEvent {
    /// The secret.
    pub secret: Secret,
}

/// A revision of a secret that this unit or its application owns has expired. It cannot be deferred: Juju sends it
/// again until there is a new revision.
#[derive(Debug)]
#[non_exhaustive]
pub struct SecretExpiredEvent {
    /// The secret.
    pub secret: Secret,
    /// The revision that expired.
    pub revision: u32,
}

/// This revision of a secret that this unit or its application owns is no longer used: remove it.
#[derive(Debug)]
pub struct SecretRemoveEvent {
    /// The secret.
    pub secret: Secret,
    /// The unused revision.
    pub revision: u32,
    deferral: Deferral,
}

impl SecretRemoveEvent {
    /// Remove the event's revision.
    ///
    /// # Errors
    /// `secret-remove` failed.
    pub fn remove_revision(&self) -> Result<(), Error> {
        self.secret.remove_revision(self.revision)
    }
}

deferrable!(SecretChangedEvent);
deferrable!(SecretRemoveEvent);

impl private::Sealed for SecretChangedEvent {}
impl private::Sealed for SecretRotateEvent {}
impl private::Sealed for SecretExpiredEvent {}
impl private::Sealed for SecretRemoveEvent {}

impl Event for SecretChangedEvent {
    fn load(notice: &Notice, model: &Model) -> Result<Self, Error> {
        Ok(Self { secret: load(notice, model)?, deferral: Deferral::default() })
    }

    fn deferred(&self) -> bool {
        self.deferral.is_requested()
    }
}

impl Event for SecretRotateEvent {
    fn load(notice: &Notice, model: &Model) -> Result<Self, Error> {
        Ok(Self { secret: load(notice, model)? })
    }
}

impl Event for SecretExpiredEvent {
    fn load(notice: &Notice, model: &Model) -> Result<Self, Error> {
        Ok(Self { secret: load(notice, model)?, revision: revision(notice)? })
    }
}

impl Event for SecretRemoveEvent {
    fn load(notice: &Notice, model: &Model) -> Result<Self, Error> {
        Ok(Self { secret: load(notice, model)?, revision: revision(notice)?, deferral: Deferral::default() })
    }

    fn deferred(&self) -> bool {
        self.deferral.is_requested()
    }
}
