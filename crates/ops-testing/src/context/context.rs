//! Runs state-transition tests.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use ops::on::EventSource;
use ops::{Charm, Dispatch, Emitted, EventName, Handler, Status};
use ops_metadata::CharmMeta;
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::charm_source::{CharmOrConstructor, CharmSource, Constructor};
use super::error::Result;
use super::runner::InProcessRunner;
use crate::event::Event;
use crate::unit::UnitInfo;
use emulator::{DeferredEvent, SecretId, State};
use emulator::{LogLine, Reboot, Record};

/// Runs a charm through events in this process, with states that the test sets up.
///
/// ```
/// use ops::{Charm, ConfigChangedEvent, Framework, Model};
/// use ops_testing::{Context, State, Status, on};
///
/// struct Greeter;
///
/// impl Charm for Greeter {
///     fn observe(framework: &mut Framework<Self>) {
///         framework.observe(ops::on::config_changed(), Self::on_config_changed);
///     }
/// }
///
/// impl Greeter {
///     fn on_config_changed(&mut self, _: &ConfigChangedEvent, model: &Model) -> anyhow::Result<()> {
///         let name = model.config()?["name"].as_str().unwrap_or("you");
///         model.unit().set_status(Status::active_with(format!("Hello {name}")))?;
///         Ok(())
///     }
/// }
///
/// let metadata = "
/// name: greeter
/// summary: Greets.
/// description: Greets.
/// config:
///   options:
///     name: {type: string, default: world}
/// ";
/// let mut ctx = Context::with_metadata(Greeter, metadata)?;
/// let out = ctx.run(on::config_changed(), State::default().with_config("name", "Juju"))?;
/// assert_eq!(out.unit_status, Status::active_with("Hello Juju"));
/// # Ok::<(), ops_testing::Error>(())
/// ```
///
/// A run first checks that Juju could produce the state and the event. It then dispatches the event to the charm,
/// answers the charm's hook commands from the state as Juju would, and returns the resulting state. Other results of
/// the run stay in the context until the next run.
///
/// Juju starts the charm's program again for each event. To do the same in a test, give the context a function:
/// `Context::new(MyCharm::default)` constructs a new charm for each run, so that only stored values survive. A charm
/// that is given as a value is kept between runs, with the mock workload that it may hold.
pub struct Context<C> {
    pub(super) charm: Option<C>,
    pub(super) constructor: Option<Box<Constructor<C>>>,
    pub(super) meta: Arc<CharmMeta>,
    /// The same metadata in an `Rc`, for the framework.
    pub(super) charm_meta: Rc<CharmMeta>,
    pub(super) unit: UnitInfo,
    pub(super) record: Record,
    pub(super) emitted_events: Vec<EventName>,
    pub(super) payloads: Vec<(EventName, Value)>,
    initial: Initial,
    pub(super) checks: bool,
    pub(super) runner: Arc<InProcessRunner>,
    /// The log subscriber, created only once: that takes longer than many hooks.
    pub(super) log: tracing::Dispatch,
}

/// What the state contains before the run, for the histories.
#[derive(Default)]
struct Initial {
    unit_status: Status,
    app_status: Status,
    workload_version: String,
}

impl<C: Charm> Context<C> {
    /// A charm with the metadata in the current directory, which under `cargo test` is the package's.
    ///
    /// # Panics
    /// If the metadata is missing or not valid; the message says why.
    #[must_use]
    pub fn new<Kind>(charm: impl CharmSource<C, Kind>) -> Self {
        let meta = CharmMeta::load(Path::new(".")).unwrap_or_else(|error| panic!("{}", ops::chain(&error)));
        Self::with_meta(charm, meta)
    }

    /// A charm with this `charmcraft.yaml`.
    ///
    /// # Errors
    /// The metadata is not valid.
    pub fn with_metadata<Kind>(charm: impl CharmSource<C, Kind>, charmcraft_yaml: &str) -> Result<Self> {
        Ok(Self::with_meta(charm, CharmMeta::parse(charmcraft_yaml)?))
    }

    /// A charm with metadata that was already parsed.
    #[must_use]
    pub fn with_meta<Kind>(charm: impl CharmSource<C, Kind>, meta: CharmMeta) -> Self {
        let unit = UnitInfo {
            app_name: meta.name.clone(),
            unit_number: 0,
            machine_id: Some("0".to_owned()),
            juju_version: "3.6.8".to_owned(),
            availability_zone: None,
            principal_unit: None,
            charm_dir: PathBuf::from("."),
        };
        let runner = Arc::<InProcessRunner>::default();
        let (charm, constructor) = match charm.into_charm() {
            CharmOrConstructor::Charm(charm) => (Some(charm), None),
            CharmOrConstructor::Constructor(constructor) => (None, Some(constructor)),
        };
        Self {
            charm,
            constructor,
            log: tracing::Dispatch::new(ops::log_subscriber(runner.clone())),
            runner,
            charm_meta: Rc::new(meta.clone()),
            meta: Arc::new(meta),
            unit,
            record: Record::default(),
            emitted_events: Vec::new(),
            payloads: Vec::new(),
            initial: Initial::default(),
            checks: true,
        }
    }

    /// Set the application's name; by default the charm's.
    #[must_use]
    pub fn app_name(mut self, name: impl Into<String>) -> Self {
        self.unit.app_name = name.into();
        self
    }

    /// Set the unit's number; 0 by default.
    #[must_use]
    pub fn unit_number(mut self, number: u32) -> Self {
        self.unit.unit_number = number;
        self
    }

    /// Set the machine's ID; 0 by default.
    #[must_use]
    pub fn machine_id(mut self, id: impl Into<String>) -> Self {
        self.unit.machine_id = Some(id.into());
        self
    }

