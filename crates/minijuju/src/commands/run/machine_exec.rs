//! `juju exec --machine`: a command on a machine, outside of any unit.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{io, thread};

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};

use crate::client::Client;
use crate::client::ssh_target::SshTarget;
use crate::commands::run::output::TaskInfo;
use crate::commands::run::task_info;
use crate::format::Clock;
use crate::store::model::{self, Counter, Model};
use crate::store::task::{self, TaskKind, TaskStatus};
use crate::uniter::{self, RunBy, Script};

/// Run a command on a machine, and store its result as a task.
pub fn run(
    client: &mut Client,
    model: &Model,
    machine: &str,
    command: &str,
    timeout: Duration,
    clock: &Clock,
) -> anyhow::Result<TaskInfo> {
    let target = SshTarget::open(client, model, machine, None)?;
    let id = add_task(client, model, machine, command, timeout)?;
    // Held while the command runs. If a later command can take it, this one has failed.
    let locks = uniter::Locks::new(client.store.folder(), &model.uuid)?;
    let _lock = locks.lock_shared(&uniter::agent_lock(machine))?;
    let context = uniter::context_id(machine, TaskKind::MachineExec.name());
    client.write(|db| {
        let Some(mut task) = task::find(db, &model.uuid, id)? else { return Ok(()) };
        task.start(&context);
        task::save(db, &model.uuid, &task)
    })?;
    let script = Script::write(&target.files()?, command, RunBy::User).context("cannot write the command's script")?;
    let failed = || format!("cannot run a command on machine {machine}");
    let child = start(&target, &script, &context)?.with_context(failed)?;
    let (sender, outputs) = mpsc::channel();
    thread::spawn(move || {
        // After a timeout, the receiver may already be dropped.
        let _ = sender.send(child.wait_with_output());
    });
    let (output, stop_reason) = match wait(client, model, id, timeout, &outputs)? {
        Outcome::Ended(output) => (output, None),
        Outcome::Stopped(reason) => {
            uniter::kill_context(&context);
            // Its output so far. A process that has changed its environment may keep the output open.
            let still_open = |_| Err(io::Error::other("something on the machine keeps its output open"));
            (outputs.recv_timeout(OUTPUT_TIMEOUT).unwrap_or_else(still_open), Some(reason))
        }
    };
    let mut task = task::find(client.store.db(), &model.uuid, id)?.context("the task is gone")?;
    task.results = results(output.as_ref().ok(), stop_reason.is_none());
    let (status, message) = match stop_reason {
        None if output.is_ok() => (TaskStatus::Completed, ""),
        None => (TaskStatus::Failed, "its process cannot be waited for"),
        Some(StopReason::Cancelled) => (TaskStatus::Aborted, "action terminated"),
        Some(StopReason::TimedOut) => (TaskStatus::Failed, "command timed out"),
    };
    task.end(status);
    message.clone_into(&mut task.message);
    client.write(|db| task::save(db, &model.uuid, &task))?;
    if stop_reason == Some(StopReason::TimedOut) {
        bail!(crate::commands::run::output::timed_out(&[format!("machine {machine}")]));
    }
    if stop_reason.is_none() {
        output.with_context(failed)?;
    }
    Ok(task_info(&task, clock))
}

/// Add the task of a command, which has an operation of its own. Returns its number.
fn add_task(
    client: &mut Client,
    model: &Model,
    machine: &str,
    command: &str,
    timeout: Duration,
) -> anyhow::Result<i64> {
    let nanos = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
    let params = BTreeMap::from([
        ("command".to_owned(), Value::from(command)),
        ("timeout".to_owned(), nanos.into()),
        ("workload-context".to_owned(), false.into()),
    ]);
    client.write(|db| {
        let operation = model::next_number(db, &model.uuid, Counter::Operation)?;
        let id = model::next_number(db, &model.uuid, Counter::Operation)?;
        task::add(db, &model.uuid, (id, operation), machine, &TaskKind::MachineExec, &params)?;
        Ok(id)
    })
}

/// Start the command on its machine.
fn start(target: &SshTarget, script: &Script, context: &str) -> anyhow::Result<io::Result<Child>> {
    let mut command = target.command("/bin/bash", &[&script.path()])?;
    command.env("JUJU_CONTEXT_ID", context).process_group(0).stdin(Stdio::null());
    Ok(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn())
}

/// How often to check whether the command was cancelled.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How long it may take until a killed command's output is closed.
const OUTPUT_TIMEOUT: Duration = Duration::from_secs(10);

/// How waiting for a command ended.
enum Outcome {
    Ended(io::Result<Output>),
    Stopped(StopReason),
}

#[derive(Clone, Copy, PartialEq)]
enum StopReason {
    Cancelled,
    TimedOut,
}

/// Wait until the command of the task `id` has ended or must stop.
fn wait(
    client: &Client,
    model: &Model,
    id: i64,
    timeout: Duration,
    outputs: &Receiver<io::Result<Output>>,
) -> anyhow::Result<Outcome> {
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match outputs.recv_timeout(left.min(POLL_INTERVAL)) {
            Ok(output) => return Ok(Outcome::Ended(output)),
            Err(RecvTimeoutError::Disconnected) => bail!("the thread that waits for the command broke"),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if task::status(client.store.db(), &model.uuid, id)? == Some(TaskStatus::Aborting) {
            return Ok(Outcome::Stopped(StopReason::Cancelled));
        }
        if left.is_zero() {
            return Ok(Outcome::Stopped(StopReason::TimedOut));
        }
    }
}

/// A command's output, and its exit code if it was not stopped.
fn results(output: Option<&Output>, ended: bool) -> Value {
    let Some(output) = output else { return Value::Object(Map::new()) };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = i64::from(output.status.code().unwrap_or(-1));
    let mut results = TaskInfo::results(Map::new(), code, &text(&output.stdout), &text(&output.stderr));
    if !ended {
        results.remove("return-code");
    }
    Value::Object(results)
}
