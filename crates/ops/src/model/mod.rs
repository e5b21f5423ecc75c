//! The model: what a unit can see and change in Juju.

#[macro_use]
mod named;
mod application;
mod databag;
mod network;
mod relation;
mod secret;
mod secret_content;
mod storage;
mod unit;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ops_metadata::CharmMeta;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use crate::hookcmds::SecretGet;
pub use application::Application;
pub use databag::{Databag, Entity};
pub use network::Binding;
pub use relation::Relation;
pub use secret::{Secret, SecretUpdate};
pub use secret_content::SecretContent;
pub use storage::Storage;
pub use unit::Unit;

use crate::env::HookEnv;
use crate::error::Error;
use crate::hookcmds::{self, CloudSpec, EntityKind, GoalState, Network, Runner};
use crate::load::load;
use crate::metadata::Metadata;
use crate::notice::Emission;
use crate::status::Status;
use crate::stored_state::StoredState;

/// How long Juju guarantees that a unit stays the leader after `is-leader` has said so.
const LEADERSHIP_GUARANTEE: Duration = Duration::from_secs(30);

/// The model, as this unit sees it. It asks Juju when it needs an answer, and caches the answer until the hook ends.
///
/// It is cheap to clone, and all clones share the cache.
#[derive(Clone)]
pub struct Model {
    inner: Rc<Inner>,
    /// The library that stores values and emits events; `None` for the charm itself.
    library: Option<Rc<str>>,
}

struct Inner {
    env: HookEnv,
    meta: Metadata,
    runner: Arc<dyn Runner>,
    config: OnceCell<Map<String, Value>>,
    leader: Cell<Option<(bool, Instant)>>,
    relation_ids: RefCell<BTreeMap<String, Vec<u32>>>,
    relation_units: RefCell<BTreeMap<u32, Rc<[String]>>>,
    relation_apps: RefCell<BTreeMap<u32, Option<String>>>,
    databags: RefCell<BTreeMap<(u32, String), BTreeMap<String, String>>>,
    storage_ids: Cache<String, Vec<String>>,
    storage_locations: Cache<String, PathBuf>,
    resources: Cache<String, PathBuf>,
    networks: Cache<(String, Option<u32>), Network>,
    stored_state: StoredState,
    emissions: RefCell<Vec<Emission>>,
    proposed: RefCell<Proposed>,
    /// The status that this hook has set for the unit: `status-get` does not report it (see [`Unit::status`]).
    unit_status: RefCell<Option<Status>>,
    /// Whether this hook asked for an immediate reboot.
    rebooting: Cell<bool>,
}

/// Answers that are cached until the hook ends.
type Cache<K, V> = RefCell<BTreeMap<K, V>>;

/// The cached answer, or the one that `fetch` gets.
fn cached<K: Ord, V: Clone>(
    cache: &Cache<K, V>,
    key: K,
    fetch: impl FnOnce(&K) -> Result<V, Error>,
) -> Result<V, Error> {
    if let Some(answer) = cache.borrow().get(&key) {
        return Ok(answer.clone());
    }
    let answer = fetch(&key)?;
    cache.borrow_mut().insert(key, answer.clone());
    Ok(answer)
}

/// The statuses proposed for the unit and for the application.
#[derive(Default)]
struct Proposed {
    unit: Vec<Status>,
    app: Vec<Status>,
}

impl Proposed {
    fn of(&mut self, kind: EntityKind) -> &mut Vec<Status> {
        match kind {
            EntityKind::Unit => &mut self.unit,
            EntityKind::Application => &mut self.app,
        }
    }
}

impl Model {
    pub(crate) fn new(env: HookEnv, meta: Metadata, runner: Arc<dyn Runner>, stored_state: StoredState) -> Self {
        let inner = Inner {
            env,
            meta,
            runner,
            config: OnceCell::new(),
            leader: Cell::new(None),
            relation_ids: RefCell::default(),
            relation_units: RefCell::default(),
            relation_apps: RefCell::default(),
            databags: RefCell::default(),
            storage_ids: Cache::default(),
            storage_locations: Cache::default(),
            resources: Cache::default(),
            networks: Cache::default(),
            stored_state,
            emissions: RefCell::default(),
            proposed: RefCell::default(),
            unit_status: RefCell::default(),
            rebooting: Cell::new(false),
        };
        Self { inner: Rc::new(inner), library: None }
    }

