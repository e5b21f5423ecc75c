//! Settling: every unit runs what is due, until nothing is due.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use ops::hookcmds::LogLevel;

use super::agent_status;
use super::context_processes::kill_context;
use super::interrupt::Interrupt;
use super::juju_exec;
use super::leadership;
use super::locks::{self, LockGuard, Locks};
use super::resolver::next_step;
use super::step::Step;
use super::unit_snapshot::{self, UnitSnapshot};
use super::worker::{Worker, log_line, machine_id};
use crate::machine::{Launchers, MachineKind, Machines};
use crate::program_name::program_name;
use crate::progress::{Progress, format_duration};
use crate::store::agent::Operation;
use crate::store::database::now;
use crate::store::log;
use crate::store::model::{self, Model};
use crate::store::status::{self, Kind};
use crate::store::task::TaskStatus;
use crate::store::{Store, application, cross_model, task, unit};

/// How many units may work at the same time.
const MAX_WORKERS: usize = 8;

/// What to do about units whose actions other commands are running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusyUnits {
    /// Do not wait: the other commands continue with the units.
    Skip,
    /// Wait, then continue with the units.
    Wait,
}

/// How often to check whether another command's action has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Run all due hooks and actions of a model and of the models related to it, and wait for hooks that other commands
/// run.
pub fn settle(
    store: &mut Store,
    model: &Model,
    machines: &Machines,
    progress: &Progress,
    busy_units: BusyUnits,
) -> anyhow::Result<()> {
    let interrupt = Interrupt::watch().context("cannot watch for signals")?;
    settle_until(store, model, machines, progress, (busy_units, &interrupt))
}

/// Like [`settle`], until `interrupt` is raised.
pub(super) fn settle_until(
    store: &mut Store,
    model: &Model,
    machines: &Machines,
    progress: &Progress,
    (busy_units, interrupt): (BusyUnits, &Interrupt),
) -> anyhow::Result<()> {
    settle_one(store, model, machines, progress, (busy_units, interrupt))?;
    loop {
        let mut steps = 0;
        for related in cross_model::related_models(store.db(), &model.uuid)? {
            let Some(other) = model::find(store.db(), &related)? else { continue };
            steps += if related == model.uuid {
                settle_one(store, &other, machines, progress, (busy_units, interrupt))?
            } else {
                let progress = progress.in_model(&other.name);
                settle_one(store, &other, machines, &progress, (BusyUnits::Skip, interrupt))?
            };
        }
        // Steps in one model may make steps in another due.
        if steps == 0 {
            return Ok(());
        }
    }
}

/// Settle one model, and return the number of steps.
///
/// One command at a time decides what a model's units do next. Another one waits, and then runs what has become due. A
/// command waits for a unit's action only if it needs something from that unit.
fn settle_one(
    store: &mut Store,
    model: &Model,
    machines: &Machines,
    progress: &Progress,
    (busy_units, interrupt): (BusyUnits, &Interrupt),
) -> anyhow::Result<usize> {
    let locks = model_locks(store, model)?;
    let runner = locks.runner().context("cannot lock the model")?;
    match runner.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            let step = progress.start_step("waiting for another command that runs this model's hooks");
            runner.lock().context("cannot wait for the other command")?;
            step.done();
        }
        Err(fs::TryLockError::Error(error)) => {
            return Err(error).context("cannot lock the model");
        }
    }
    recover(store, model, progress)?;
    mark_rebooted(store, model, machines)?;
    let launchers = Launchers::default();
    let steps =
        SettleLoop { store, model, machines, launchers, progress, interrupt, locks, busy_units }.run(&runner)?;
    store.write(|db| log::trim(db, &model.uuid))?;
    if interrupt.raised() {
        anyhow::bail!(
            "interrupted: `{} status` shows what is left to do, and the next command does it",
            program_name()
        );
    }
    Ok(steps)
}

/// Stop every running hook and action, of all models.
pub fn stop_hooks(store: &Store) -> anyhow::Result<()> {
    for model in model::all(store.db())? {
        for snapshot in unit_snapshot::all(store.db(), &model.uuid)? {
            if let Operation::Running { context, .. } = &snapshot.unit.agent.operation {
                kill_context(context);
            }
        }
        for task in task::running(store.db(), &model.uuid)? {
            task.context.as_deref().map(kill_context);
        }
    }
    Ok(())
}

pub(super) fn model_locks(store: &Store, model: &Model) -> anyhow::Result<Locks> {
    Locks::new(store.folder(), &model.uuid).with_context(|| format!("cannot lock the model {}", model.name))
}

/// Find hooks and actions whose minijuju was killed, stop their processes, and record that they failed.
pub fn recover(store: &mut Store, model: &Model, progress: &Progress) -> anyhow::Result<()> {
    let running = |unit: &unit::Unit| matches!(unit.agent.operation, Operation::Running { .. });
    if task::running(store.db(), &model.uuid)?.is_empty() && !unit::all(store.db(), &model.uuid)?.iter().any(running) {
        return Ok(());
    }
    let locks = model_locks(store, model)?;
    recover_hooks(store, model, progress, &locks)?;
    recover_tasks(store, model, &locks)
}

