//! The events of a relation's life cycle.

use crate::error::Error;
use crate::event::deferral::{Deferral, deferrable};
use crate::event::{Event, RelationEvent, private};
use crate::event_name::EventName;
use crate::metadata::Metadata;
use crate::model::{Application, Model, Relation, Unit};
use crate::notice::Notice;

/// The relation of a relation event.
pub(super) fn relation(notice: &Notice, model: &Model) -> Result<Relation, Error> {
    let missing = || Error::EventData { event: notice.event.clone(), variable: "JUJU_RELATION_ID" };
    let (endpoint, id) = notice.relation.as_ref().ok_or_else(missing)?;
    Ok(model.relation_of_event(endpoint, *id, notice))
}

fn app(notice: &Notice, model: &Model) -> Result<Application, Error> {
    let missing = || Error::EventData { event: notice.event.clone(), variable: "JUJU_REMOTE_APP" };
    Ok(model.application(notice.remote_app.as_ref().ok_or_else(missing)?))
}

fn unit(notice: &Notice, model: &Model) -> Result<Unit, Error> {
    let name = notice.remote_unit.as_ref();
    let name = name.ok_or_else(|| Error::EventData { event: notice.event.clone(), variable: "JUJU_REMOTE_UNIT" })?;
    Ok(model.unit_named(name))
}

pub(super) fn drop_reason(notice: &Notice, model: &Model) -> Result<Option<String>, Error> {
    let Some((endpoint, id)) = &notice.relation else { return Ok(None) };
    match model.relation_by_id(endpoint, *id) {
        Ok(_) => Ok(None),
        Err(error @ (Error::RelationNotFound { .. } | Error::Undefined { .. })) => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

macro_rules! relation_event {
    ($(
        $(#[$doc:meta])* $event:ident($app_type:ty, $app:expr, $unit:expr)
        { $($(#[$field_doc:meta])* $field:ident: $type:ty = $load:expr),* };
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $event {
            /// The relation.
            pub relation: Relation,
            /// The remote application; for a peer relation, this one.
            pub app: $app_type,
            $($(#[$field_doc])* pub $field: $type,)*
            deferral: Deferral,
        }
        impl private::Sealed for $event {}
        impl Event for $event {
            fn load(notice: &Notice, model: &Model) -> Result<Self, Error> {
                let relation = relation(notice, model)?;
                let app = { let load: fn(&Notice, &Model) -> Result<$app_type, Error> = $app; load(notice, model)? };
                $(let $field = { let load: fn(&Notice, &Model) -> Result<$type, Error> = $load; load(notice, model)? };)*
                Ok(Self { relation, app, $($field,)* deferral: Deferral::default() })
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
        impl RelationEvent for $event {
            fn relation(&self) -> &Relation {
                &self.relation
            }
            fn app(&self) -> Option<&Application> {
                (&self.app).into()
            }
            fn unit(&self) -> Option<&Unit> {
                let unit: fn(&Self) -> Option<&Unit> = $unit;
                unit(self)
            }
        }
        deferrable!($event);
    )*};
}

relation_event! {
    /// A relation was created. No remote unit has joined yet.
    RelationCreatedEvent(Application, app, |_| None) {};
    /// A remote unit joined the relation. Its data may not be set yet; wait for `relation-changed`.
    RelationJoinedEvent(Application, app, |event| Some(&event.unit)) {
        /// The unit that joined.
        unit: Unit = unit
    };
    /// The databag of a remote unit or of the remote application changed. Always sent after `relation-joined`.
    RelationChangedEvent(Application, app, |event| event.unit.as_ref()) {
        /// The unit whose databag changed; `None` if it was the application's.
        unit: Option<Unit> = |notice, model| Ok(notice.remote_unit.as_ref().map(|name| model.unit_named(name)))
    };
    /// A remote unit left the relation. Its data can still be read.
    RelationDepartedEvent(Application, app, |event| Some(&event.unit)) {
        /// The unit that this unit no longer sees.
        unit: Unit = unit,
        /// The unit that is being removed: the remote unit, or this unit itself.
        departing_unit: Option<Unit> =
            |notice, model| Ok(notice.departing_unit.as_ref().map(|name| model.unit_named(name)))
    };
    /// The relation is gone. This is its last event. The remote application is `None` if Juju does not name it ([a bug
    /// of Juju](https://bugs.launchpad.net/juju/+bug/1960934)).
    RelationBrokenEvent(Option<Application>, |notice, model| Ok(app(notice, model).ok()), |_| None) {};
}
