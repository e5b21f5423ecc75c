//! Observing events, and running what observes them.

use std::rc::Rc;
use std::sync::Arc;

use crate::env::HookEnv;
use crate::error::Error;
use crate::event::{Event, EventName, Notice};
use crate::hookcmds::Runner;
use crate::metadata::Metadata;
use crate::model::Model;
use crate::on::EventSource;
use crate::status::Status;
use crate::stored::{Deferred, StateStore, Stored};

/// A charm: a struct whose methods handle events.
pub trait Charm: Sized + 'static {
    /// Say which events the charm observes, and which of its methods handle each.
    fn observe(framework: &mut Framework<Self>);
}

/// Which events a charm observes.
pub struct Framework<C> {
    observers: Vec<Observer<C>>,
}

struct Observer<C> {
    event: EventName,
    handler_type: &'static str,
    check: fn(&EventName, &Metadata) -> Result<(), Error>,
    gone: fn(&Notice, &Model) -> Result<Option<String>, Error>,
    /// Returns whether the handler deferred the event.
    run: Box<Run<C>>,
}

type Run<C> = dyn Fn(&mut C, &Notice, &Model) -> Result<bool, Error>;

impl<C: 'static> Framework<C> {
    /// Call `handler` for this event. Several handlers of one event run in the order in which they are observed.
    ///
    /// ```compile_fail,E0631
    /// # struct Charm;
    /// # impl Charm { fn on_stop(&mut self, _: &ops::StopEvent, _: &ops::Model) -> anyhow::Result<()> { Ok(()) } }
    /// fn observe(framework: &mut ops::Framework<Charm>) {
    ///     // It handles another event than the one it observes, and so does not compile.
    ///     framework.observe(ops::on::install(), Charm::on_stop);
    /// }
    /// ```
    pub fn observe<E, H>(&mut self, event: EventSource<E>, handler: H)
    where
        E: Event,
        H: Fn(&mut C, &E, &Model) -> anyhow::Result<()> + 'static,
    {
        let handler_type = std::any::type_name::<H>();
        let event_name = event.name.clone();
        let run = move |charm: &mut C, notice: &Notice, model: &Model| {
            let event = E::load(notice, model)?;
            handler(charm, &event, model).map_err(|source| match source.downcast() {
                Ok(Error::Rebooting) => Error::Rebooting,
                Ok(error) => failed(&event_name, handler_type, error.into()),
                Err(source) => failed(&event_name, handler_type, source),
            })?;
            let deferred = event.deferred();
            event.finish(model)?;
            Ok(deferred)
        };
        self.observers.push(Observer {
            event: event.name,
            handler_type,
            check: E::check,
            gone: E::gone,
            run: Box::new(run),
        });
    }
}

fn failed(event: &EventName, handler_type: &str, source: anyhow::Error) -> Error {
    Error::Handler { event: event.clone(), handler: handler_name(handler_type), source }
}

/// How the name of a handler begins that has none.
const CLOSURE: &str = "a closure in ";

/// `crate::charm::MyCharm<W>::on_start` becomes `MyCharm::on_start`, by which a deferred event finds its handler again,
/// also when the module has moved.
fn handler_name(path: &str) -> String {
    let mut depth = 0_u32;
    let plain: String = path
        .chars()
        .filter(|c| {
            match c {
                '<' => depth += 1,
                '>' => depth -= 1,
                _ => return depth == 0,
            }
            false
        })
        .collect();
    let segments: Vec<&str> = plain.split("::").filter(|segment| !segment.is_empty()).collect();
    match segments[..] {
        [.., function, "{{closure}}"] => format!("{CLOSURE}{function}"),
        _ => segments[segments.len().saturating_sub(2)..].join("::"),
    }
}

/// One hook: the event that Juju dispatched, on its way through the charm.
pub struct Dispatch<C> {
    framework: Framework<C>,
    model: Model,
    notice: Notice,
    store: Rc<dyn StateStore>,
    emitted: Vec<EventName>,
    /// The events whose handlers emitted the one that is being emitted, and which observers they have reached.
    emitting: Vec<(usize, Notice)>,
}

impl<C: Charm> Dispatch<C> {
    /// Get ready to dispatch the event that `env` names.
    ///
    /// # Errors
    /// The charm observes an event about something that the metadata does not define, or, observing any such event, is
    /// sent one; or what `store` holds is damaged.
    pub fn new(
        env: HookEnv,
        meta: impl Into<Metadata>,
        runner: Arc<dyn Runner>,
        store: Rc<dyn StateStore>,
    ) -> Result<Self, Error> {
        let meta = meta.into();
        let mut framework = Framework { observers: Vec::new() };
        C::observe(&mut framework);
        for observer in &framework.observers {
            (observer.check)(&observer.event, &meta)?;
            (observer.check)(&env.event, &meta)?;
        }
        let notice = Notice::from_env(&env);
        let stored = Stored::load(&*store)?;
        Ok(Self {
            framework,
            model: Model::new(env, meta, runner, stored),
            notice,
            store,
            emitted: Vec::new(),
            emitting: Vec::new(),
        })
    }

