//! Settling: every unit runs what is due, until nothing is.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::sync::mpsc;
use std::thread;

use anyhow::Context as _;

use super::hook_run::error_status;
use super::interrupt::Interrupt;
use super::orphans;
use super::resolver::next_step;
use super::view;
use super::worker::{Worker, line};
use crate::machine::{Kind as MachineKind, Machines};
use crate::private;
use crate::progress::{Progress, took};
use crate::store::agent::Operation;
use crate::store::database::now;
use crate::store::log::{self, Level};
use crate::store::model::{self, Model};
use crate::store::status::{self, Kind};
use crate::store::{Store, action, unit};

/// How many units work at the same time.
const WORKERS: usize = 8;

/// The name of a machine on this computer: unlike its number, it is unique among models.
pub fn machine_id(model: &Model, number: &str) -> String {
    format!("juju-{}-{number}", &model.uuid[model.uuid.len() - 6..])
}

/// Run every due hook and action of a model, and wait for those that another command runs.
///
/// One command at a time does so for each model; a second one waits, and then runs what came up meanwhile.
pub fn settle(store: &mut Store, model: &Model, machines: &Machines, progress: &Progress) -> anyhow::Result<()> {
    let lock = lock_file(store, model)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            let task = progress.begin("waiting for another command that runs this model's hooks");
            lock.lock().context("cannot wait for the other command")?;
            task.done();
        }
        Err(fs::TryLockError::Error(error)) => {
            return Err(error).context("cannot lock the model");
        }
    }
    let interrupt = Interrupt::watch().context("cannot watch for signals")?;
    recover(store, model, progress)?;
    restart(store, model, machines)?;
    rounds(store, model, machines, progress, &interrupt)?;
    store.write(|db| log::trim(db, &model.uuid))?;
    if interrupt.raised() {
        anyhow::bail!("interrupted: `minijuju status` shows what is left to do, the next command goes on with it");
    }
    Ok(())
}

/// Note what a command that was killed left undone in a model, unless another command is at work in it.
pub fn recover_if_idle(store: &mut Store, model: &Model, progress: &Progress) -> anyhow::Result<()> {
    let running = |seen: &view::Seen| matches!(seen.unit.agent.operation, Operation::Running { .. });
    if !view::all(store.db(), &model.uuid)?.iter().any(running) {
        return Ok(());
    }
    let lock = lock_file(store, model)?;
    if lock.try_lock().is_ok() {
        recover(store, model, progress)?;
    }
    Ok(())
}

/// Stop every hook and action that runs, of whichever model.
pub fn stop_hooks(store: &Store) -> anyhow::Result<()> {
    for model in model::all(store.db())? {
        for seen in view::all(store.db(), &model.uuid)? {
            if let Operation::Running { context, .. } = &seen.unit.agent.operation {
                orphans::kill(context);
            }
        }
        for task in action::all(store.db(), &model.uuid)? {
            if let (true, Some(context)) = (task.status == "running", context(&task)) {
                orphans::kill(context);
            }
        }
    }
    Ok(())
}

/// The `JUJU_CONTEXT_ID` of a running task's processes.
fn context(task: &action::Task) -> Option<&str> {
    task.results.get("context").and_then(serde_json::Value::as_str)
}

fn lock_file(store: &Store, model: &Model) -> anyhow::Result<File> {
    let folder = store.folder().join("models").join(&model.uuid);
    private::folder(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join("runner.lock");
    private::lock_file(&path).with_context(|| format!("cannot open {}", path.display()))
}

/// Find hooks and actions whose minijuju was killed: stop what they left running, and say that they failed.
fn recover(store: &mut Store, model: &Model, progress: &Progress) -> anyhow::Result<()> {
    let uuid = &model.uuid;
    for mut seen in view::all(store.db(), uuid)? {
        let Operation::Running { hook, context, since } = seen.unit.agent.operation.clone() else { continue };
        let killed = orphans::kill(&context);
        let after = took(std::time::Duration::from_millis(u64::try_from(now() - since).unwrap_or_default()));
        let message = format!(
            "hook {:?} failed: minijuju ended while it ran, {after} ago; {killed} of its processes were stopped",
            hook.name()
        );
        progress.line(&format!("unit {}: {message}", seen.view.name));
        let line = line(&seen, Level::Error, "juju.worker.uniter.operation", &message);
        seen.unit.agent.operation = Operation::Failed(hook.clone());
        store.write(|db| {
            unit::save_agent(db, uuid, &seen.unit)?;
            status::set(db, uuid, Kind::Agent, &seen.view.name, &error_status(&hook))?;
            log::append(db, uuid, &[line])
        })?;
    }
    for mut task in action::all(store.db(), uuid)? {
        if task.status != "running" {
            continue;
        }
        if let Some(context) = context(&task) {
            orphans::kill(context);
        }
        "failed".clone_into(&mut task.status);
        "action terminated".clone_into(&mut task.message);
        task.results = serde_json::json!({});
        task.completed = Some(now());
        store.write(|db| action::save(db, uuid, &task))?;
    }
    Ok(())
}

/// Note which started units' machines are down: they get `start` again, as after a reboot.
fn restart(store: &mut Store, model: &Model, machines: &Machines) -> anyhow::Result<()> {
    for mut seen in view::all(store.db(), &model.uuid)? {
        let agent = &mut seen.unit.agent;
        if agent.started && !agent.rebooted && machines.find(&machine_id(model, &seen.unit.machine))?.is_none() {
            agent.rebooted = true;
            store.write(|db| unit::save_agent(db, &model.uuid, &seen.unit))?;
        }
    }
    Ok(())
}

fn rounds(
    store: &Store,
    model: &Model,
    machines: &Machines,
    progress: &Progress,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    // Units on one machine take turns, as under Juju's machine lock.
    let place = |seen: &view::Seen| match machines.kind() {
        MachineKind::Host => String::new(),
        MachineKind::Namespaces => seen.unit.machine.clone(),
    };
    thread::scope(|scope| {
        let (report, reports) = mpsc::channel();
        let mut busy: HashSet<String> = HashSet::new();
        let mut broken: BTreeSet<String> = BTreeSet::new();
        let mut failure = None;
        loop {
            if !interrupt.raised() && failure.is_none() {
                for seen in view::all(store.db(), &model.uuid)? {
                    let place = place(&seen);
                    if busy.len() >= WORKERS || busy.contains(&place) || broken.contains(&seen.view.name) {
                        continue;
                    }
                    let Some(step) = next_step(&seen.unit.agent, &seen.view) else { continue };
                    busy.insert(place.clone());
                    let mut worker = Worker { store: store.again()?, machines, model, progress, interrupt };
                    let report = report.clone();
                    scope.spawn(move || {
                        let name = seen.view.name.clone();
                        let result = worker.step(&seen, step);
                        // The receiver outlives all workers.
                        let _ = report.send((name, place, result));
                    });
                }
            }
            if busy.is_empty() {
                return failure.map_or(Ok(()), Err);
            }
            let Ok((name, place, result)) = reports.recv() else { return Ok(()) };
            busy.remove(&place);
            if let Err(error) = result {
                // The others' steps end; what this unit could not do stays due, and the next command tries it again.
                broken.insert(name.clone());
                failure.get_or_insert(error.context(format!("unit {name}")));
            }
        }
    })
}
