//! Runs one hook of a unit, and stores its outcome.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use ops::hookcmds::LogLevel;

use super::changes::Changes;
use super::debug::WaitingDebugger;
use super::environment::{Job, context_id};
use super::listener::HookListener;
use super::process::ProcessEnd;
use super::program::{Program, RunParams, exit_text};
use super::resolver;
use super::session::Session;
use super::unit_snapshot::{self, UnitSnapshot};
use super::worker::{Worker, log_line};
use super::{agent_status, charm_folder, scope, secrets};
use crate::hook::{Hook, RelationHook, RelationKind, SecretKind, StorageKind, UnitHook};
use crate::machine::Machine;
use crate::program_name::program_name;
use crate::progress::format_duration;
use crate::store::agent::Operation;
use crate::store::database::now;
use crate::store::status::{Kind, Status};
use crate::store::unit::ResolvedMode;
use crate::store::{self, log, status, unit};

/// How many of a failed hook's last log lines to show.
const SHOWN_LINES: usize = 12;

enum Outcome {
    /// It succeeded, with these effects.
    Succeeded(Box<Changes>),
    /// It failed, for this reason.
    Failed(String),
    /// It asked for a reboot, and to run again after it.
    Requeued,
}

/// What a hook that has run leaves.
struct HookResult {
    outcome: Outcome,
    /// How its program was found, in Juju's words; `None` if the charm has no program for the hook.
    handler_type: Option<&'static str>,
    /// The last lines that the charm logged or printed.
    tail: Vec<String>,
    /// Whether it asked for a reboot.
    reboot: bool,
    /// Whether it set its unit's status.
    status_set: bool,
}

impl HookResult {
    fn failed(error: &anyhow::Error) -> Self {
        let outcome = Outcome::Failed(format!("{error:#}"));
        Self { outcome, handler_type: None, tail: Vec::new(), reboot: false, status_set: false }
    }
}

