//! Runs one action of a unit, or a command on it, and stores the results.

use anyhow::Context as _;
use emulator::action_params::{self, ParamsError};
use emulator::format::base64;
use serde_json::{Map, Value, json};

use super::agent_status;
use super::charm_folder;
use super::debug::WaitingDebugger;
use super::environment::{Job, context_id};
use super::juju_exec;
use super::listener::HookListener;
use super::process::ProcessEnd;
use super::program::{FindError, Program, RunParams, exit_text};
use super::script::{RunBy, Script};
use super::session::Session;
use super::unit_snapshot::UnitSnapshot;
use super::worker::Worker;
use crate::charm;
use crate::store::status;
use crate::store::status::{Kind, Status};
use crate::store::task::{self, Task, TaskKind, TaskStatus};

/// Why an action did not run.
#[derive(Debug, thiserror::Error)]
enum ActionError {
    /// The charm does not implement it.
    #[error("action not implemented on unit {0:?}")]
    NotImplemented(String),
    #[error(transparent)]
    Program(#[from] FindError),
    /// Its parameters do not match the charm's schema.
    #[error("cannot run {action:?} action: {reason}")]
    Params { action: String, reason: ParamsError },
    /// The relation or remote unit that it names does not exist.
    #[error("{0}")]
    Relation(juju_exec::RelationError),
    /// It could not be started or followed.
    #[error("{0}")]
    Failed(anyhow::Error),
}

impl Worker<'_> {
    pub(super) fn run_action(&mut self, snapshot: &UnitSnapshot, id: i64) -> anyhow::Result<()> {
        let Some(mut task) = task::find(self.store.db(), &self.model.uuid, id)? else { return Ok(()) };
        let machine = self.machine(snapshot)?;
        let (files, tag) = (machine.files()?, snapshot.unit.tag());
        charm_folder::link_tools(&files, &tag, machine.program(), self.model.juju)?;
        let action = match &task.kind {
            TaskKind::Action(action) => Some(action.clone()),
            TaskKind::UnitExec | TaskKind::MachineExec | TaskKind::RunCommands => None,
        };
        let (label, running) = match &action {
            Some(action) => (format!("action {action}"), format!("running action {action}")),
            None => ("juju-exec".to_owned(), "running commands".to_owned()),
        };
        let context = context_id(snapshot.name(), task.kind.name());
        let (uuid, name) = (self.model.uuid.clone(), snapshot.name().to_owned());
        task.start(&context);
        self.store.write(|db| {
            task::save(db, &uuid, &task)?;
            status::set(db, &uuid, Kind::Agent, &name, &Status::new("executing", &running))
        })?;
        tracing::debug!(target: "juju.worker.uniter.operation", "running {context}");
        let step = self.progress.start_step(format!("{name} {label}"));
        let (relation, relation_error) = match juju_exec::relation_hook(&task, snapshot) {
            Ok(relation) => (relation, None),
            Err(error) => (None, Some(ActionError::Relation(error))),
        };
        let job = match (&action, &task.kind) {
            (Some(action), _) => Job::Action(action, id),
            (None, TaskKind::RunCommands) => Job::RunCommands(relation.as_ref()),
            (None, _) => Job::UnitExec(id),
        };
        let timeout = task.timeout();
        let script = match task.command() {
            Some(command) => {
                Some(Script::write(&files, command, RunBy::Root).context("cannot write the command's script")?)
            }
            None => None,
        };
        let program = match &action {
            Some(action) => Program::find(&files, &tag, "actions", action),
            None => Ok(Some(shell(script.as_ref()))),
        };
        // Commands cannot be debugged.
        let debugger = match &action {
            Some(action) => WaitingDebugger::find(self.store.folder(), &uuid, &name, action)?,
            None => None,
        };
        let refused = relation_error.or(self.check_params(snapshot, &mut task).err());
        let mut session =
            Session::load(self.store.db(), self.model, snapshot, (job, &task.params), &context, &machine)?;
        let (end, output) = match (refused, program) {
            (Some(reason), _) => (Err(reason), Default::default()),
            (None, Ok(Some(program))) => {
                let mut listener = HookListener::new(&mut session, &mut self.store, &uuid, snapshot, task.kind.name());
                listener.capture(action.as_ref().map(|_| id));
                listener.stop_if_cancelled(id);
                let params = RunParams {
                    model: self.model,
                    snapshot,
                    machine: &machine,
                    launchers: self.launchers,
                    context: &context,
                    job,
                    timeout,
                    interrupt: self.interrupt,
                    debugger: debugger.as_ref(),
                };
                let end = program.run(&params, &mut listener);
                let output = listener.captured();
                listener.close()?;
                (end.map_err(ActionError::Failed), output)
            }
            (None, Ok(None)) => (Err(ActionError::NotImplemented(name.clone())), Default::default()),
            (None, Err(error)) => (Err(error.into()), Default::default()),
        };
        self.record_end(snapshot, task, session, &end, output)?;
        match end {
            Ok(ProcessEnd::Exited(_)) => step.done(),
            Ok(ProcessEnd::Interrupted | ProcessEnd::TimedOut | ProcessEnd::Stopped) => step.failed("stopped"),
            Err(error) => step.failed(&error.to_string()),
        }
        Ok(())
    }

