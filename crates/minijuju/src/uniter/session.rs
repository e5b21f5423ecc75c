//! A hook's session with Juju: reads the unit's state from the database, answers hook commands, and collects their
//! changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use emulator::{Action, Call, Hook as EmulatedHook, Juju, Outcome, Reboot, State};
use ops::Status as CharmStatus;
use ops::hookcmds::LogLevel;
use serde_json::{Map, Value};

use super::changes::Changes;
use super::emulator_state;
use super::environment::{Job, api_address};
use super::unit_snapshot::UnitSnapshot;
use crate::charm;
use crate::hook::Hook;
use crate::hookcmd::wire::{Reply, Request};
use crate::machine::Machine;
use crate::store::Db;
use crate::store::model::Model;
use crate::store::status::Status;
use crate::store::unit::Unit;

/// What Juju applies at once, whether or not the hook succeeds.
#[derive(Clone, Debug, PartialEq)]
pub enum ImmediateChange {
    /// A new status of the unit's workload.
    UnitStatus(Status),
    /// A new status of the application.
    ApplicationStatus(Status),
    WorkloadVersion(String),
    /// A message of `juju-log`.
    Log {
        level: LogLevel,
        message: String,
    },
    /// A message of `action-log`, for the user who runs the action.
    ActionLog(String),
}

/// The session of one hook or action.
#[derive(Debug)]
pub struct Session {
    juju: Juju,
    before: State,
    model: String,
    unit: Unit,
    context: String,
    root: PathBuf,
    reported: Reported,
}

/// How much of the record was already reported.
#[derive(Debug, Default)]
struct Reported {
    logs: usize,
    unit_statuses: usize,
    app_statuses: usize,
    versions: usize,
    action_logs: usize,
}

