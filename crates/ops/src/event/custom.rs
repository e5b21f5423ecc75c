//! Events that a charm defines and emits itself.

use std::any::TypeId;
use std::ops::Deref;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::event::deferral::{Deferral, deferrable};
use crate::event::{Event, private, relation};
use crate::event_name::EventName;
use crate::event_source::EventSource;
use crate::model::{Model, Relation};
use crate::notice::{Emission, Notice};

/// The payload of an event that a charm or a library defines. Emit it with [`Model::emit`], observe it with
/// [`on::custom`](crate::on::custom).
///
/// ```
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct DatabaseReady {
///     endpoint: String,
/// }
///
/// impl ops::CustomEvent for DatabaseReady {
///     const NAME: &'static str = "database_ready";
/// }
/// ```
pub trait CustomEvent: Serialize + DeserializeOwned + 'static {
    /// The event's name, unique in the charm; for an event of a [`Library`](crate::Library), unique in the library.
    const NAME: &'static str;
}

/// A [`CustomEvent`] as a handler receives it.
#[derive(Debug)]
pub struct Custom<T> {
    payload: T,
    deferral: Deferral,
}

/// A [`CustomEvent`] about a relation, as a handler receives it. If it is deferred, it is dropped when the relation is
/// gone, like Juju's relation events.
#[derive(Debug)]
pub struct CustomRelation<T> {
    /// The relation.
    pub relation: Relation,
    payload: T,
    deferral: Deferral,
}

/// The events that charms and libraries emit: [`Custom`] and [`CustomRelation`].
pub trait Emitted: Event {
    /// The event's payload.
    type Payload: CustomEvent;
}

fn payload<T: CustomEvent>(notice: &Notice) -> Result<T, Error> {
    let payload = notice.payload.as_ref().unwrap_or(&serde_json::Value::Null);
    T::deserialize(payload).map_err(|source| Error::CustomEvent { name: notice.event.to_string(), source })
}

impl Model {
    /// Emit a custom event. Its handlers run after the current handler, in the order of emission, before statuses are
    /// collected. (In Ops they run at once.) As in Ops, a handler does not get an event for which an equal one is
    /// already deferred or emitted.
    ///
    /// # Errors
    /// The payload cannot be serialized as JSON.
    pub fn emit<T: CustomEvent>(&self, event: &T) -> Result<(), Error> {
        EventSource::<Custom<T>>::custom(self.library()).emit(self, event)
    }
}

impl<T: CustomEvent> EventSource<Custom<T>> {
    /// Emit the event, as [`Model::emit`] does.
    ///
    /// # Errors
    /// The event's data cannot be written as JSON.
    pub fn emit(&self, model: &Model, event: &T) -> Result<(), Error> {
        self.push(model, event, None)
    }
}

impl<T: CustomEvent> EventSource<CustomRelation<T>> {
    /// Emit the event for this relation, as [`Model::emit`] does.
    ///
    /// # Errors
    /// The event's data cannot be written as JSON.
    pub fn emit(&self, model: &Model, relation: &Relation, event: &T) -> Result<(), Error> {
        self.push(model, event, Some((relation.endpoint().to_owned(), relation.id())))
    }
}

impl<E: Emitted> EventSource<E> {
    /// A custom event, of a library or of the charm itself.
    pub(crate) fn custom(library: Option<&str>) -> Self {
        let name = match library {
            Some(library) => format!("{library}.{}", E::Payload::NAME),
            None => E::Payload::NAME.to_owned(),
        };
        Self::new(EventName::Custom(name))
    }

    fn push(&self, model: &Model, event: &impl Serialize, relation: Option<(String, u32)>) -> Result<(), Error> {
        let payload =
            serde_json::to_value(event).map_err(|source| Error::CustomEvent { name: self.name.to_string(), source })?;
        // A unit struct serializes to null, which is then treated as no payload, so that equal events stay equal.
        let payload = Some(payload).filter(|payload| !payload.is_null());
        let notice = Notice { relation, payload, ..Notice::new(self.name.clone()) };
        model.push_emission(Emission { notice, custom_type: TypeId::of::<E>() });
        Ok(())
    }
}

impl<T> Deref for Custom<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.payload
    }
}

impl<T> Deref for CustomRelation<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.payload
    }
}

impl<T> private::Sealed for Custom<T> {}
impl<T> private::Sealed for CustomRelation<T> {}

impl<T: CustomEvent> Emitted for Custom<T> {
    type Payload = T;
}

impl<T: CustomEvent> Emitted for CustomRelation<T> {
    type Payload = T;
}

impl<T: CustomEvent> Event for Custom<T> {
    fn load(notice: &Notice, _: &Model) -> Result<Self, Error> {
        Ok(Self { payload: payload(notice)?, deferral: Deferral::default() })
    }

    fn custom_type() -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }

    fn deferred(&self) -> bool {
        self.deferral.is_requested()
    }
}

impl<T: CustomEvent> Event for CustomRelation<T> {
    fn load(notice: &Notice, model: &Model) -> Result<Self, Error> {
        let relation = relation::relation(notice, model)?;
        Ok(Self { relation, payload: payload(notice)?, deferral: Deferral::default() })
    }

    fn drop_reason(notice: &Notice, model: &Model) -> Result<Option<String>, Error> {
        relation::drop_reason(notice, model)
    }

    fn custom_type() -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }

    fn deferred(&self) -> bool {
        self.deferral.is_requested()
    }
}

deferrable!(Custom<T: CustomEvent>);
deferrable!(CustomRelation<T: CustomEvent>);
