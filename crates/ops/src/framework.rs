//! Observing events.

use std::any::TypeId;
use std::rc::Rc;

use crate::error::{Error, Expected, chain};
use crate::event::Event;
use crate::event_name::EventName;
use crate::event_source::EventSource;
use crate::handler::{self, Handler};
use crate::hookcmds::{self, EntityKind};
use crate::metadata::Metadata;
use crate::model::Model;
use crate::notice::Notice;

/// A charm: a struct whose methods handle events.
pub trait Charm: Sized + 'static {
    /// Say which events the charm observes, and which of its methods handle each.
    fn observe(framework: &mut Framework<Self>);
}

/// The events that a charm or a library observes.
pub struct Framework<C> {
    pub(crate) observers: Vec<Observer<C>>,
    /// The names of the libraries.
    pub(crate) libraries: Vec<Rc<str>>,
}

pub(crate) struct Observer<C> {
    pub(crate) event: EventName,
    /// The handler's name, unique among the observers of this event.
    pub(crate) handler: String,
    /// The function that handles the event.
    pub(crate) function: TypeId,
    /// The type of a custom event's payload.
    pub(crate) custom_type: Option<TypeId>,
    pub(crate) check: fn(&EventName, &Metadata) -> Result<(), Error>,
    pub(crate) drop_reason: fn(&Notice, &Model) -> Result<Option<String>, Error>,
    /// Returns whether the handler deferred the event.
    pub(crate) run: Box<Run<C>>,
}

type Run<C> = dyn Fn(&mut C, &Notice, &Model) -> Result<bool, Failure>;

/// An event could not be loaded, or a handler failed.
pub(crate) enum Failure {
    Event(Error),
    Handler(anyhow::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Event(error)
    }
}

impl<C: 'static> Framework<C> {
    pub(crate) fn new() -> Self {
        Self { observers: Vec::new(), libraries: Vec::new() }
    }

    /// Call `handler` for this event. Several handlers of one event run in the order in which they are observed.
    ///
    /// ```compile_fail,E0277
    /// # struct Charm;
    /// # impl Charm { fn on_stop(&mut self, _: &ops::StopEvent, _: &ops::Model) -> anyhow::Result<()> { Ok(()) } }
    /// fn observe(framework: &mut ops::Framework<Charm>) {
    ///     // It handles another event than the one it observes, so it does not compile.
    ///     framework.observe(ops::on::install(), Charm::on_stop);
    /// }
    /// ```
    ///
    /// Nor does a handler with a return value other than `()` or `Result<(), _>`:
    ///
    /// ```compile_fail,E0277
    /// # struct Charm;
    /// # impl Charm { fn on_stop(&self, _: &ops::StopEvent, _: &ops::Model) -> bool { true } }
    /// # fn observe(framework: &mut ops::Framework<Charm>) {
    /// framework.observe(ops::on::stop(), Charm::on_stop);
    /// # }
    /// ```
    pub fn observe<E, H, Shape>(&mut self, event: EventSource<E>, handler: H)
    where
        E: Event,
        H: Handler<C, E, Shape>,
    {
        let run = move |charm: &mut C, notice: &Notice, model: &Model| {
            let event = E::load(notice, model)?;
            if let Err(error) = handler.handle(charm, &event, model) {
                handle_error(error, notice, model)?;
            }
            let deferred = event.deferred();
            event.finish(model)?;
            Ok(deferred)
        };
        self.push(Observer {
            event: event.name,
            handler: handler::name(std::any::type_name::<H>()),
            function: TypeId::of::<H>(),
            custom_type: E::custom_type(),
            check: E::check,
            drop_reason: E::drop_reason,
            run: Box::new(run),
        });
    }

    /// Check that names are unique.
    pub(crate) fn check_names(&self) -> Result<(), Error> {
        for (index, name) in self.libraries.iter().enumerate() {
            if self.libraries[..index].contains(name) {
                return Err(Error::LibraryClash { name: name.to_string() });
            }
        }
        for (index, observer) in self.observers.iter().enumerate() {
            let (EventName::Custom(event), Some(_)) = (&observer.event, observer.custom_type) else { continue };
            let clashes = |other: &Observer<C>| {
                other.event == observer.event
                    && other.custom_type.is_some()
                    && other.custom_type != observer.custom_type
            };
            if self.observers[..index].iter().any(clashes) {
                return Err(Error::CustomEventClash { name: event.clone() });
            }
            if let Some((library, _)) = event.split_once('.')
                && !self.libraries.iter().any(|name| **name == *library)
            {
                return Err(Error::NoLibrary { event: event.clone(), library: library.to_owned() });
            }
        }
        Ok(())
    }

    /// Check that the observers of this custom event expect this type.
    pub(crate) fn check_custom_type(&self, event: &EventName, custom_type: TypeId) -> Result<(), Error> {
        let differs = |observer: &Observer<C>| {
            observer.event == *event && observer.custom_type.is_some_and(|observed| observed != custom_type)
        };
        match event {
            EventName::Custom(name) if self.observers.iter().any(differs) => {
                Err(Error::CustomEventClash { name: name.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Functions of the same name that observe the same event are numbered in order.
    pub(crate) fn push(&mut self, mut observer: Observer<C>) {
        let name = observer.handler.clone();
        let is_taken = |handler: &str| {
            self.observers.iter().any(|other| other.event == observer.event && other.handler == *handler)
        };
        let mut count = 1;
        while is_taken(&observer.handler) {
            count += 1;
            observer.handler = format!("{name}#{count}");
        }
        self.observers.push(observer);
    }
}

/// Handle the error of a handler: if it is expected, propose its status.
pub(crate) fn handle_error(error: anyhow::Error, notice: &Notice, model: &Model) -> Result<(), Failure> {
    if model.is_rebooting() {
        return Err(Failure::Handler(error));
    }
    let expected = error.chain().find_map(|cause| cause.downcast_ref::<Expected>());
    let Some(status) = expected.map(|expected| expected.status.clone()) else { return Err(Failure::Handler(error)) };
    let reason = chain(&*error);
    tracing::warn!("{reason}");
    if matches!(notice.event, EventName::Action(_)) {
        hookcmds::action_fail(model.runner(), &reason).map_err(Error::from)?;
    }
    model.propose(EntityKind::Unit, vec![status]);
    Ok(())
}