    /// Set the version of Juju, such as 3.6.8 or 4.0.15; by default 3.6. Versions before 3.6 are checked for missing
    /// features, but answer as 3.6.
    #[must_use]
    pub fn juju_version(mut self, version: impl Into<String>) -> Self {
        self.unit.juju_version = version.into();
        self
    }

    /// Set the availability zone.
    #[must_use]
    pub fn availability_zone(mut self, zone: impl Into<String>) -> Self {
        self.unit.availability_zone = Some(zone.into());
        self
    }

    /// Make the unit a subordinate of this unit.
    #[must_use]
    pub fn principal_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit.principal_unit = Some(unit.into());
        self
    }

    /// Skip the check that Juju could produce states and events, to test a charm with impossible ones.
    #[must_use]
    pub fn without_consistency_checks(mut self) -> Self {
        self.checks = false;
        self
    }

    /// Set the charm's directory; by default the current one.
    #[must_use]
    pub fn charm_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.unit.charm_dir = dir.into();
        self
    }

    /// The event as deferred by the handler `handler`, such as `MyCharm::on_start`, for [`State::with_deferred`].
    ///
    /// # Panics
    /// If the charm does not observe the event with this function.
    #[expect(clippy::needless_pass_by_value, reason = "an event is made for one run, and reads best in its place")]
    pub fn deferred<E, Shape, H: Handler<C, E, Shape>>(&self, event: Event, _handler: H) -> DeferredEvent {
        let function = std::any::type_name::<H>();
        let handler = Dispatch::<C>::handler_name::<H>(&event.name)
            .unwrap_or_else(|| panic!("the charm does not observe {} with {function}", event.name));
        event.deferred(&self.unit, handler)
    }
}

/// The results of the last run.
impl<C> Context<C> {
    pub(super) fn begin(&mut self, state: &State) {
        self.record = Record::default();
        self.emitted_events.clear();
        self.payloads.clear();
        self.initial = Initial {
            unit_status: state.unit_status.clone(),
            app_status: state.app_status.clone(),
            workload_version: state.workload_version.clone(),
        };
    }

    /// The charm of the last run.
    ///
    /// # Panics
    /// If it is constructed for each run, and there has been none yet.
    pub fn charm(&self) -> &C {
        self.charm.as_ref().expect("the charm is made for each run, and there was none yet")
    }

    /// The charm, to change it before a run.
    ///
    /// # Panics
    /// If it is constructed for each run: change it in the function that constructs it.
    pub fn charm_mut(&mut self) -> &mut C {
        assert!(self.constructor.is_none(), "the charm is made new for each run: set it up where it is made");
        self.charm.as_mut().expect("a charm that is not made for each run is there")
    }

    /// The payloads of the emitted events of this source: `ctx.emitted(&DATABASE.ready())`.
    ///
    /// # Panics
    /// If another type of event has this name.
    #[must_use]
    pub fn emitted<E: Emitted>(&self, source: &EventSource<E>) -> Vec<E::Payload> {
        let payloads = self.payloads.iter().filter(|(event, _)| event == source.name());
        let load =
            |payload: &Value| E::Payload::deserialize(payload).unwrap_or_else(|error| panic!("{source:?}: {error}"));
        payloads.map(|(_, payload)| load(payload)).collect()
    }

    /// The log lines.
    #[must_use]
    pub fn juju_log(&self) -> &[LogLine] {
        &self.record.logs
    }

    /// The previous statuses of the unit, without the current one.
    #[must_use]
    pub fn unit_status_history(&self) -> Vec<Status> {
        previous(&self.initial.unit_status, &self.record.unit_statuses)
    }

    /// The previous statuses of the application, without the current one.
    #[must_use]
    pub fn app_status_history(&self) -> Vec<Status> {
        previous(&self.initial.app_status, &self.record.app_statuses)
    }

    /// The previous versions of the workload, without the current one.
    #[must_use]
    pub fn workload_version_history(&self) -> Vec<String> {
        previous(&self.initial.workload_version, &self.record.workload_versions)
    }

    /// The emitted events: deferred ones, the run's event, the charm's own, and those that collect statuses.
    #[must_use]
    pub fn emitted_events(&self) -> &[EventName] {
        &self.emitted_events
    }

    /// The action's results.
    #[must_use]
    pub fn action_results(&self) -> &Map<String, Value> {
        &self.record.action.results
    }

    /// The messages of `action-log`.
    #[must_use]
    pub fn action_logs(&self) -> &[String] {
        &self.record.action.logs
    }

    /// The message of `action-fail`; `None` if the action did not fail.
    #[must_use]
    pub fn action_failure(&self) -> Option<&str> {
        self.record.action.message.as_deref()
    }

    /// How many more instances of this storage the charm requested.
    #[must_use]
    pub fn requested_storages(&self, name: &str) -> u64 {
        self.record.requested_storages.get(name).copied().unwrap_or(0)
    }

    /// The secret revisions that the charm removed; `None` for all revisions.
    #[must_use]
    pub fn removed_secret_revisions(&self) -> &[(SecretId, Option<u32>)] {
        &self.record.removed_secret_revisions
    }

    /// The reboot that the charm requested.
    #[must_use]
    pub fn reboot(&self) -> Option<Reboot> {
        self.record.reboot
    }

    /// The names of the hook commands that the charm ran.
    #[must_use]
    pub fn hook_commands(&self) -> &[String] {
        &self.record.commands
    }
}

/// The values before the last: the initial one, and those that were set later.
fn previous<T: Clone>(initial: &T, later: &[T]) -> Vec<T> {
    match later.split_last() {
        None => Vec::new(),
        Some((_, rest)) => std::iter::once(initial).chain(rest).cloned().collect(),
    }
}
