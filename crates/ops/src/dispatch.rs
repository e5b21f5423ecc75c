//! One hook, from the event that Juju dispatched to the statuses that are set.

use std::any::TypeId;
use std::rc::Rc;
use std::sync::Arc;

use crate::env::HookEnv;
use crate::error::Error;
use crate::event_name::EventName;
use crate::framework::{Charm, Failure, Framework};
use crate::hookcmds::{EntityKind, Runner};
use crate::metadata::Metadata;
use crate::model::Model;
use crate::notice::{Emission, Notice};
use crate::status::Status;
use crate::stored_state::{Deferred, StateStore, StoredState};

/// One hook: dispatches Juju's event to the charm's handlers.
pub struct Dispatch<C> {
    framework: Framework<C>,
    model: Model,
    notice: Notice,
    store: Rc<dyn StateStore>,
    emitted: Vec<Notice>,
    /// The events whose handlers emitted the current one, and the observers that they have reached.
    emitting: Vec<(usize, Notice)>,
}

impl<C: Charm> Dispatch<C> {
    /// Prepare to dispatch the event in `env`.
    ///
    /// # Errors
    /// The charm observes an event that its metadata does not define, or, if it observes events from the metadata at
    /// all, is sent such an event; two of its custom events or libraries have the same name; or the content of `store`
    /// is damaged.
    pub fn new(
        env: HookEnv,
        meta: impl Into<Metadata>,
        runner: Arc<dyn Runner>,
        store: Rc<dyn StateStore>,
    ) -> Result<Self, Error> {
        let meta = meta.into();
        let mut framework = Framework::new();
        C::observe(&mut framework);
        framework.check_names()?;
        for observer in &framework.observers {
            (observer.check)(&observer.event, &meta)?;
            (observer.check)(&env.event, &meta)?;
        }
        let notice = Notice::from_env(&env);
        let stored_state = StoredState::load(&*store)?;
        Ok(Self {
            framework,
            model: Model::new(env, meta, runner, stored_state),
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

    /// The events emitted so far: deferred ones, Juju's, the charm's own, and those that collect statuses.
    #[must_use]
    pub fn emitted(&self) -> Vec<EventName> {
        self.emitted.iter().map(|notice| notice.event.clone()).collect()
    }

    /// The payloads of the custom events with this name that were emitted so far.
    pub fn payloads(&self, event: &EventName) -> impl Iterator<Item = serde_json::Value> {
        let notices = self.emitted.iter().filter(move |notice| notice.event == *event);
        notices.map(|notice| notice.payload.clone().unwrap_or_default())
    }

    /// Set the payload of the dispatched event, which is a custom one: for tests.
    #[must_use]
    pub fn payload(mut self, payload: serde_json::Value) -> Self {
        self.notice.payload = Some(payload).filter(|payload| !payload.is_null());
        self
    }

    /// The name of the handler by which a deferred event finds it again, if this function observes the event.
    #[must_use]
    pub fn handler_name<H: 'static>(event: &EventName) -> Option<String> {
        let mut framework = Framework::new();
        C::observe(&mut framework);
        let function = TypeId::of::<H>();
        let mut observers = framework.observers.into_iter();
        observers.find(|observer| observer.event == *event && observer.function == function).map(|it| it.handler)
    }

    /// Emit the deferred events, Juju's event, and those that collect statuses; then save the unit's state.
    ///
    /// # Errors
    /// A handler or a hook command failed. Nothing is saved then. [`Error::Rebooting`] is not a failure.
    pub fn run(&mut self, charm: &mut C) -> Result<(), Error> {
        // In these two old hooks, Juju refuses most hook commands.
        let restricted = matches!(&self.notice.event, EventName::Other(hook) if hook == "collect-metrics" || hook == "meter-status-changed");
        if !restricted {
            self.reemit(charm)?;
        }
        self.emit(charm, &self.notice.clone(), None)?;
        if !restricted {
            self.collect_statuses(charm)?;
        }
        self.model.stored_state().save(&*self.store)
    }

    fn reemit(&mut self, charm: &mut C) -> Result<(), Error> {
        // Each keeps its place until it is handled, so events that are deferred again keep their order.
        for deferred in self.model.stored_state().deferred() {
            let Deferred { handler, notice } = &deferred;
            let observer = self.framework.observers.iter();
            let observer = observer
                .filter(|observer| observer.event == notice.event)
                .find(|observer| observer.handler == *handler);
            let drop_reason = match observer {
                Some(observer) => (observer.drop_reason)(notice, &self.model)?,
                None => Some("the charm no longer has this handler".to_owned()),
            };
            match drop_reason {
                // The relation or storage cannot come back, so failing would keep the unit in error forever.
                Some(reason) => {
                    tracing::error!("deferred event {} for {handler} is dropped: {reason}", notice.event);
                    self.model.stored_state().remove_deferred(&deferred);
                }
                None => self.emit(charm, notice, Some(&deferred))?,
            }
        }
        Ok(())
    }

    /// Emit an event to all its handlers, or to the one that deferred it; then emit what those handlers emitted.
    fn emit(&mut self, charm: &mut C, notice: &Notice, reemitted: Option<&Deferred>) -> Result<(), Error> {
        self.emitted.push(notice.clone());
        for index in 0..self.framework.observers.len() {
            let observer = &self.framework.observers[index];
            if observer.event != notice.event {
                continue;
            }
            match reemitted {
                Some(deferred) if deferred.handler != observer.handler => continue,
                None if self.is_queued(index, notice) => {
                    tracing::info!("event {} for {} is already waiting", notice.event, observer.handler);
                    continue;
                }
                _ => {}
            }
            let is_deferred = match (observer.run)(charm, notice, &self.model) {
                Ok(is_deferred) => is_deferred,
                Err(Failure::Event(error)) => return Err(error),
                Err(Failure::Handler(_)) if self.model.is_rebooting() => return Err(Error::Rebooting),
                Err(Failure::Handler(source)) => {
                    let (event, handler) = (notice.event.clone(), observer.handler.clone());
                    return Err(Error::Handler { event, handler, source });
                }
            };
            if is_deferred && reemitted.is_none() {
                self.model.stored_state().defer(Deferred { handler: observer.handler.clone(), notice: notice.clone() });
            }
            // Emit these at once: what their handlers emit comes before the next of them, as in a nested call.
            for Emission { notice: emission, custom_type } in self.model.take_emissions() {
                self.framework.check_custom_type(&emission.event, custom_type)?;
                self.emitting.push((index, notice.clone()));
                self.emit(charm, &emission, None)?;
                self.emitting.pop();
            }
            if let Some(deferred) = reemitted {
                if !is_deferred {
                    self.model.stored_state().remove_deferred(deferred);
                }
                break;
            }
        }
        Ok(())
    }

    /// Whether this observer will get an equal event anyway: it is deferred, or is being emitted and has not passed
    /// this observer. Ops does not queue such an event twice either; otherwise a handler that emits its own event
    /// would loop forever.
    fn is_queued(&self, index: usize, notice: &Notice) -> bool {
        let stored_state = self.model.stored_state();
        self.emitting.iter().any(|(reached, emitting)| index >= *reached && emitting == notice)
            || stored_state.any_deferred() && stored_state.is_deferred(&self.framework.observers[index].handler, notice)
    }

    fn collect_statuses(&mut self, charm: &mut C) -> Result<(), Error> {
        let observed = |event| self.framework.observers.iter().any(|observer| observer.event == event);
        if observed(EventName::CollectAppStatus) && self.model.is_leader()? {
            self.emit(charm, &Notice::new(EventName::CollectAppStatus), None)?;
            if let Some(status) = Status::worst(self.model.take_proposed(EntityKind::Application)) {
                self.model.app().set_status(status)?;
            }
        }
        self.emit(charm, &Notice::new(EventName::CollectUnitStatus), None)?;
        match Status::worst(self.model.take_proposed(EntityKind::Unit)) {
            Some(status) => self.model.unit().set_status(status),
            None => Ok(()),
        }
    }
}
