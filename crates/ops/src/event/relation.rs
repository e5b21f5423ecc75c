//! The events of a relation's life.

use crate::error::Error;
use crate::event::notice::{Deferral, Notice, deferrable};
use crate::event::{Event, EventName, private};
use crate::metadata::Metadata;
use crate::model::{Application, Model, Relation, Unit};

/// The relation and the remote application that each relation event names.
fn load(notice: &Notice, model: &Model) -> Result<(Relation, Application), Error> {
    let missing = |variable| Error::EventData { event: notice.event.clone(), variable };
    let (endpoint, id) = notice.relation.as_ref().ok_or_else(|| missing("JUJU_RELATION_ID"))?;
    let relation = model.relation_of_event(endpoint, *id, notice);
    let app = notice.remote_app.as_ref().ok_or_else(|| missing("JUJU_REMOTE_APP"))?;
    Ok((relation, model.application(app)))
}

fn unit(notice: &Notice, model: &Model) -> Result<Unit, Error> {
    let name = notice.remote_unit.as_ref();
    let name = name.ok_or_else(|| Error::EventData { event: notice.event.clone(), variable: "JUJU_REMOTE_UNIT" })?;
    Ok(model.unit_named(name))
}

fn gone(notice: &Notice, model: &Model) -> Result<Option<String>, Error> {
    let Some((endpoint, id)) = &notice.relation else { return Ok(None) };
    match model.relation_by_id(endpoint, *id) {
        Ok(_) => Ok(None),
        Err(error @ (Error::RelationNotFound { .. } | Error::Undefined { .. })) => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

macro_rules! relation_event {
    ($(#[$doc:meta] $event:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $load:expr),* };)*) => {$(
        #[$doc]
        #[derive(Debug)]
        pub struct $event {
            /// The relation.
            pub relation: Relation,
            /// The application on the other side; for a peer relation, this one.
            pub app: Application,
            $($(#[$field_doc])* pub $field: $type,)*
            deferral: Deferral,
        }
        impl private::Sealed for $event {}
        impl Event for $event {
            fn load(notice: &Notice, model: &Model) -> Result<Self, Error> {
                let (relation, app) = load(notice, model)?;
                $(let $field = { let load: fn(&Notice, &Model) -> Result<$type, Error> = $load; load(notice, model)? };)*
                Ok(Self { relation, app, $($field,)* deferral: Deferral::default() })
            }
            fn check(event: &EventName, meta: &Metadata) -> Result<(), Error> {
                event.check(meta)
            }
            fn gone(notice: &Notice, model: &Model) -> Result<Option<String>, Error> {
                gone(notice, model)
            }
            fn deferred(&self) -> bool {
                self.deferral.asked()
            }
        }
        deferrable!($event);
    )*};
}

relation_event! {
    /// A relation was created. No remote unit has joined yet.
    RelationCreatedEvent {};
    /// A remote unit joined the relation. Its data may not be there yet: that comes with `relation-changed`.
    RelationJoinedEvent {
        /// The unit that joined.
        unit: Unit = unit
    };
    /// A remote unit's or the remote application's databag changed; always sent after `relation-joined`.
    RelationChangedEvent {
        /// The unit whose databag changed; none if it is the application's.
        unit: Option<Unit> = |notice, model| Ok(notice.remote_unit.as_ref().map(|name| model.unit_named(name)))
    };
    /// A remote unit left the relation. Its data can still be read.
    RelationDepartedEvent {
        /// The unit that this unit no longer sees.
        unit: Unit = unit,
        /// The unit that goes: the remote one, or this one if it is itself being removed.
        departing_unit: Option<Unit> =
            |notice, model| Ok(notice.departing_unit.as_ref().map(|name| model.unit_named(name)))
    };
    /// The relation is gone: the last of its events.
    RelationBrokenEvent {};
}
