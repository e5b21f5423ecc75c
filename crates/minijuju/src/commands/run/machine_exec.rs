//! `juju exec --machine`: a command on a machine, outside of any unit.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Map, Value};

use crate::client::Client;
use crate::client::remote::Remote;
use crate::commands::run::output::Task as Shown;
use crate::commands::run::shown;
use crate::format::Clock;
use crate::store::action::{self, TaskKind, TaskStatus};
use crate::store::model::{self, Counter, Model};
use crate::uniter;

/// Run a command on a machine, and keep what came of it as a task.
pub fn run(
    client: &mut Client,
    model: &Model,
    machine: &str,
    command: &str,
    patience: Duration,
    clock: &Clock,
) -> anyhow::Result<Shown> {
    let remote = Remote::open(client, model, machine, None)?;
    let params = BTreeMap::from([("command".to_owned(), Value::from(command))]);
    let id = client.write(|db| {
        let operation = model::next(db, &model.uuid, Counter::Operation)?;
        let id = model::next(db, &model.uuid, Counter::Operation)?;
        action::add(db, &model.uuid, (id, operation), machine, &TaskKind::MachineExec, &params)?;
        Ok(id)
    })?;
    // As long as this is held, the command is being run: a later one that finds it free says that this one failed.
    let turns = uniter::Turns::new(client.store.folder(), &model.uuid)?;
    let _turn = turns.share(&uniter::agent_place(machine))?;
    let context = uniter::context_id(machine, TaskKind::MachineExec.name());
    client.write(|db| {
        let Some(mut task) = action::find(db, &model.uuid, id)? else { return Ok(()) };
        task.start(&context);
        action::save(db, &model.uuid, &task)
    })?;
    let child = remote
        .command("/bin/bash", &["-c", command])?
        .env("JUJU_CONTEXT_ID", &context)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run a command on machine {machine}"))?;
    let group = Pid::from_raw(i32::try_from(child.id())?);
    let (report, reports) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more after a timeout.
        let _ = report.send(child.wait_with_output());
    });
    let output = reports.recv_timeout(patience);
    let mut task = action::find(client.store.db(), &model.uuid, id)?.context("the task is gone")?;
    let Ok(output) = output else {
        // It may have ended in this moment.
        let _ = killpg(group, Signal::SIGKILL);
        task.end(TaskStatus::Failed);
        "command timed out".clone_into(&mut task.message);
        client.write(|db| action::save(db, &model.uuid, &task))?;
        bail!(crate::commands::run::output::timed_out(&[format!("machine {machine}")]));
    };
    let output = output.with_context(|| format!("cannot run a command on machine {machine}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = i64::from(output.status.code().unwrap_or(-1));
    task.results = Value::Object(Shown::results(Map::new(), code, &text(&output.stdout), &text(&output.stderr)));
    task.end(TaskStatus::Completed);
    client.write(|db| action::save(db, &model.uuid, &task))?;
    Ok(shown(&task, clock))
}