fn recover_hooks(store: &mut Store, model: &Model, progress: &Progress, locks: &Locks) -> anyhow::Result<()> {
    let uuid = &model.uuid;
    for snapshot in unit_snapshot::all(store.db(), uuid)? {
        if !matches!(snapshot.unit.agent.operation, Operation::Running { .. }) {
            continue;
        }
        // Another command is running it, and holds the lock.
        let Some(_lock) = locks.try_lock(&[locks::agent_lock(snapshot.name())])? else { continue };
        // It may have ended just before.
        let Some(mut snapshot) = unit_snapshot::find(store.db(), uuid, snapshot.name())? else { continue };
        let Operation::Running { hook, context, since } = snapshot.unit.agent.operation.clone() else { continue };
        let killed = kill_context(&context);
        let after = format_duration(Duration::from_millis(u64::try_from(now() - since).unwrap_or_default()));
        let message = format!(
            "hook {:?} failed: minijuju ended while it ran, {after} ago; {killed} of its processes were stopped",
            hook.name()
        );
        progress.print(&format!("unit {}: {message}", snapshot.name()));
        let line = log_line(&snapshot, LogLevel::Error, "juju.worker.uniter.operation", &message);
        snapshot.unit.agent.operation = Operation::Failed(hook.clone());
        store.write(|db| {
            unit::save_agent(db, uuid, &snapshot.unit)?;
            status::set(db, uuid, Kind::Agent, snapshot.name(), &agent_status::after_failure(&hook))?;
            log::append(db, uuid, &[line])
        })?;
    }
    Ok(())
}

fn recover_tasks(store: &mut Store, model: &Model, locks: &Locks) -> anyhow::Result<()> {
    let uuid = &model.uuid;
    for task in task::running(store.db(), uuid)? {
        let Some(_lock) = locks.try_lock(&[locks::agent_lock(&task.receiver)])? else { continue };
        let Some(mut task) = task::find(store.db(), uuid, task.id)?.filter(|task| task.status.is_running()) else {
            continue;
        };
        task.context.as_deref().map(kill_context);
        task.end(if task.status == TaskStatus::Aborting { TaskStatus::Aborted } else { TaskStatus::Failed });
        "action terminated".clone_into(&mut task.message);
        let found = unit::find(store.db(), uuid, &task.receiver)?;
        store.write(|db| {
            task::save(db, uuid, &task)?;
            // The agent's status says that it is running the action.
            found.map_or(Ok(()), |unit| {
                status::set(db, uuid, Kind::Agent, &task.receiver, &agent_status::when_idle(&unit.agent.operation))
            })
        })?;
    }
    Ok(())
}

/// Record which started units have a machine that is down: they run `start` again, as after a reboot. Accept calls
/// of `juju-exec` from machines that are up.
fn mark_rebooted(store: &mut Store, model: &Model, machines: &Machines) -> anyhow::Result<()> {
    for mut snapshot in unit_snapshot::all(store.db(), &model.uuid)? {
        let agent = &mut snapshot.unit.agent;
        if !agent.started || agent.rebooted {
            continue;
        }
        if let Some(machine) = machines.find(&machine_id(model, &snapshot.unit.machine))? {
            juju_exec::enable(machines, model, &machine, &snapshot.unit.machine)?;
        } else {
            agent.rebooted = true;
            store.write(|db| unit::save_agent(db, &model.uuid, &snapshot.unit))?;
        }
    }
    Ok(())
}

/// Settles one model: starts the steps that are due, until none is.
struct SettleLoop<'a> {
    store: &'a Store,
    model: &'a Model,
    machines: &'a Machines,
    launchers: Launchers,
    progress: &'a Progress,
    interrupt: &'a Interrupt,
    locks: Locks,
    busy_units: BusyUnits,
}

/// A step that ended.
struct StepResult {
    /// Its unit's name.
    unit: String,
    is_action: bool,
    result: anyhow::Result<()>,
}

/// The steps that are due and that other commands block.
#[derive(Default)]
struct BlockedSteps {
    /// A unit has a step to do, but another command holds its lock or its machine's.
    any: bool,
    /// One of those commands runs an action, which may take long.
    by_action: bool,
}

