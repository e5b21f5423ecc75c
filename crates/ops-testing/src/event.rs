//! An event for a run.

use ops::{EventName, HookEnv};
use ops_metadata::CharmMeta;
use serde_json::{Map, Value};

use emulator::{Action, Hook, JujuVersion, action_params};
use emulator::{DeferredEvent, Relation, RelationId, Secret, State, Storage};

use crate::unit::UnitInfo;

/// An event for a run, created by the functions of [`on`](crate::on).
#[derive(Clone, Debug)]
pub struct Event {
    pub(crate) name: EventName,
    pub(crate) subject: Subject,
}

/// What an event is about.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    Unit,
    Relation { relation: Box<Relation>, remote_unit: RemoteUnit, departing_unit: Option<DepartingUnit> },
    Storage(Storage),
    Secret { secret: Box<Secret>, revision: Option<u32> },
    Action { params: Map<String, Value> },
    Custom { payload: Value, relation: Option<(String, RelationId)> },
}

/// The remote unit of a relation event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RemoteUnit {
    /// None: the event is about the application.
    None,
    /// The first remote unit.
    First,
    /// The remote unit with this number.
    Number(u32),
}

/// The departing unit of a relation event, if it is not the remote unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DepartingUnit {
    /// The remote unit with this number.
    Number(u32),
    /// The unit that handles the event.
    This,
}

impl Event {
    pub(crate) fn new(name: EventName, subject: Subject) -> Self {
        Self { name, subject }
    }

    /// Set the remote unit; by default it is the first one.
    ///
    /// # Panics
    /// If the event is not about a relation's units.
    #[must_use]
    pub fn remote_unit(mut self, number: u32) -> Self {
        *self.remote_unit_mut() = RemoteUnit::Number(number);
        self
    }

    /// Make the event about the remote application's databag instead of a unit's.
    ///
    /// # Panics
    /// If the event is not about a relation's units.
    #[must_use]
    pub fn of_app(mut self) -> Self {
        *self.remote_unit_mut() = RemoteUnit::None;
        self
    }

    fn remote_unit_mut(&mut self) -> &mut RemoteUnit {
        match &mut self.subject {
            Subject::Relation { remote_unit, .. } => remote_unit,
            _ => panic!("{} is not about a unit in a relation", self.name),
        }
    }

    /// Set the number of the departing unit; by default it is the remote unit. In a peer relation it can be this unit.
    ///
    /// # Panics
    /// If the event is not `relation-departed`.
    #[must_use]
    pub fn departing_unit(mut self, number: u32) -> Self {
        *self.departing_unit_mut() = Some(DepartingUnit::Number(number));
        self
    }

    /// Make this unit the departing one: Juju sends it the event for each remote unit.
    ///
    /// # Panics
    /// If the event is not `relation-departed`.
    #[must_use]
    pub fn this_unit_departs(mut self) -> Self {
        *self.departing_unit_mut() = Some(DepartingUnit::This);
        self
    }

    fn departing_unit_mut(&mut self) -> &mut Option<DepartingUnit> {
        match &mut self.subject {
            Subject::Relation { departing_unit, .. } if matches!(self.name, EventName::RelationDeparted(_)) => {
                departing_unit
            }
            _ => panic!("{} is not a departure from a relation", self.name),
        }
    }