impl Worker<'_> {
    pub(super) fn run_hook(&mut self, snapshot: &UnitSnapshot, hook: &Hook) -> anyhow::Result<()> {
        let machine = self.machine(snapshot)?;
        // A new machine's address is known only now.
        let Some(mut snapshot) = unit_snapshot::find(self.store.db(), &self.model.uuid, snapshot.name())? else {
            return Ok(());
        };
        // If this fails, the hook stays due for the next command.
        let (location, kind) = self.prepare(&mut snapshot, hook, &machine)?;
        let job = Job::Hook { hook, location: &location, kind: &kind };
        let context = context_id(snapshot.name(), &hook.name());
        self.record_start(&snapshot, hook, &context, &machine.address().to_string())?;
        snapshot.unit.agent.operation =
            Operation::Running { hook: hook.clone(), context: context.clone(), since: now() };
        let step = self.progress.start_step(format!("{} {}", snapshot.name(), label(hook)));
        tracing::debug!(target: "juju.worker.uniter.operation", "running hook {context}");
        let result =
            self.execute(&snapshot, hook, job, &context, &machine).unwrap_or_else(|error| HookResult::failed(&error));
        snapshot.unit.agent.status_set |= result.status_set;
        match result.outcome {
            Outcome::Succeeded(changes) => {
                self.save_detached_storage(hook, &machine)?;
                self.commit(&snapshot, hook, Some(*changes), result.handler_type)?;
                if result.reboot {
                    self.reboot(&snapshot, &machine)?;
                }
                step.done();
            }
            Outcome::Requeued => {
                self.queue_after_reboot(&snapshot, hook)?;
                self.reboot(&snapshot, &machine)?;
                step.done();
            }
            Outcome::Failed(reason) => {
                self.record_failure(&snapshot, hook, result.handler_type, &reason)?;
                step.failed(&reason);
                self.report_failure(&snapshot, hook, &result.tail);
            }
        }
        Ok(())
    }

    /// Prepare everything that a hook needs on its machine. Returns the mount point and type of its storage.
    fn prepare(
        &mut self,
        snapshot: &mut UnitSnapshot,
        hook: &Hook,
        machine: &Machine,
    ) -> anyhow::Result<(String, String)> {
        let (files, tag) = (machine.files()?, snapshot.unit.tag());
        let new_unit = snapshot.unit.agent.charm_version.is_none();
        if new_unit || *hook == UnitHook::UpgradeCharm.into() {
            charm_folder::unpack_charm_in_machine(machine, &tag, Path::new(&snapshot.application.archive))?;
            // A storage hook before install already needs the charm, and later hooks must not unpack it again.
            snapshot.unit.agent.charm_version = Some(snapshot.remote_state.charm_version);
        }
        charm_folder::link_tools(&files, &tag, machine.program(), self.model.juju)?;
        self.place_resources(snapshot, &files)?;
        match hook {
            Hook::Storage { id, .. } => self.provide_storage(machine, &files, id),
            Hook::Unit(_) | Hook::Relation(_) | Hook::Secret { .. } => Ok((String::new(), String::new())),
        }
    }

    /// Run a hook's process, and collect its effects.
    fn execute(
        &mut self,
        snapshot: &UnitSnapshot,
        hook: &Hook,
        job: Job<'_>,
        context: &str,
        machine: &Machine,
    ) -> anyhow::Result<HookResult> {
        let mut session =
            Session::load(self.store.db(), self.model, snapshot, (job, &BTreeMap::new()), context, machine)?;
        let name = hook.name();
        let (mut handler_type, mut tail, mut failure) = (None, Vec::new(), None);
        let debugger = WaitingDebugger::find(self.store.folder(), &self.model.uuid, snapshot.name(), &name)?;
        let found = match Program::find(&machine.files()?, &snapshot.unit.tag(), "hooks", &name) {
            Ok(None) if debugger.as_ref().is_some_and(WaitingDebugger::wants_missing) => Ok(Some(Program::missing())),
            found => found,
        };
        match found {
            Ok(None) => {}
            Ok(Some(program)) => {
                handler_type = Some(program.handler_type);
                let mut listener = HookListener::new(&mut session, &mut self.store, &self.model.uuid, snapshot, &name);
                let began = Instant::now();
                let params = RunParams {
                    model: self.model,
                    snapshot,
                    machine,
                    launchers: self.launchers,
                    context,
                    job,
                    timeout: None,
                    interrupt: self.interrupt,
                    debugger: debugger.as_ref(),
                };
                let end = program.run(&params, &mut listener);
                tail = listener.tail(SHOWN_LINES);
                listener.close()?;
                failure = match end? {
                    ProcessEnd::Exited(status) if status.success() => None,
                    ProcessEnd::Exited(status) => Some(exit_text(status)),
                    ProcessEnd::Interrupted => {
                        Some(format!("stopped after {} by a signal to minijuju", format_duration(began.elapsed())))
                    }
                    ProcessEnd::TimedOut => unreachable!("hooks have no timeout"),
                    ProcessEnd::Stopped => None,
                };
            }
            Err(error) => failure = Some(error.to_string()),
        }
        let (reboot, stopped, status_set) = (session.wants_reboot(), session.must_stop(), session.status_set());
        let outcome = match failure {
            Some(reason) => {
                self.commit_immediate(session.fail())?;
                Outcome::Failed(reason)
            }
            None if stopped => {
                self.commit_immediate(session.fail())?;
                Outcome::Requeued
            }
            // The hook fails if Juju refuses its changes.
            None => match session.succeed() {
                (changes, None) => Outcome::Succeeded(Box::new(changes)),
                (changes, Some(reason)) => {
                    self.commit_refused(snapshot, changes, &reason)?;
                    Outcome::Failed(reason)
                }
            },
        };
        Ok(HookResult { outcome, handler_type, tail, reboot, status_set })
    }

    /// Store what took effect at once in a failed hook.
    fn commit_immediate(&mut self, changes: Changes) -> anyhow::Result<()> {
        Ok(self.store.write(|db| changes.commit(db))?)
    }

    /// Store what took effect at once although Juju refuses the rest, and the reason for that.
    pub(super) fn commit_refused(
        &mut self,
        snapshot: &UnitSnapshot,
        changes: Changes,
        reason: &str,
    ) -> anyhow::Result<()> {
        let message = format!("cannot apply changes: {reason}");
        let line = log_line(snapshot, LogLevel::Error, "juju.worker.uniter.context", &message);
        self.store.write(|db| {
            log::append(db, &self.model.uuid, &[line])?;
            changes.commit(db)
        })?;
        Ok(())
    }

    /// Record that a hook is about to run.
    fn record_start(
        &mut self,
        snapshot: &UnitSnapshot,
        hook: &Hook,
        context: &str,
        address: &str,
    ) -> anyhow::Result<()> {
        let mut unit = snapshot.unit.clone();
        unit.agent.operation = Operation::Running { hook: hook.clone(), context: context.to_owned(), since: now() };
        let workload = match hook {
            // Juju keeps a status that the charm set in an earlier storage hook.
            Hook::Unit(UnitHook::Install) if !snapshot.unit.agent.status_set => Some("installing charm software"),
            Hook::Unit(UnitHook::Stop) => Some("stopping charm software"),
            Hook::Unit(UnitHook::Remove) => Some("cleaning up prior to charm deletion"),
            Hook::Unit(_) | Hook::Relation(_) | Hook::Storage { .. } | Hook::Secret { .. } => None,
        };
        let (uuid, name) = (&self.model.uuid, snapshot.name());
        let resolved = [ResolvedMode::RetryHooks, ResolvedMode::NoHooks].contains(&snapshot.unit.resolved);
        self.store.write(|db| {
            unit::save_agent(db, uuid, &unit)?;
            if resolved {
                unit::set(db, uuid, &unit, unit::Column::Resolved(ResolvedMode::None))?;
            }
            if let Some(message) = workload {
                status::set(db, uuid, Kind::Workload, name, &Status::new("maintenance", message))?;
            }
            if let Hook::Relation(RelationHook { kind: RelationKind::Created, relation, .. }) = hook {
                scope::enter(db, self.model, snapshot, *relation, address)?;
            }
            // Juju does not record that update-status runs, to spare its database; otherwise no other status would
            // ever be seen.
            if *hook != UnitHook::UpdateStatus.into() {
                status::set(db, uuid, Kind::Agent, name, &Status::new("executing", &hook.status_message()))?;
            }
            Ok::<_, store::Error>(())
        })?;
        Ok(())
    }

    /// Store a hook's effects, and that it is done.
    fn commit(
        &mut self,
        snapshot: &UnitSnapshot,
        hook: &Hook,
        changes: Option<Changes>,
        handler_type: Option<&str>,
    ) -> anyhow::Result<()> {
        let mut unit = snapshot.unit.clone();
        unit.agent = resolver::state_after_hook(&snapshot.unit.agent, &snapshot.remote_state, hook);
        let (uuid, name) = (&self.model.uuid, snapshot.name());
        let workload = match hook {
            Hook::Unit(UnitHook::Stop) => Some(Status::new("maintenance", "")),
            Hook::Unit(UnitHook::Remove) => Some(Status::new("terminated", "")),
            Hook::Unit(UnitHook::Start) if !unit.agent.status_set => Some(Status::new("unknown", "")),
            Hook::Unit(_) | Hook::Relation(_) | Hook::Storage { .. } | Hook::Secret { .. } => None,
        };
        let hook_name = hook.name();
        let message = match (handler_type, &changes) {
            (Some(handler_type), _) => format!("ran {hook_name:?} hook (via {handler_type})"),
            (None, Some(_)) => format!("skipped {hook_name:?} hook (missing)"),
            (None, None) => format!("{hook_name:?} hook was resolved without running it again"),
        };
        tracing::info!(target: "juju.worker.uniter.operation", "{name}: {message}");
        let line = log_line(snapshot, LogLevel::Info, "juju.worker.uniter.operation", &message);
        // Another command may have changed the queue of requested hooks while this hook ran.
        self.store.write(|db| {
            if let Some(changes) = changes {
                changes.commit(db)?;
            }
            unit::save_agent(db, uuid, &unit)?;
            if let Some(mut current) = unit::find(db, uuid, name)?
                && let Some(index) = current.requested_hooks.iter().position(|requested| requested == hook)
            {
                current.requested_hooks.remove(index);
                unit::set(db, uuid, &current, unit::Column::RequestedHooks(&current.requested_hooks))?;
            }
            if let Some(workload) = workload {
                status::set(db, uuid, Kind::Workload, name, &workload)?;
            }
            status::set(db, uuid, Kind::Agent, name, &Status::new("idle", ""))?;
            log::append(db, uuid, &[line])?;
            match hook {
                Hook::Storage { kind: StorageKind::Detaching, id } => {
                    let unit = if snapshot.remote_state.dying {
                        store::storage::DetachReason::UnitRemoved
                    } else {
                        store::storage::DetachReason::Requested
                    };
                    store::storage::detach(db, uuid, id, unit)?;
                }
                Hook::Relation(RelationHook { kind: RelationKind::Broken, relation, .. }) => {
                    scope::leave(db, uuid, snapshot, *relation)?;
                }
                Hook::Secret { kind: SecretKind::Rotate, uri, .. } => secrets::record_rotation(db, uuid, uri)?,
                Hook::Unit(_) | Hook::Relation(_) | Hook::Storage { .. } | Hook::Secret { .. } => {}
            }
            Ok::<_, store::Error>(())
        })?;
        Ok(())
    }

    /// Discard a failed hook's effects, and record that it failed.
    fn record_failure(
        &mut self,
        snapshot: &UnitSnapshot,
        hook: &Hook,
        handler_type: Option<&str>,
        reason: &str,
    ) -> anyhow::Result<()> {
        let mut unit = snapshot.unit.clone();
        unit.agent.operation = Operation::Failed(hook.clone());
        let (uuid, name) = (&self.model.uuid, snapshot.name());
        let via = handler_type.map(|handler_type| format!(" (via {handler_type})")).unwrap_or_default();
        let text = format!("hook {:?}{via} failed: {reason}", hook.name());
        // The user sees it anyway.
        tracing::info!(target: "juju.worker.uniter.operation", "{name}: {text}");
        let line = log_line(snapshot, LogLevel::Error, "juju.worker.uniter.operation", &text);
        self.store.write(|db| {
            unit::save_agent(db, uuid, &unit)?;
            status::set(db, uuid, Kind::Agent, name, &agent_status::after_failure(hook))?;
            log::append(db, uuid, &[line])
        })?;
        Ok(())
    }

    /// Queue a hook that asked for a reboot to run again after it.
    fn queue_after_reboot(&mut self, snapshot: &UnitSnapshot, hook: &Hook) -> anyhow::Result<()> {
        let mut unit = snapshot.unit.clone();
        unit.agent.operation = Operation::Queued(hook.clone());
        let (uuid, name) = (&self.model.uuid, snapshot.name());
        self.store.write(|db| {
            unit::save_agent(db, uuid, &unit)?;
            status::set(db, uuid, Kind::Agent, name, &Status::new("rebooting", ""))
        })?;
        Ok(())
    }

    /// Show the user the charm's last lines, and what to do next.
    fn report_failure(&self, snapshot: &UnitSnapshot, hook: &Hook, tail: &[String]) {
        let name = snapshot.name();
        self.progress.print(&format!("unit {name}: hook failed: {:?}", hook.name()));
        for line in tail {
            self.progress.print(&format!("    {line}"));
        }
        let (called, application) = (program_name(), &snapshot.unit.application);
        self.progress.print(&format!(
            "  See more with `{called} debug-log --include {name}`; fix the charm and \
             `{called} refresh --force-units {application} --path …`, or fix the machine; then \
             `{called} resolved {name}` runs the hook again.",
        ));
    }

    pub(super) fn skip_hook(&mut self, snapshot: &UnitSnapshot, hook: &Hook) -> anyhow::Result<()> {
        let (uuid, unit) = (&self.model.uuid, &snapshot.unit);
        if unit.resolved != ResolvedMode::Force {
            self.store.write(|db| unit::set(db, uuid, unit, unit::Column::Resolved(ResolvedMode::None)))?;
        }
        if matches!(hook, Hook::Storage { .. }) {
            let machine = self.machine(snapshot)?;
            self.save_detached_storage(hook, &machine)?;
        }
        self.commit(snapshot, hook, None, None)
    }
}

/// A hook's name, as users see it.
fn label(hook: &Hook) -> String {
    match hook {
        Hook::Relation(hook) if !hook.unit.is_empty() => {
            format!("{} ({})", Hook::Relation(hook.clone()).name(), hook.unit)
        }
        hook => hook.name(),
    }
}