impl SettleLoop<'_> {
    /// Run steps until nothing is due, and return the number of steps. The holder of the lock `runner`, at first this
    /// command, decides what the units do.
    fn run(&self, runner: &File) -> anyhow::Result<usize> {
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel::<StepResult>();
            let (mut hooks, mut actions, mut steps) = (0_usize, 0_usize, 0_usize);
            let mut failed: BTreeSet<String> = BTreeSet::new();
            let mut failure = None;
            loop {
                let mut blocked = BlockedSteps::default();
                if !self.interrupt.raised() && failure.is_none() {
                    self.elect()?;
                    for snapshot in unit_snapshot::all(self.store.db(), &self.model.uuid)? {
                        if hooks + actions >= MAX_WORKERS || failed.contains(snapshot.name()) {
                            continue;
                        }
                        let Some((snapshot, step, lock)) = self.claim_next_step(&snapshot, &mut blocked)? else {
                            continue;
                        };
                        let is_action = matches!(step, Step::Action(_));
                        *(if is_action { &mut actions } else { &mut hooks }) += 1;
                        steps += 1;
                        let mut worker = Worker {
                            store: self.store.reopen()?,
                            machines: self.machines,
                            launchers: &self.launchers,
                            model: self.model,
                            progress: self.progress,
                            interrupt: self.interrupt,
                        };
                        let sender = sender.clone();
                        scope.spawn(move || {
                            let unit = snapshot.name().to_owned();
                            let result = worker.step(&snapshot, step);
                            // Release it before the result is sent: this command takes the unit's next step.
                            drop(lock);
                            // The receiver outlives all workers.
                            let _ = sender.send(StepResult { unit, is_action, result });
                        });
                    }
                }
                let next = if hooks + actions > 0 {
                    if hooks == 0 {
                        // Other commands may run other units' hooks in the meantime.
                        runner.unlock()?;
                    }
                    // What blocks a unit may end before any step here does.
                    let next =
                        if blocked.any { receiver.recv_timeout(POLL_INTERVAL).ok() } else { receiver.recv().ok() };
                    if hooks == 0 {
                        runner.lock()?;
                    }
                    next
                } else if self.must_wait(&blocked) && failure.is_none() && !self.interrupt.raised() {
                    runner.unlock()?;
                    thread::sleep(POLL_INTERVAL);
                    runner.lock()?;
                    None
                } else {
                    return failure.map_or(Ok(steps), Err);
                };
                let Some(StepResult { unit, is_action, result }) = next else { continue };
                *(if is_action { &mut actions } else { &mut hooks }) -= 1;
                if let Err(error) = result {
                    // Let the other units finish. What this unit could not do stays due, and the next command retries
                    // it.
                    failed.insert(unit.clone());
                    failure.get_or_insert(error.context(format!("unit {unit}")));
                }
            }
        })
    }

    /// Elect new leaders where the leader is gone.
    fn elect(&self) -> anyhow::Result<()> {
        let (db, uuid) = (self.store.db(), &self.model.uuid);
        if leadership::successors(db, uuid)?.is_empty() {
            return Ok(());
        }
        self.store.reopen()?.write(|db| {
            leadership::successors(db, uuid)?
                .iter()
                .try_for_each(|(name, unit)| application::set_leader(db, uuid, name, Some(*unit)))
        })?;
        Ok(())
    }

    fn must_wait(&self, blocked: &BlockedSteps) -> bool {
        // Anything but an action ends soon.
        blocked.any && (self.busy_units == BusyUnits::Wait || !blocked.by_action)
    }

    /// The next step of a unit, with the locks for it.
    fn claim_next_step(
        &self,
        snapshot: &UnitSnapshot,
        blocked: &mut BlockedSteps,
    ) -> anyhow::Result<Option<(UnitSnapshot, Step, LockGuard)>> {
        let Some(step) = next_step(&snapshot.unit.agent, &snapshot.remote_state) else { return Ok(None) };
        let (db, uuid) = (self.store.db(), &self.model.uuid);
        let Some(lock) = self.locks.try_lock(&self.lock_names(snapshot, &step))? else {
            blocked.any = true;
            let units = unit::all(db, uuid)?;
            let on_its_machine = |task: &task::Task| {
                let is_receiver =
                    |unit: &unit::Unit| unit.name() == task.receiver && unit.machine == snapshot.unit.machine;
                units.iter().any(is_receiver)
            };
            blocked.by_action |= task::running(db, uuid)?.iter().any(on_its_machine);
            return Ok(None);
        };
        // Another command may have run an action of this unit since the last check.
        let Some(snapshot) = unit_snapshot::find(db, uuid, snapshot.name())? else { return Ok(None) };
        let step = next_step(&snapshot.unit.agent, &snapshot.remote_state);
        Ok(step.map(|step| (snapshot, step, lock)))
    }

    /// The locks that a step needs. As with Juju's machine lock, units on one machine take turns. On this computer
    /// itself all hooks do. An action blocks only its own unit.
    fn lock_names(&self, snapshot: &UnitSnapshot, step: &Step) -> Vec<String> {
        let agent = locks::agent_lock(snapshot.name());
        match self.machines.kind() {
            MachineKind::Namespaces => vec![agent, format!("machine-{}", snapshot.unit.machine)],
            MachineKind::Host if matches!(step, Step::Action(_)) => vec![agent],
            MachineKind::Host => vec![agent, "host".to_owned()],
        }
    }
}