    /// Set a parameter. Parameters with a default can be omitted.
    ///
    /// # Panics
    /// If the event is not an action.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        match &mut self.subject {
            Subject::Action { params } => params.insert(name.into(), value.into()),
            _ => panic!("{} is not an action, and has no parameters", self.name),
        };
        self
    }

    /// Whether it is about the remote application's databag.
    pub(crate) fn is_of_app(&self) -> bool {
        matches!(self.subject, Subject::Relation { remote_unit: RemoteUnit::None, .. })
    }

    /// The number of the remote unit.
    pub(crate) fn remote_unit_number(&self) -> Option<u32> {
        match &self.subject {
            Subject::Relation { relation, remote_unit, .. } => match remote_unit {
                RemoteUnit::None => None,
                RemoteUnit::First => relation.remote_units_data.keys().next().copied(),
                RemoteUnit::Number(number) => Some(*number),
            },
            _ => None,
        }
    }

    /// The environment that Juju sets for it.
    pub(crate) fn env(&self, unit: &UnitInfo, state: &State) -> HookEnv {
        let mut env = HookEnv::new(self.name.clone(), unit.name());
        env.model_name.clone_from(&state.model.name);
        env.model_uuid.clone_from(&state.model.uuid);
        env.juju_version = Some(unit.juju_version.clone());
        env.charm_dir.clone_from(&unit.charm_dir);
        env.machine_id.clone_from(&unit.machine_id);
        env.availability_zone.clone_from(&unit.availability_zone);
        env.principal_unit.clone_from(&unit.principal_unit);
        match &self.subject {
            Subject::Unit => {}
            Subject::Relation { relation, departing_unit, .. } => {
                let app = relation.remote_app_name(&unit.app_name);
                env.relation = Some((relation.endpoint.clone(), relation.id));
                env.remote_unit = self.remote_unit_number().map(|number| format!("{app}/{number}"));
                env.remote_app = Some(app.to_owned());
                if matches!(self.name, EventName::RelationDeparted(_)) {
                    env.departing_unit = match departing_unit {
                        Some(DepartingUnit::This) => Some(unit.name()),
                        Some(DepartingUnit::Number(number)) => Some(format!("{app}/{number}")),
                        None => env.remote_unit.clone(),
                    };
                }
            }
            Subject::Storage(storage) => env.storage_id = Some(storage.id()),
            Subject::Secret { secret, revision } => {
                // Juju's resolver of secrets names an expired one by its ID alone.
                let expired = self.name == EventName::SecretExpired;
                env.secret_id = Some(if expired { secret.id.to_string() } else { secret.id.uri() });
                env.secret_label.clone_from(&secret.label);
                env.secret_revision = *revision;
            }
            Subject::Action { .. } => env.action_id = Some("1".to_owned()),
            Subject::Custom { relation, .. } => env.relation.clone_from(relation),
        }
        env
    }

    /// The emulator's hook for it.
    pub(crate) fn hook(&self, env: &HookEnv, meta: &CharmMeta, version: JujuVersion) -> Hook {
        let path = self.name.dispatch_path().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let mut hook = Hook::new(env.unit_name.clone(), name);
        hook.version = version;
        hook.relation = env.relation.as_ref().map(|(_, id)| *id);
        hook.remote_unit.clone_from(&env.remote_unit);
        hook.remote_app.clone_from(&env.remote_app);
        hook.storage.clone_from(&env.storage_id);
        if let Subject::Action { params } = &self.subject {
            let action = meta.actions.get(name);
            // Whether Juju would run it was checked before, unless the test skips the checks.
            let completed = action.and_then(|action| action_params::with_defaults(action, params).ok());
            let params = completed.unwrap_or_else(|| params.clone());
            hook.action = Some(Action { name: name.to_owned(), id: "1".to_owned(), params });
        }
        hook
    }

    /// The event as a handler would defer it.
    pub(crate) fn deferred(&self, unit: &UnitInfo, handler: String) -> DeferredEvent {
        let env = self.env(unit, &State::default());
        DeferredEvent {
            handler,
            event: env.event,
            relation: env.relation,
            remote_app: env.remote_app,
            remote_unit: env.remote_unit,
            departing_unit: env.departing_unit,
            storage_id: env.storage_id,
            secret_id: env.secret_id,
            secret_label: env.secret_label,
            secret_revision: env.secret_revision,
            action_id: env.action_id,
            payload: self.payload().cloned().filter(|payload| !payload.is_null()),
        }
    }

    /// A custom event's payload.
    pub(crate) fn payload(&self) -> Option<&Value> {
        match &self.subject {
            Subject::Custom { payload, .. } => Some(payload),
            _ => None,
        }
    }
}