    /// The model, as the charm's handlers see it.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The events that were emitted so far: deferred ones, Juju's, the charm's own, and those that collect statuses.
    #[must_use]
    pub fn emitted(&self) -> &[EventName] {
        &self.emitted
    }

    /// Emit the events that were deferred, the one that Juju dispatched, and those that collect statuses; and save what
    /// the unit keeps.
    ///
    /// # Errors
    /// A handler, or a hook command, failed. Nothing is saved then. [`Error::Rebooting`] is no failure.
    pub fn run(&mut self, charm: &mut C) -> Result<(), Error> {
        // In these two hooks of old, Juju refuses most hook commands.
        let restricted = matches!(&self.notice.event, EventName::Other(hook) if hook == "collect-metrics" || hook == "meter-status-changed");
        if !restricted {
            self.reemit(charm)?;
        }
        self.emit(charm, &self.notice.clone(), None)?;
        if !restricted {
            self.collect_statuses(charm)?;
        }
        self.model.state().save(&*self.store)
    }

    fn reemit(&mut self, charm: &mut C) -> Result<(), Error> {
        // They keep their places until they are done with: so one that comes again has its turn when it came first.
        for deferred in self.model.state().deferred() {
            let Deferred { handler, notice } = &deferred;
            let observer = self.framework.observers.iter();
            let observer = observer
                .filter(|observer| observer.event == notice.event)
                .find(|observer| handler_name(observer.handler_type) == *handler);
            let dropped = match observer {
                Some(observer) => (observer.gone)(notice, &self.model)?,
                None => Some("the charm has no such handler any more".to_owned()),
            };
            match dropped {
                // It cannot come back, so failing would keep the unit in error for ever.
                Some(why) => {
                    tracing::error!("deferred event {} for {handler} is dropped: {why}", notice.event);
                    self.model.state().remove_deferred(&deferred);
                }
                None => self.emit(charm, notice, Some(&deferred))?,
            }
        }
        Ok(())
    }

    /// Emit an event to all its handlers, or to the one that deferred it; and then what those emitted.
    fn emit(&mut self, charm: &mut C, notice: &Notice, again: Option<&Deferred>) -> Result<(), Error> {
        self.emitted.push(notice.event.clone());
        for at in 0..self.framework.observers.len() {
            let observer = &self.framework.observers[at];
            if observer.event != notice.event {
                continue;
            }
            match again {
                Some(deferred) if deferred.handler != handler_name(observer.handler_type) => continue,
                None if self.waits(at, notice) => {
                    tracing::info!("event {} for {} waits already", notice.event, handler_name(observer.handler_type));
                    continue;
                }
                _ => {}
            }
            let asks_again = (observer.run)(charm, notice, &self.model)?;
            if asks_again && again.is_none() {
                let handler = handler_name(observer.handler_type);
                if handler.starts_with(CLOSURE) {
                    return Err(Error::DeferredByClosure { event: notice.event.clone() });
                }
                self.model.state().defer(Deferred { handler, notice: notice.clone() });
            }
            // Taken at once: what those emit in turn comes before the next of them, as if emitted on the spot.
            for emission in self.model.take_emissions() {
                self.emitting.push((at, notice.clone()));
                self.emit(charm, &emission, None)?;
                self.emitting.pop();
            }
            if let Some(deferred) = again {
                if !asks_again {
                    self.model.state().remove_deferred(deferred);
                }
                // A handler that is observed twice deferred the event once.
                break;
            }
        }
        Ok(())
    }

    /// Whether an equal event is on its way to this observer: deferred, or being emitted to it or to one before it. Ops
    /// does not queue it twice either; a handler that emits its own event would not come to an end.
    fn waits(&self, at: usize, notice: &Notice) -> bool {
        let state = self.model.state();
        self.emitting.iter().any(|(reached, emitting)| at >= *reached && emitting == notice)
            || state.any_deferred()
                && state.is_deferred(&handler_name(self.framework.observers[at].handler_type), notice)
    }

    fn collect_statuses(&mut self, charm: &mut C) -> Result<(), Error> {
        let observed = |event| self.framework.observers.iter().any(|observer| observer.event == event);
        if observed(EventName::CollectAppStatus) && self.model.is_leader()? {
            self.emit(charm, &Notice::new(EventName::CollectAppStatus), None)?;
            if let Some(status) = Status::worst(self.model.take_proposed(true)) {
                self.model.app().set_status(status)?;
            }
        }
        self.emit(charm, &Notice::new(EventName::CollectUnitStatus), None)?;
        match Status::worst(self.model.take_proposed(false)) {
            Some(status) => self.model.unit().set_status(status),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_is_known_by_its_type_and_name() {
        for (path, name) in [
            ("my_charm::charm::MyCharm<my_charm::Workload<u8>>::on_start", "MyCharm::on_start"),
            ("my_charm::on_start", "my_charm::on_start"),
            ("a::b::on_start", "b::on_start"),
            ("on_start", "on_start"),
        ] {
            assert_eq!(handler_name(path), name);
        }
        let closure = handler_name(std::any::type_name_of_val(&|| ()));
        assert_eq!(closure, "a closure in a_handler_is_known_by_its_type_and_name");
    }
}
