//! Answers one call of `juju-exec`, as a child of the machine's agent: lets the unit run the command, and returns its
//! result.

use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use emulator::format::base64;
use serde_json::Value;

use super::spawn_settle;
use crate::hookcmd::exec::ExecRequest;
use crate::hookcmd::wire::{Reply, Request};
use crate::store::task::{self, Task, TaskStatus};
use crate::store::{Store, model, unit};
use crate::uniter;

/// How often to check whether the command has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Answer the caller on standard input, who is on this machine of this model.
pub fn answer(mut store: Store, uuid: &str, machine: &str) -> anyhow::Result<()> {
    let caller = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let request = Request::receive(&caller)?;
    let reply = run(&mut store, uuid, machine, &request).unwrap_or_else(|error| error_reply(&format!("{error:#}")));
    Ok(reply.send(&caller)?)
}

fn error_reply(reason: &str) -> Reply {
    Reply { code: 1, stdout: Vec::new(), stderr: format!("ERROR {reason}\n").into_bytes() }
}

fn run(store: &mut Store, uuid: &str, machine: &str, request: &Request) -> anyhow::Result<Reply> {
    let exec: ExecRequest = serde_json::from_str(request.args.first().map_or("", String::as_str))?;
    let name = exec.unit.clone().unwrap_or_default();
    let model = model::find(store.db(), uuid)?.context("the model is gone")?;
    if unit::find(store.db(), uuid, &name)?.is_none_or(|unit| unit.machine != machine) {
        bail!("unit {name:?} not found on this machine");
    }
    let id = store.write(|db| task::add_run_commands(db, uuid, &name, &uniter::juju_exec_params(&exec)))?;
    // Settle in another process: the caller does not wait for further hooks.
    let mut settling = spawn_settle(&model)?;
    let task = loop {
        // Check in this order: settling may have run the task.
        let settled = settling.try_wait()?.is_some();
        let task = task::find(store.db(), uuid, id)?.context("the unit is gone")?;
        if task.completed.is_some() {
            break task;
        }
        if settled && task.status == TaskStatus::Pending {
            store.write(|db| task::remove(db, uuid, id))?;
            bail!("unit {name:?} cannot run commands now");
        }
        thread::sleep(POLL_INTERVAL);
    };
    store.write(|db| task::remove(db, uuid, id))?;
    Ok(reply(&task))
}

/// A command's output and exit code.
fn reply(task: &Task) -> Reply {
    let result = |key: &str| task.results.get(key);
    if !task.message.is_empty() {
        // If Juju refuses the changes, the reason is in the task's message.
        let reason = result("stderr").and_then(Value::as_str).map_or(task.message.as_str(), str::trim_end);
        return error_reply(reason);
    }
    let bytes = |key: &str| {
        let text = result(key).and_then(Value::as_str).unwrap_or_default();
        if result(&format!("{key}-encoding")).is_some() {
            return base64::decode(text).unwrap_or_default();
        }
        text.as_bytes().to_vec()
    };
    let code = result("return-code").and_then(Value::as_i64).and_then(|code| i32::try_from(code).ok());
    Reply { code: code.unwrap_or(1), stdout: bytes("stdout"), stderr: bytes("stderr") }
}
