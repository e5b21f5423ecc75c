//! What Juju does on its own as time passes.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::interrupt::Interrupt;
use super::locks::Locks;
use super::resolver::next_step;
use super::schedule::{Due, Schedule, TimerConfig};
use super::settle::{BusyUnits, model_locks, recover, settle_until};
use super::unit_snapshot::{self, UnitSnapshot};
use super::worker::machine_id;
use crate::cli::duration;
use crate::hook::{Hook, UnitHook};
use crate::machine::Machines;
use crate::progress::Progress;
use crate::random;
use crate::store::database::now;
use crate::store::model::{self, Model};
use crate::store::unit::{Column, ResolvedMode, Unit};
use crate::store::{Error, Store, unit};

/// How often to check for work that no timer announces: machines that are down, secrets that are due, what a killed
/// command left.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// How long to wait after a failure to settle a model: at first, and at most.
const RETRY_DELAY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));

/// The default interval of `update-status`.
const UPDATE_STATUS_INTERVAL: Duration = Duration::from_mins(5);

/// Keep a model running until Ctrl-C or until it is destroyed: `update-status`, retries of failed hooks, rotation and
/// expiry of secrets, machines that are down.
pub fn keep(store: &mut Store, model: &Model, machines: &Machines, progress: &Progress) -> anyhow::Result<()> {
    let locks = model_locks(store, model)?;
    let _lock = locks
        .try_lock(&["keep".to_owned()])
        .context("cannot lock the model")?
        .with_context(|| format!("another command keeps the model {:?}", model.name))?;
    let interrupt = Interrupt::watch().context("cannot watch for signals")?;
    progress.info(&format!("keeping the model {:?} going (Ctrl-C ends it)", model.name));
    let mut schedule = Schedule::default();
    let (mut delay, mut idle_until) = (RETRY_DELAY.0, Instant::now());
    while let Some(model) = model::find(store.db(), &model.uuid)? {
        recover(store, &model, progress)?;
        let units = unit::all(store.db(), &model.uuid)?;
        let due = schedule.due(now(), timer_config(&model), &units, random_fraction);
        if !due.is_empty() {
            store.write(|db| {
                for (name, due) in &due {
                    // Another command may have changed or removed it.
                    let Some(unit) = unit::find(db, &model.uuid, name)? else { continue };
                    queue(db, &model, unit, *due)?;
                }
                Ok::<_, Error>(())
            })?;
        }
        if Instant::now() >= idle_until && runner_is_free(&locks)? && has_work(store, &model, machines)? {
            match settle_until(store, &model, machines, progress, (BusyUnits::Skip, &interrupt)) {
                Ok(()) => delay = RETRY_DELAY.0,
                // The hook that Ctrl-C stopped was already reported.
                Err(_) if interrupt.raised() => return Ok(()),
                Err(error) => {
                    progress.print(&format!("{error:#}; tried again in {} s", delay.as_secs()));
                    idle_until = Instant::now() + delay;
                    delay = (delay * 2).min(RETRY_DELAY.1);
                }
            }
        }
        if wait(&interrupt, schedule.next())? {
            return Ok(());
        }
    }
    progress.print(&format!("the model {:?} is gone", model.name));
    Ok(())
}

/// The timers' settings in the model's configuration.
fn timer_config(model: &Model) -> TimerConfig {
    let text = model.config.get("update-status-hook-interval").and_then(|value| value.as_str());
    TimerConfig {
        // An invalid duration was refused when it was set.
        update_status: text.and_then(|text| duration::parse(text).ok()).unwrap_or(UPDATE_STATUS_INTERVAL),
        retry: model.config.get("automatically-retry-hooks").and_then(serde_json::Value::as_bool).unwrap_or(true),
    }
}

/// A random number from 0 to 1.
fn random_fraction() -> f64 {
    f64::from(u32::from_le_bytes(random::bytes())) / f64::from(u32::MAX)
}

/// Make what is due the unit's next step.
fn queue(db: &crate::store::Db, model: &Model, mut unit: Unit, due: Due) -> Result<(), Error> {
    let update_status: Hook = UnitHook::UpdateStatus.into();
    match due {
        Due::Retry if unit.resolved == ResolvedMode::None => {
            unit::set(db, &model.uuid, &unit, Column::Resolved(ResolvedMode::RetryHooks))
        }
        Due::UpdateStatus if !unit.requested_hooks.contains(&update_status) => {
            unit.requested_hooks.push(update_status);
            unit::set(db, &model.uuid, &unit, Column::RequestedHooks(&unit.requested_hooks))
        }
        Due::Retry | Due::UpdateStatus => Ok(()),
    }
}

/// Whether no other command is running the model's hooks. If one is, it runs what is due.
fn runner_is_free(locks: &Locks) -> anyhow::Result<bool> {
    match locks.runner().context("cannot lock the model")?.try_lock() {
        Ok(()) => Ok(true),
        Err(fs::TryLockError::WouldBlock) => Ok(false),
        Err(fs::TryLockError::Error(error)) => Err(error).context("cannot lock the model"),
    }
}

/// Whether a unit has work, or was started on a machine that is now down.
fn has_work(store: &Store, model: &Model, machines: &Machines) -> anyhow::Result<bool> {
    let snapshots = unit_snapshot::all(store.db(), &model.uuid)?;
    if snapshots.iter().any(|snapshot| next_step(&snapshot.unit.agent, &snapshot.remote_state).is_some()) {
        return Ok(true);
    }
    let started = |snapshot: &&UnitSnapshot| snapshot.unit.agent.started && !snapshot.unit.agent.rebooted;
    let used: BTreeSet<&String> = snapshots.iter().filter(started).map(|snapshot| &snapshot.unit.machine).collect();
    for number in used {
        if machines.find(&machine_id(model, number))?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Wait until it is time to check again, at the latest until `next`, in milliseconds since 1970. Returns whether Ctrl-C
/// ended the wait.
fn wait(interrupt: &Interrupt, next: Option<i64>) -> anyhow::Result<bool> {
    let left = next.map_or(POLL_INTERVAL, |at| Duration::from_millis(u64::try_from(at - now()).unwrap_or_default()));
    let timeout = PollTimeout::try_from(left.min(POLL_INTERVAL)).unwrap_or(PollTimeout::MAX);
    match poll(&mut [PollFd::new(interrupt.as_fd(), PollFlags::POLLIN)], timeout) {
        Ok(ready) => Ok(ready > 0),
        Err(nix::errno::Errno::EINTR) => Ok(interrupt.raised()),
        Err(errno) => Err(errno).context("cannot wait"),
    }
}
