//! Runs one hook of a unit, and stores its outcome.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use ops::hookcmds::LogLevel;
use serde_json::{Value, json};

use super::changes::Changes;
use super::charm_folder;
use super::debug::WaitingDebugger;
use super::environment::{Job, context_id};
use super::listener::HookListener;
use super::process::Ended;
use super::program::{Program, Surroundings, exit_text};
use super::resolver;
use super::session::Session;
use super::view::Snapshot;
use super::worker::{Worker, line};
use super::{scope, secrets};
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
const TAIL: usize = 12;

enum Outcome {
    /// It succeeded, with these effects.
    Done(Box<Changes>),
    /// It failed, for this reason.
    Failed(String),
    /// It asked for a reboot, and to run again after it.
    Requeued,
}

/// A hook that has run.
struct Ran {
    outcome: Outcome,
    /// How its program was found, in Juju's words; `None` if the charm has no program for the hook.
    via: Option<&'static str>,
    /// The last lines that the charm logged or printed.
    tail: Vec<String>,
    /// Whether it asked for a reboot.
    reboot: bool,
    /// Whether it set its unit's status.
    status_set: bool,
}

impl Ran {
    fn failed(error: &anyhow::Error) -> Self {
        let outcome = Outcome::Failed(format!("{error:#}"));
        Self { outcome, via: None, tail: Vec::new(), reboot: false, status_set: false }
    }
}

