//! Observing events.

use std::any::TypeId;
use std::cell::RefCell;
use std::rc::Rc;

use crate::error::Error;
use crate::event::{Event, EventName, Notice};
use crate::handler::{self, Handler};
use crate::library::Library;
use crate::metadata::Metadata;
use crate::model::Model;
use crate::on::EventSource;
use crate::outcome;

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
    pub(crate) custom: Option<TypeId>,
    pub(crate) check: fn(&EventName, &Metadata) -> Result<(), Error>,
    pub(crate) gone: fn(&Notice, &Model) -> Result<Option<String>, Error>,
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
                outcome::end_well(error, notice, model)?;
            }
            let deferred = event.deferred();
            event.finish(model)?;
            Ok(deferred)
        };
        self.push(Observer {
            event: event.name,
            handler: handler::name(std::any::type_name::<H>()),
            function: TypeId::of::<H>(),
            custom: E::custom(),
            check: E::check,
            gone: E::gone,
            run: Box::new(run),
        });
    }

    /// Add a library, which starts to observe its events.
    pub fn library<L: Library>(&mut self, library: L) -> RefreshOn<'_, C> {
        let name: Rc<str> = library.name().into();
        let mut framework = Framework::new();
        library.observe(&mut framework);
        let library = Rc::new(RefCell::new(library));
        for observer in framework.observers {
            let (library, name, run) = (Rc::clone(&library), Rc::clone(&name), observer.run);
            self.push(Observer {
                event: observer.event,
                handler: format!("{name}/{}", observer.handler),
                function: observer.function,
                custom: observer.custom,
                check: observer.check,
                gone: observer.gone,
                run: Box::new(move |_, notice, model| run(&mut library.borrow_mut(), notice, &model.of_library(&name))),
            });
        }
        self.libraries.push(Rc::clone(&name));
        self.libraries.extend(framework.libraries);
        let scope = Rc::clone(&name);
        let refresh = Rc::new(move |model: &Model| library.borrow().refresh(&model.of_library(&scope)));
        RefreshOn { framework: self, handler: format!("{name}/refresh"), function: TypeId::of::<L>(), refresh }
    }

    /// Check that names are unique.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (at, name) in self.libraries.iter().enumerate() {
            if self.libraries[..at].contains(name) {
                return Err(Error::LibraryClash { name: name.to_string() });
            }
        }
        for (at, observer) in self.observers.iter().enumerate() {
            let (EventName::Custom(event), Some(_)) = (&observer.event, observer.custom) else { continue };
            let other = |other: &Observer<C>| {
                other.event == observer.event && other.custom.is_some() && other.custom != observer.custom
            };
            if self.observers[..at].iter().any(other) {
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
    pub(crate) fn check_type(&self, event: &EventName, custom: TypeId) -> Result<(), Error> {
        let differs = |observer: &Observer<C>| {
            observer.event == *event && observer.custom.is_some_and(|observed| observed != custom)
        };
        match event {
            EventName::Custom(name) if self.observers.iter().any(differs) => {
                Err(Error::CustomEventClash { name: name.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Functions of the same name that observe the same event are numbered in order.
    fn push(&mut self, mut observer: Observer<C>) {
        let name = observer.handler.clone();
        let taken = |handler: &str| {
            self.observers.iter().any(|other| other.event == observer.event && other.handler == *handler)
        };
        let mut count = 1;
        while taken(&observer.handler) {
            count += 1;
            observer.handler = format!("{name}#{count}");
        }
        self.observers.push(observer);
    }
}

type Refresh = dyn Fn(&Model) -> anyhow::Result<()>;

/// A library that was added, and may be refreshed on events.
pub struct RefreshOn<'a, C> {
    framework: &'a mut Framework<C>,
    handler: String,
    function: TypeId,
    refresh: Rc<Refresh>,
}

impl<C: 'static> RefreshOn<'_, C> {
    /// Refresh the library ([`Library::refresh`]) on each of these events:
    /// `framework.library(TLS).refresh_on([on::config_changed().into(), on::leader_elected().into()])`.
    pub fn refresh_on(self, events: impl IntoIterator<Item = EventName>) {
        for event in events {
            let refresh = Rc::clone(&self.refresh);
            self.framework.push(Observer {
                event,
                handler: self.handler.clone(),
                function: self.function,
                custom: None,
                check: EventName::check,
                gone: |_, _| Ok(None),
                run: Box::new(move |_, notice, model| {
                    if let Err(error) = refresh(model) {
                        outcome::end_well(error, notice, model)?;
                    }
                    Ok(false)
                }),
            });
        }
    }
}