    pub(crate) fn of_library(&self, name: &Rc<str>) -> Self {
        Self { inner: Rc::clone(&self.inner), library: Some(Rc::clone(name)) }
    }

    /// The library that this model belongs to; `None` for the charm's.
    pub(crate) fn library(&self) -> Option<&str> {
        self.library.as_deref()
    }

    /// The model's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.env.model_name
    }

    /// The model's UUID.
    #[must_use]
    pub fn uuid(&self) -> &str {
        &self.inner.env.model_uuid
    }

    /// The version of the Juju agent, such as `3.6.8`. Older versions do not set it for every event.
    #[must_use]
    pub fn juju_version(&self) -> Option<&str> {
        self.inner.env.juju_version.as_deref()
    }

    /// The environment of this hook.
    #[must_use]
    pub fn env(&self) -> &HookEnv {
        &self.inner.env
    }

    /// The charm's metadata.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn meta(&self) -> Result<&CharmMeta, Error> {
        self.inner.meta.get()
    }

    /// The runner of hook commands, for those in [`crate::hookcmds`] that this model lacks.
    #[must_use]
    pub fn runner(&self) -> &dyn Runner {
        &*self.inner.runner
    }

    /// This unit.
    #[must_use]
    pub fn unit(&self) -> Unit {
        self.unit_named(&self.inner.env.unit_name)
    }

    /// This unit's application.
    #[must_use]
    pub fn app(&self) -> Application {
        self.application(self.inner.env.app_name())
    }

    /// Any unit, by name. Does not ask Juju.
    #[must_use]
    pub fn unit_named(&self, name: &str) -> Unit {
        Unit::new(self.clone(), name)
    }

    /// Any application, by name. Does not ask Juju.
    #[must_use]
    pub fn application(&self, name: &str) -> Application {
        Application::new(self.clone(), name)
    }

    /// The application's config as Juju gives it: options that are set, or have a default. Cached for the hook.
    ///
    /// # Errors
    /// `config-get` failed.
    pub fn config(&self) -> Result<&Map<String, Value>, Error> {
        if let Some(config) = self.inner.config.get() {
            return Ok(config);
        }
        let config = hookcmds::config_get(self.runner())?;
        Ok(self.inner.config.get_or_init(|| config))
    }

    /// The application's config as the charm's own type. For option names with hyphens use `#[serde(rename_all =
    /// "kebab-case")]`.
    ///
    /// # Errors
    /// `config-get` failed, or [`Error::Config`]: an option does not fit the type.
    pub fn load_config<T: DeserializeOwned>(&self) -> Result<T, Error> {
        load(self.config()?).map_err(Error::Config)
    }

    /// Whether this unit is the leader. Juju guarantees a positive answer for 30 seconds. After that time, Juju is
    /// asked again.
    ///
    /// # Errors
    /// `is-leader` failed.
    pub fn is_leader(&self) -> Result<bool, Error> {
        if let Some((leader, asked_at)) = self.inner.leader.get()
            && asked_at.elapsed() < LEADERSHIP_GUARANTEE
        {
            return Ok(leader);
        }
        // The guarantee counts from before the answer.
        let asked_at = Instant::now();
        let leader = hookcmds::is_leader(self.runner())?;
        self.inner.leader.set(Some((leader, asked_at)));
        Ok(leader)
    }

    pub(crate) fn require_leader(&self, what: &'static str) -> Result<(), Error> {
        if self.is_leader()? { Ok(()) } else { Err(Error::NotLeader { unit: self.inner.env.unit_name.clone(), what }) }
    }

    /// The path of a resource's file, which Juju fetches if needed.
    ///
    /// # Errors
    /// The metadata defines no such resource; [`Error::NoResource`]; or `resource-get` failed.
    pub fn resource(&self, name: &str) -> Result<PathBuf, Error> {
        Self::check_defined("resource", name, self.meta()?.resources.contains_key(name))?;
        cached(&self.inner.resources, name.to_owned(), |name| {
            hookcmds::resource_get(self.runner(), name).map_err(|error| match error {
                hookcmds::Error::Failed { stderr, .. } if stderr.ends_with("not found") => {
                    Error::NoResource { name: name.clone() }
                }
                error => error.into(),
            })
        })
    }

    /// The model's cloud, with its credential. Only for an application that was trusted with `juju trust`.
    ///
    /// # Errors
    /// [`Error::NotTrusted`], or `credential-get` failed: the cloud has none.
    pub fn cloud_spec(&self) -> Result<CloudSpec, Error> {
        hookcmds::credential_get(self.runner()).map_err(|error| match error {
            hookcmds::Error::Failed { stderr, .. } if stderr.contains("permission denied") => Error::NotTrusted,
            error => error.into(),
        })
    }

    /// The planned units and relations.
    ///
    /// # Errors
    /// `goal-state` failed.
    pub fn goal_state(&self) -> Result<GoalState, Error> {
        Ok(hookcmds::goal_state(self.runner())?)
    }

    /// A value that was stored in this or an earlier hook.
    ///
    /// ```no_run
    /// # fn handler(model: &ops::Model) -> anyhow::Result<()> {
    /// let backups: u32 = model.stored("backups")?.unwrap_or(0);
    /// model.store("backups", &(backups + 1))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The stored value is not a `T`.
    pub fn stored<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.inner.stored_state.get(self.library.as_deref(), key)
    }

    /// Store a value for later hooks of this unit. A library's handlers store values in the library's own namespace.
    /// The value is saved if this hook succeeds, and dropped if it fails.
    ///
    /// # Errors
    /// The value cannot be serialized as JSON.
    pub fn store<T: serde::Serialize>(&self, key: &str, value: &T) -> Result<(), Error> {
        self.inner.stored_state.set(self.library.as_deref(), key, value)
    }

    /// Delete a stored value.
    pub fn forget(&self, key: &str) {
        self.inner.stored_state.remove(self.library.as_deref(), key);
    }

    pub(crate) fn push_emission(&self, emission: Emission) {
        self.inner.emissions.borrow_mut().push(emission);
    }

    pub(crate) fn take_emissions(&self) -> Vec<Emission> {
        self.inner.emissions.take()
    }

    pub(crate) fn is_rebooting(&self) -> bool {
        self.inner.rebooting.get()
    }

    pub(crate) fn stored_state(&self) -> &StoredState {
        &self.inner.stored_state
    }

    /// Set the status of this unit or its application.
    pub(crate) fn set_status(&self, kind: EntityKind, status: &Status) -> Result<(), Error> {
        if !status.name.is_settable() {
            return Err(Error::InvalidStatus(status.name));
        }
        hookcmds::status_set(self.runner(), kind, status.name, &status.message)?;
        if kind == EntityKind::Unit {
            *self.inner.unit_status.borrow_mut() = Some(status.clone());
        }
        Ok(())
    }

    pub(crate) fn propose(&self, kind: EntityKind, statuses: Vec<Status>) {
        self.inner.proposed.borrow_mut().of(kind).extend(statuses);
    }

    pub(crate) fn take_proposed(&self, kind: EntityKind) -> Vec<Status> {
        std::mem::take(self.inner.proposed.borrow_mut().of(kind))
    }

    fn check_defined(kind: &'static str, name: &str, defined: bool) -> Result<(), Error> {
        if defined { Ok(()) } else { Err(Error::Undefined { kind, name: name.to_owned() }) }
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name())
            .field("unit", &self.inner.env.unit_name)
            .finish_non_exhaustive()
    }
}