    /// Check an action's parameters and add defaults. Juju 4 does so when the task runs; 3.6 before it creates the
    /// task.
    fn check_params(&self, snapshot: &UnitSnapshot, task: &mut Task) -> Result<(), ActionError> {
        let (TaskKind::Action(action), true) = (&task.kind, self.model.juju.is_4()) else { return Ok(()) };
        let meta = charm::metadata(&snapshot.application).ok();
        let Some(defined) = meta.as_ref().and_then(|meta| meta.actions.get(action)) else { return Ok(()) };
        let values = task.params.clone().into_iter().collect();
        let params = action_params::prepare(defined, &values, self.model.juju);
        task.params = params
            .map_err(|error| ActionError::Params { action: action.clone(), reason: error })?
            .into_iter()
            .collect();
        Ok(())
    }

    fn record_end(
        &mut self,
        snapshot: &UnitSnapshot,
        mut task: Task,
        session: Session,
        end: &Result<ProcessEnd, ActionError>,
        (stdout, stderr): (Vec<u8>, Vec<u8>),
    ) -> anyhow::Result<()> {
        let (mut results, mut message) = session.action_outcome();
        let exec = task.command().is_some();
        match end {
            Ok(ProcessEnd::Exited(status)) => {
                results.insert("return-code".to_owned(), json!(status.code().unwrap_or(-1)));
                // A failing exit code means a failed action, but a command has run whatever its exit code.
                if !status.success() && !exec {
                    message = Some(exit_text(*status));
                }
            }
            Ok(ProcessEnd::TimedOut) => message = Some("command timed out".to_owned()),
            Ok(ProcessEnd::Interrupted | ProcessEnd::Stopped) => message = Some("action terminated".to_owned()),
            Err(error) => message = Some(error.to_string()),
        }
        put_output(&mut results, "stdout", stdout);
        put_output(&mut results, "stderr", stderr);
        let succeeded = matches!(end, Ok(ProcessEnd::Exited(status)) if exec || status.success());
        let changes = if succeeded {
            let (changes, refusal) = session.succeed();
            if let Some(refusal) = &refusal {
                refuse(&mut results, &mut message, refusal);
                self.commit_refused(snapshot, changes, refusal)?;
                None
            } else {
                Some(changes)
            }
        } else {
            Some(session.fail())
        };
        task.results = Value::Object(results);
        let last = task::find(self.store.db(), &self.model.uuid, task.id)?;
        let cancelled = last.as_ref().is_some_and(|last| last.status == TaskStatus::Aborting);
        // One that completed before it could be stopped counts as completed.
        task.end(match (&message, cancelled) {
            (None, _) => TaskStatus::Completed,
            (Some(_), true) => TaskStatus::Aborted,
            (Some(_), false) => TaskStatus::Failed,
        });
        task.message = message.unwrap_or_default();
        task.log = last.map(|last| last.log).unwrap_or_default();
        let (uuid, name) = (&self.model.uuid, snapshot.name());
        let after = agent_status::when_idle(&snapshot.unit.agent.operation);
        self.store.write(|db| {
            if let Some(changes) = changes {
                changes.commit(db)?;
            }
            task::save(db, uuid, &task)?;
            status::set(db, uuid, Kind::Agent, name, &after)
        })?;
        Ok(())
    }
}

/// The shell that runs a command's script.
fn shell(script: Option<&Script>) -> Program {
    Program {
        path: "/bin/bash".to_owned(),
        args: script.into_iter().map(Script::path).collect(),
        handler_type: "juju-exec",
    }
}

/// Add a process's output to a task's results, in base64 if it is not UTF-8.
fn put_output(results: &mut Map<String, Value>, key: &str, bytes: Vec<u8>) {
    match String::from_utf8(bytes) {
        Ok(text) if text.is_empty() => {}
        Ok(text) => drop(results.insert(key.to_owned(), json!(text))),
        Err(error) => {
            results.insert(key.to_owned(), json!(base64::encode(error.as_bytes())));
            results.insert(format!("{key}-encoding"), json!("base64"));
        }
    }
}

/// An action succeeded, but Juju refuses its changes: its results say so (`finalizeAction` of Juju's hook context).
fn refuse(results: &mut Map<String, Value>, message: &mut Option<String>, refusal: &str) {
    let stderr = match results.get("stderr").and_then(Value::as_str) {
        Some(stderr) => format!("{stderr}\n{refusal}"),
        None => refusal.to_owned(),
    };
    results.insert("stderr".to_owned(), stderr.into());
    // Only the text "0" counts as success there; the number 0 stays.
    if results.get("return-code").is_none_or(|code| code == "0") {
        results.insert("return-code".to_owned(), "1".into());
    }
    message.get_or_insert_with(|| "committing requested changes failed".to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_changes_is_added_to_the_actions_standard_error() {
        for (results, message, wanted_results, wanted_message) in [
            (json!({}), None, json!({"stderr": "no", "return-code": "1"}), "committing requested changes failed"),
            (
                json!({"return-code": 0, "stderr": "hm\n"}),
                Some("its own"),
                json!({"return-code": 0, "stderr": "hm\n\nno"}),
                "its own",
            ),
        ] {
            let Value::Object(mut results) = results else { unreachable!("all are objects") };
            let mut message = message.map(str::to_owned);
            refuse(&mut results, &mut message, "no");
            assert_eq!((Value::Object(results), message.as_deref()), (wanted_results, Some(wanted_message)));
        }
    }
}