impl Worker<'_> {
    pub(super) fn hook(&mut self, seen: &Snapshot, hook: &Hook) -> anyhow::Result<()> {
        let machine = self.machine(seen)?;
        // A new machine's address is known only now.
        let Some(mut seen) = super::view::of(self.store.db(), &self.model.uuid, &seen.view.name)? else {
            return Ok(());
        };
        // If this fails, the hook stays due for the next command.
        let (location, kind) = self.prepare(&mut seen, hook, &machine)?;
        let job = Job::Hook { hook, location: &location, kind: &kind };
        let context = context_id(&seen.view.name, &hook.name());
        self.begin(&seen, hook, &context, &machine.address().to_string())?;
        seen.unit.agent.operation = Operation::Running { hook: hook.clone(), context: context.clone(), since: now() };
        let step = self.progress.start_step(format!("{} {}", seen.view.name, label(hook)));
        tracing::debug!(target: "juju.worker.uniter.operation", "running hook {context}");
        let ran = self.execute(&seen, hook, job, &context, &machine).unwrap_or_else(|error| Ran::failed(&error));
        seen.unit.agent.status_set |= ran.status_set;
        match ran.outcome {
            Outcome::Done(changes) => {
                self.take_storage(hook, &machine)?;
                self.commit(&seen, hook, Some(*changes), ran.via)?;
                if ran.reboot {
                    self.reboot(&seen, &machine)?;
                }
                step.done();
            }
            Outcome::Requeued => {
                self.queue_after_reboot(&seen, hook)?;
                self.reboot(&seen, &machine)?;
                step.done();
            }
            Outcome::Failed(why) => {
                self.failed(&seen, hook, ran.via, &why)?;
                step.failed(&why);
                self.explain(&seen, hook, &ran.tail);
            }
        }
        Ok(())
    }

    /// Prepare everything that a hook needs on its machine. Returns the mount point and type of its storage.
    fn prepare(&mut self, seen: &mut Snapshot, hook: &Hook, machine: &Machine) -> anyhow::Result<(String, String)> {
        let (files, tag) = (machine.files()?, seen.unit.tag());
        let fresh = seen.unit.agent.charm_version.is_none();
        if fresh || *hook == UnitHook::UpgradeCharm.into() {
            charm_folder::deploy(machine, &tag, Path::new(&seen.application.archive))?;
            // A storage hook before install already needs the charm, and later hooks must not unpack it again.
            seen.unit.agent.charm_version = Some(seen.view.charm_version);
        }
        charm_folder::link_tools(&files, &tag, machine.program(), self.model.juju)?;
        self.place_resources(seen, &files)?;
        match hook {
            Hook::Storage { id, .. } => self.storage(machine, &files, id),
            Hook::Unit(_) | Hook::Relation(_) | Hook::Secret { .. } => Ok((String::new(), String::new())),
        }
    }

    /// Run a hook's process, and collect its effects.
    fn execute(
        &mut self,
        seen: &Snapshot,
        hook: &Hook,
        job: Job<'_>,
        context: &str,
        machine: &Machine,
    ) -> anyhow::Result<Ran> {
        let mut session = Session::load(self.store.db(), self.model, seen, (job, &BTreeMap::new()), context, machine)?;
        let name = hook.name();
        let (mut via, mut tail, mut failure) = (None, Vec::new(), None);
        let debugger = WaitingDebugger::find(self.store.folder(), &self.model.uuid, &seen.view.name, &name)?;
        let found = match Program::find(&machine.files()?, &seen.unit.tag(), "hooks", &name) {
            Ok(None) if debugger.as_ref().is_some_and(WaitingDebugger::wants_missing) => Ok(Some(Program::nothing())),
            found => found,
        };
        match found {
            Ok(None) => {}
            Ok(Some(program)) => {
                via = Some(program.via);
                let mut listener = HookListener::new(&mut session, &mut self.store, &self.model.uuid, seen, &name);
                let began = Instant::now();
                let around = Surroundings {
                    model: self.model,
                    seen,
                    machine,
                    launchers: self.launchers,
                    context,
                    job,
                    timeout: None,
                    interrupt: self.interrupt,
                    debugger: debugger.as_ref(),
                };
                let ended = program.run(&around, &mut listener);
                tail = listener.tail(TAIL);
                listener.close()?;
                failure = match ended? {
                    Ended::Exited(status) if status.success() => None,
                    Ended::Exited(status) => Some(exit_text(status)),
                    Ended::Interrupted => {
                        Some(format!("stopped after {} by a signal to minijuju", format_duration(began.elapsed())))
                    }
                    Ended::TimedOut => Some("its time was over".to_owned()),
                    Ended::Stopped => None,
                };
            }
            Err(why) => failure = Some(why.to_string()),
        }
        let (reboot, stopped, status_set) = (session.reboot(), session.stop(), session.status_set());
        let outcome = match failure {
            Some(why) => {
                self.keep(session.abandon())?;
                Outcome::Failed(why)
            }
            None if stopped => {
                self.keep(session.abandon())?;
                Outcome::Requeued
            }
            // The hook fails if Juju refuses its changes.
            None => match session.finish() {
                (changes, None) => Outcome::Done(Box::new(changes)),
                (changes, Some(why)) => {
                    self.keep_refused(seen, changes, &why)?;
                    Outcome::Failed(why)
                }
            },
        };
        Ok(Ran { outcome, via, tail, reboot, status_set })
    }

    /// Store what took effect at once in a failed hook.
    fn keep(&mut self, changes: Changes) -> anyhow::Result<()> {
        Ok(self.store.write(|db| changes.commit(db))?)
    }

    /// Store what took effect at once although Juju refuses the rest, and the reason for that.
    pub(super) fn keep_refused(&mut self, seen: &Snapshot, changes: Changes, why: &str) -> anyhow::Result<()> {
        let message = format!("cannot apply changes: {why}");
        let line = line(seen, LogLevel::Error, "juju.worker.uniter.context", &message);
        self.store.write(|db| {
            log::append(db, &self.model.uuid, &[line])?;
            changes.commit(db)
        })?;
        Ok(())
    }

    /// Record that a hook is about to run.
    fn begin(&mut self, seen: &Snapshot, hook: &Hook, context: &str, address: &str) -> anyhow::Result<()> {
        let mut unit = seen.unit.clone();
        unit.agent.operation = Operation::Running { hook: hook.clone(), context: context.to_owned(), since: now() };
        let workload = match hook {
            // Juju keeps a status that the charm set in an earlier storage hook.
            Hook::Unit(UnitHook::Install) if !seen.unit.agent.status_set => Some("installing charm software"),
            Hook::Unit(UnitHook::Stop) => Some("stopping charm software"),
            Hook::Unit(UnitHook::Remove) => Some("cleaning up prior to charm deletion"),
            Hook::Unit(_) | Hook::Relation(_) | Hook::Storage { .. } | Hook::Secret { .. } => None,
        };
        let (uuid, name) = (&self.model.uuid, &seen.view.name);
        let resolved = [ResolvedMode::RetryHooks, ResolvedMode::NoHooks].contains(&seen.unit.resolved);
        self.store.write(|db| {
            unit::save_agent(db, uuid, &unit)?;
            if resolved {
                unit::set(db, uuid, &unit, unit::Column::Resolved(ResolvedMode::None))?;
            }
            if let Some(message) = workload {
                status::set(db, uuid, Kind::Workload, name, &Status::new("maintenance", message))?;
            }
            if let Hook::Relation(RelationHook { kind: RelationKind::Created, relation, .. }) = hook {
                scope::enter(db, self.model, seen, *relation, address)?;
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
        seen: &Snapshot,
        hook: &Hook,
        changes: Option<Changes>,
        via: Option<&str>,
    ) -> anyhow::Result<()> {
        let mut unit = seen.unit.clone();
        unit.agent = resolver::after(&seen.unit.agent, &seen.view, hook);
        let (uuid, name) = (&self.model.uuid, &seen.view.name);
        let workload = match hook {
            Hook::Unit(UnitHook::Stop) => Some(Status::new("maintenance", "")),
            Hook::Unit(UnitHook::Remove) => Some(Status::new("terminated", "")),
            Hook::Unit(UnitHook::Start) if !unit.agent.status_set => Some(Status::new("unknown", "")),
            Hook::Unit(_) | Hook::Relation(_) | Hook::Storage { .. } | Hook::Secret { .. } => None,
        };
        let hook_name = hook.name();
        let message = match (via, &changes) {
            (Some(via), _) => format!("ran {hook_name:?} hook (via {via})"),
            (None, Some(_)) => format!("skipped {hook_name:?} hook (missing)"),
            (None, None) => format!("{hook_name:?} hook was resolved without running it again"),
        };
        tracing::info!(target: "juju.worker.uniter.operation", "{name}: {message}");
        let line = line(seen, LogLevel::Info, "juju.worker.uniter.operation", &message);
        // Another command may have changed the queue of requested hooks while this one ran.
        self.store.write(|db| {
            if let Some(changes) = changes {
                changes.commit(db)?;
            }
            unit::save_agent(db, uuid, &unit)?;
            if let Some(mut current) = unit::find(db, uuid, name)?
                && let Some(place) = current.fired.iter().position(|fired| fired == hook)
            {
                current.fired.remove(place);
                unit::set(db, uuid, &current, unit::Column::Fired(&current.fired))?;
            }
            if let Some(workload) = workload {
                status::set(db, uuid, Kind::Workload, name, &workload)?;
            }
            status::set(db, uuid, Kind::Agent, name, &Status::new("idle", ""))?;
            log::append(db, uuid, &[line])?;
            match hook {
                Hook::Storage { kind: StorageKind::Detaching, id } => {
                    let unit = if seen.view.dying {
                        store::storage::DetachReason::UnitRemoved
                    } else {
                        store::storage::DetachReason::Requested
                    };
                    store::storage::detach(db, uuid, id, unit)?;
                }
                Hook::Relation(RelationHook { kind: RelationKind::Broken, relation, .. }) => {
                    scope::leave(db, uuid, seen, *relation)?;
                }
                Hook::Secret { kind: SecretKind::Rotate, uri, .. } => secrets::rotated(db, uuid, uri)?,
                Hook::Unit(_) | Hook::Relation(_) | Hook::Storage { .. } | Hook::Secret { .. } => {}
            }
            Ok::<_, store::Error>(())
        })?;
        Ok(())
    }

    /// Discard a failed hook's effects, and record that it failed.
    fn failed(&mut self, seen: &Snapshot, hook: &Hook, via: Option<&str>, why: &str) -> anyhow::Result<()> {
        let mut unit = seen.unit.clone();
        unit.agent.operation = Operation::Failed(hook.clone());
        let (uuid, name) = (&self.model.uuid, &seen.view.name);
        let via = via.map(|via| format!(" (via {via})")).unwrap_or_default();
        let text = format!("hook {:?}{via} failed: {why}", hook.name());
        // The user sees it anyway.
        tracing::info!(target: "juju.worker.uniter.operation", "{name}: {text}");
        let line = line(seen, LogLevel::Error, "juju.worker.uniter.operation", &text);
        self.store.write(|db| {
            unit::save_agent(db, uuid, &unit)?;
            status::set(db, uuid, Kind::Agent, name, &error_status(hook))?;
            log::append(db, uuid, &[line])
        })?;
        Ok(())
    }

    /// Queue a hook that asked for a reboot to run again after it.
    fn queue_after_reboot(&mut self, seen: &Snapshot, hook: &Hook) -> anyhow::Result<()> {
        let mut unit = seen.unit.clone();
        unit.agent.operation = Operation::Queued(hook.clone());
        let (uuid, name) = (&self.model.uuid, &seen.view.name);
        self.store.write(|db| {
            unit::save_agent(db, uuid, &unit)?;
            status::set(db, uuid, Kind::Agent, name, &Status::new("rebooting", ""))
        })?;
        Ok(())
    }

    /// Show the user the charm's last lines, and what to do next.
    fn explain(&self, seen: &Snapshot, hook: &Hook, tail: &[String]) {
        let name = &seen.view.name;
        self.progress.print(&format!("unit {name}: hook failed: {:?}", hook.name()));
        for line in tail {
            self.progress.print(&format!("    {line}"));
        }
        let (called, application) = (program_name(), &seen.unit.application);
        self.progress.print(&format!(
            "  See more with `{called} debug-log --include {name}`; fix the charm and \
             `{called} refresh --force-units {application} --path …`, or fix the machine; then \
             `{called} resolved {name}` runs the hook again.",
        ));
    }

    pub(super) fn skip(&mut self, seen: &Snapshot, hook: &Hook) -> anyhow::Result<()> {
        let (uuid, unit) = (&self.model.uuid, &seen.unit);
        if unit.resolved != ResolvedMode::Force {
            self.store.write(|db| unit::set(db, uuid, unit, unit::Column::Resolved(ResolvedMode::None)))?;
        }
        if matches!(hook, Hook::Storage { .. }) {
            let machine = self.machine(seen)?;
            self.take_storage(hook, &machine)?;
        }
        self.commit(seen, hook, None, None)
    }
}

/// The agent's status between hooks and actions.
pub fn status_after(operation: &Operation) -> Status {
    match operation {
        Operation::Failed(hook) => error_status(hook),
        Operation::Continue | Operation::Queued(_) | Operation::Running { .. } => Status::new("idle", ""),
    }
}

/// The agent's status after a failed hook.
pub fn error_status(hook: &Hook) -> Status {
    let mut data = serde_json::Map::new();
    if let Hook::Relation(hook) = hook {
        data.insert("relation-id".to_owned(), json!(hook.relation));
        if !hook.unit.is_empty() {
            data.insert("remote-unit".to_owned(), json!(hook.unit));
        }
    }
    if let Hook::Secret { uri, label, .. } = hook {
        data.insert("secret-uri".to_owned(), json!(uri));
        data.insert("secret-label".to_owned(), json!(label));
    }
    // Juju names neither the storage nor the secret here.
    let name = match hook {
        Hook::Storage { id, .. } => {
            let storage = id.split('/').next().unwrap_or_default();
            hook.name().trim_start_matches(storage).trim_start_matches('-').to_owned()
        }
        hook => hook.name(),
    };
    data.insert("hook".to_owned(), json!(name));
    let message = format!("hook failed: {name:?}");
    Status { data: Value::Object(data), ..Status::new("error", &message) }
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
