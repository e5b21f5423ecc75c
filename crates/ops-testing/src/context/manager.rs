//! A run that stops before the event is handled.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use ops::{Charm, Dispatch};

use super::Context;
use super::error::{Error, Result};
use super::store::MemoryStore;
use crate::consistency;
use crate::event::Event;
use emulator::name;
use emulator::{Juju, State, Storage};

impl<C: Charm> Context<C> {
    /// Run the charm with an event, and return the resulting state.
    ///
    /// # Errors
    /// Juju could not produce the state and the event; the charm failed; Juju refused its changes; or an action
    /// failed.
    pub fn run(&mut self, event: Event, state: State) -> Result<State> {
        self.manager(event, state)?.run()
    }

    /// Prepare a run, to look at charm and model before the event is handled.
    ///
    /// ```
    /// # use ops::{Charm, Framework};
    /// # use ops_testing::{Context, State, on};
    /// # struct MyCharm;
    /// # impl Charm for MyCharm { fn observe(_: &mut Framework<Self>) {} }
    /// # let metadata = "name: app\nsummary: An app.\ndescription: An app.\n";
    /// let mut ctx = Context::with_metadata(MyCharm, metadata)?;
    /// let manager = ctx.manager(on::start(), State::default().with_leader(true))?;
    /// assert!(manager.model().unit().is_leader().unwrap());
    /// let out = manager.run()?;
    /// # Ok::<(), ops_testing::Error>(())
    /// ```
    ///
    /// # Errors
    /// Juju could not produce the state and the event.
    #[expect(clippy::needless_pass_by_value, reason = "an event is made for one run, and reads best in its place")]
    pub fn manager(&mut self, event: Event, state: State) -> Result<Manager<'_, C>> {
        Manager::new(self, &event, state)
    }
}

/// A run that stops before the charm handles its event, created by [`Context::manager`].
pub struct Manager<'a, C: Charm> {
    context: &'a mut Context<C>,
    dispatch: Dispatch<C>,
    store: Rc<MemoryStore>,
}

impl<'a, C: Charm> Manager<'a, C> {
    pub(super) fn new(context: &'a mut Context<C>, event: &Event, mut state: State) -> Result<Self> {
        let unit = &context.unit;
        if context.checks {
            consistency::check(&state, event, &context.meta, unit).map_err(Error::Inconsistent)?;
        }
        let env = event.env(unit, &state);
        let version = unit.emulated_version();
        let hook = event.hook(&env, &context.meta, version);
        let not_json =
            |error: std::io::Error| Error::Inconsistent(vec![format!("the stored values are not JSON: {error}")]);
        let store = Rc::new(MemoryStore::new(&state).map_err(not_json)?);
        if version.is_4() {
            remove_private_addresses(&mut state);
            move_storage_to_uuid_folder(&mut state);
        }
        context.begin(&state);
        let juju = Juju::new(state, hook, Arc::clone(&context.meta));
        let runner = Arc::clone(&context.runner);
        runner.begin(juju, context.unit.charm_dir.clone());
        let meta = Rc::clone(&context.charm_meta);
        let mut dispatch = Dispatch::new(env, meta, runner, store.clone()).map_err(Error::Charm)?;
        if let Some(payload) = event.payload() {
            dispatch = dispatch.payload(payload.clone());
        }
        if let Some(constructor) = &context.constructor {
            context.charm = Some(constructor(dispatch.model()));
        }
        Ok(Self { context, dispatch, store })
    }

    /// The charm.
    pub fn charm(&mut self) -> &mut C {
        self.charm_and_model().0
    }

    /// Charm and model, to call the charm's own methods with the model.
    pub fn charm_and_model(&mut self) -> (&mut C, &ops::Model) {
        (charm(&mut self.context.charm), self.dispatch.model())
    }

    /// The model, as the charm's handlers will see it.
    #[must_use]
    pub fn model(&self) -> &ops::Model {
        self.dispatch.model()
    }

    /// Let the charm handle the event, and return the resulting state.
    ///
    /// # Errors
    /// The charm failed, Juju refused its changes, or an action failed.
    pub fn run(self) -> Result<State> {
        let Self { context, mut dispatch, store } = self;
        let result = tracing::dispatcher::with_default(&context.log, || dispatch.run(charm(&mut context.charm)));
        context.emitted_events = dispatch.emitted();
        for event in context.emitted_events.iter().collect::<BTreeSet<_>>() {
            context.payloads.extend(dispatch.payloads(event).map(|payload| (event.clone(), payload)));
        }
        let Some(juju) = context.runner.end() else {
            unreachable!("the hook began with this manager");
        };
        let in_action = juju.hook.action.is_some();
        let mut outcome = if result.is_ok() { juju.succeed() } else { juju.fail() };
        context.record = outcome.record;
        match result {
            // Juju kills the hook, and runs it again later. Only immediate changes are kept.
            Ok(()) | Err(ops::Error::Rebooting) => {}
            Err(error) => return Err(Error::Charm(error)),
        }
        if let Some(refusal) = outcome.refusal {
            return Err(Error::Refused(refusal));
        }
        store.fill(&mut outcome.state).map_err(|error| Error::Refused(error.to_string()))?;
        let action = &context.record.action;
        if in_action && action.failed {
            let message = action.message.clone().unwrap_or_default();
            return Err(Error::ActionFailed { message, state: Box::new(outcome.state) });
        }
        Ok(outcome.state)
    }
}

/// Remove the default `private-address` from databags: Juju 4 does not set it.
fn remove_private_addresses(state: &mut State) {
    for relation in &mut state.relations {
        let this_unit = std::iter::once(&mut relation.local_unit_data);
        let other_units = relation.remote_units_data.values_mut().chain(relation.local_units_data.values_mut());
        for databag in this_unit.chain(other_units) {
            if databag.get("private-address").is_some_and(|address| address == "192.0.2.0") {
                databag.remove("private-address");
            }
        }
    }
}

/// Move storage whose location is the default one of Juju 3 to a folder with a UUID, as Juju 4 does.
fn move_storage_to_uuid_folder(state: &mut State) {
    for storage in &mut state.storages {
        let default_location = Storage::new(&storage.name).index(storage.index).location;
        if storage.location == default_location {
            let uuid = name::uuid(&state.model.uuid, &storage.id());
            storage.location = format!("/var/lib/juju/storage/{uuid}");
        }
    }
}

fn charm<C>(charm: &mut Option<C>) -> &mut C {
    charm.as_mut().expect("a charm is constructed before its manager")
}