impl Session {
    /// Start a session: read the unit's state.
    pub fn load(
        db: &Db,
        model: &Model,
        snapshot: &UnitSnapshot,
        (job, params): (Job<'_>, &BTreeMap<String, Value>),
        context: &str,
        machine: &Machine,
    ) -> anyhow::Result<Self> {
        let meta = charm::metadata(&snapshot.application)?;
        let subject = match job {
            Job::Hook { hook, .. } => Some(hook),
            Job::RunCommands(relation) => relation,
            Job::Action(..) | Job::UnitExec(_) => None,
        };
        let state = emulator_state::read(db, model, snapshot, subject, machine)?;
        let name = snapshot.name();
        let hook = match job {
            Job::Hook { hook, .. } => emulated_hook(name, hook),
            Job::Action(action, id) => with_action(EmulatedHook::new(name, action), action, id, params),
            Job::RunCommands(Some(relation)) => EmulatedHook { name: String::new(), ..emulated_hook(name, relation) },
            Job::RunCommands(None) => EmulatedHook::new(name, ""),
            Job::UnitExec(id) => with_action(EmulatedHook::new(name, "juju-exec"), "juju-exec", id, params),
        };
        let controller = api_address(&machine.address().to_string());
        let hook = EmulatedHook { controller, version: model.juju, ..hook };
        Ok(Self {
            before: state.clone(),
            juju: Juju::new(state, hook, meta),
            model: model.uuid.clone(),
            unit: snapshot.unit.clone(),
            context: context.to_owned(),
            root: machine.root(),
            reported: Reported::default(),
        })
    }

    /// Run a hook command.
    pub fn answer(&mut self, request: &Request) -> Reply {
        if request.context != self.context {
            let stderr = format!("ERROR bad request: wrong context ID; got {:?}\n", request.context).into_bytes();
            return Reply { code: 1, stdout: Vec::new(), stderr };
        }
        let output = self.juju.answer(&Call {
            name: &request.name,
            args: &request.args,
            stdin: request.stdin.as_deref(),
            cwd: Path::new(&request.cwd),
            root: &self.root,
        });
        Reply { code: output.code, stdout: output.stdout, stderr: output.stderr }
    }

    /// The changes since the last call that must be applied at once.
    pub fn take_immediate(&mut self) -> Vec<ImmediateChange> {
        let (record, reported) = (&self.juju.record, &mut self.reported);
        let mut changes = Vec::new();
        changes.extend(
            record.logs[reported.logs..]
                .iter()
                .map(|line| ImmediateChange::Log { level: line.level, message: line.message.clone() }),
        );
        changes.extend(
            record.unit_statuses[reported.unit_statuses..]
                .iter()
                .map(|now| ImmediateChange::UnitStatus(stored_status(now))),
        );
        changes.extend(
            record.app_statuses[reported.app_statuses..]
                .iter()
                .map(|now| ImmediateChange::ApplicationStatus(stored_status(now))),
        );
        changes.extend(
            record.workload_versions[reported.versions..].iter().cloned().map(ImmediateChange::WorkloadVersion),
        );
        changes.extend(record.action.logs[reported.action_logs..].iter().cloned().map(ImmediateChange::ActionLog));
        *reported = Reported {
            logs: record.logs.len(),
            unit_statuses: record.unit_statuses.len(),
            app_statuses: record.app_statuses.len(),
            versions: record.workload_versions.len(),
            action_logs: record.action.logs.len(),
        };
        changes
    }

    /// Whether the charm has set its unit's status.
    pub fn status_set(&self) -> bool {
        !self.juju.record.unit_statuses.is_empty()
    }

    /// Whether the hook must stop now, for a reboot.
    pub fn must_stop(&self) -> bool {
        self.juju.record.reboot == Some(Reboot::Now)
    }

    /// Whether the charm asked for a reboot, now or after the hook.
    pub fn wants_reboot(&self) -> bool {
        self.juju.record.reboot.is_some()
    }

    /// An action's results, and its message if it called `action-fail`.
    pub fn action_outcome(&self) -> (Map<String, Value>, Option<String>) {
        let action = &self.juju.record.action;
        let failed = action.failed.then(|| action.message.clone().unwrap_or_default());
        (action.results.clone(), failed)
    }

    /// End a failed hook. Only immediate changes stay, such as which revision of a secret the unit reads.
    pub fn fail(self) -> Changes {
        self.end(Juju::fail).0
    }

    /// End a hook that succeeded. Returns its changes, and why Juju refuses them, if it does; then only immediate
    /// changes are left.
    pub fn succeed(self) -> (Changes, Option<String>) {
        self.end(Juju::succeed)
    }

    fn end(self, end: fn(Juju) -> Outcome) -> (Changes, Option<String>) {
        let outcome = end(self.juju);
        let changes = Changes {
            model: self.model,
            unit: self.unit,
            before: self.before,
            after: outcome.state,
            record: outcome.record,
        };
        (changes, outcome.refusal)
    }
}

fn emulated_hook(unit: &str, hook: &Hook) -> EmulatedHook {
    let mut emulated = EmulatedHook::new(unit, hook.name());
    match hook {
        Hook::Relation(hook) => {
            emulated.relation = u32::try_from(hook.relation).ok();
            emulated.remote_app = Some(hook.application.clone());
            emulated.remote_unit = Some(hook.unit.clone()).filter(|unit| !unit.is_empty());
        }
        Hook::Storage { id, .. } => emulated.storage = Some(id.clone()),
        Hook::Unit(_) | Hook::Secret { .. } => {}
    }
    emulated
}

fn with_action(hook: EmulatedHook, name: &str, id: i64, params: &BTreeMap<String, Value>) -> EmulatedHook {
    let params = params.clone().into_iter().collect();
    EmulatedHook { action: Some(Action { name: name.to_owned(), id: id.to_string(), params }), ..hook }
}

fn stored_status(status: &CharmStatus) -> Status {
    Status::new(status.name.as_str(), &status.message)
}
