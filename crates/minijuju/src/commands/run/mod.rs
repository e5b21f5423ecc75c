//! `juju run` and `juju exec`.

pub mod args;
mod juju_exec;
mod machine_exec;
pub mod output;
mod params;

use std::collections::{BTreeMap, HashSet};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context as _, bail};
use emulator::action_params;
use jiff::Timestamp;
use serde_json::{Map, Value};

use self::args::{ExecArgs, RunArgs};
pub use self::juju_exec::answer;
use self::output::{TaskInfo, Timing};
use crate::client::{AfterOutput, Client, print, settings};
use crate::format::{Clock, Colours};
use crate::program_name::program_name;
use crate::store::model::{self, Counter, Model};
use crate::store::task::{self, Task, TaskKind};
use crate::store::unit::{self, Unit};
use crate::store::{Store, machine};
use crate::{charm, uniter};

/// The first argument of the process that settles a model in the background. Internal.
pub const SETTLE: &str = "settle-model";

/// An operation's number, and the numbers of its tasks with their units.
type Enqueued = (i64, Vec<(i64, String)>);

/// A request for one unit.
struct TaskRequest {
    unit: String,
    kind: TaskKind,
    params: BTreeMap<String, Value>,
}

/// Run `juju run`.
pub fn run(client: &mut Client, args: &RunArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut params = match &args.params {
        Some(path) => match ops_metadata::parse_yaml(&settings::read(path)?) {
            Ok(Value::Object(params)) => params,
            Ok(Value::Null) => Map::new(),
            Ok(_) => bail!("params must be a map, got the file {}", path.display()),
            Err(error) => bail!("{}: {error}", path.display()),
        },
        None => Map::new(),
    };
    for (keys, text) in &args.arguments {
        let value = if args.string_args { text.as_str().into() } else { params::value(text)? };
        params::insert(&mut params, keys, value);
    }
    let (mut requests, mut errors) = (Vec::new(), Vec::new());
    if model.juju.is_4() {
        check_action_defined(client, &model, args)?;
    }
    for name in &args.units {
        match task_request(client, &model, name, &args.action, &params) {
            Ok(one) => requests.push(one),
            Err(error) => errors.push(error.to_string()),
        }
    }
    let colour = args.task_output.colors.colours(&std::io::stdout());
    let clock = args.task_output.times.clock().for_version(model.juju);
    let report = ReportOptions { steps: true, colour };
    let Some((operation, tasks)) = enqueue(client, &model, requests, &errors, args.waiting.background, report)? else {
        return Ok(ExitCode::SUCCESS);
    };
    if args.waiting.background {
        return background(client, &model, operation, &tasks);
    }
    let done = wait(client, &model, &tasks, args.wait, &clock, report)?;
    print(&output::run(&done, args.task_output.output.format(), colour), args.task_output.output.output.as_deref())?;
    exit_code(&done)
}

/// Run `juju exec`.
pub fn exec(client: &mut Client, args: &ExecArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    // Juju looks these up before it creates an operation; units and machines later, when it schedules the tasks.
    for name in args.units.iter().filter(|name| name.ends_with("/leader")) {
        client.unit(&model, name)?;
    }
    for name in &args.applications {
        client.application(&model, name)?;
    }
    let db = client.store.db();
    let mut names: Vec<String> = Vec::new();
    for unit in unit::all(db, &model.uuid)? {
        if args.all || args.applications.contains(&unit.application) {
            names.push(unit.name());
        }
    }
    let mut errors = Vec::new();
    let mut machines = Vec::new();
    for id in &args.machines {
        match machine::find(db, &model.uuid, id)? {
            Some(_) => machines.push(id.clone()),
            None => errors.push(format!("\"machine-{}\" not found", id.replace('/', "-"))),
        }
    }
    for name in &args.units {
        match receiver(client, &model, name) {
            Ok(found) => names.push(found.name()),
            Err(error) => errors.push(error.to_string()),
        }
    }
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    let nanos = u64::try_from(args.wait.as_nanos()).unwrap_or(u64::MAX);
    let requests: Vec<TaskRequest> = names
        .into_iter()
        .map(|unit| TaskRequest {
            unit,
            kind: TaskKind::UnitExec,
            params: BTreeMap::from([
                ("command".to_owned(), args.commands.clone().into()),
                ("timeout".to_owned(), nanos.into()),
                ("workload-context".to_owned(), false.into()),
            ]),
        })
        .collect();
    let colour = args.task_output.colors.colours(&std::io::stdout());
    let clock = args.task_output.times.clock().for_version(model.juju);
    let mut done = BTreeMap::new();
    for id in &machines {
        done.insert(id.clone(), machine_exec::run(client, &model, id, &args.commands, args.wait, &clock)?);
    }
    if !requests.is_empty() || machines.is_empty() {
        let report = ReportOptions { steps: client.verbose, colour };
        let Some((operation, tasks)) = enqueue(client, &model, requests, &errors, args.waiting.background, report)?
        else {
            return Ok(ExitCode::SUCCESS);
        };
        if args.waiting.background {
            return background(client, &model, operation, &tasks);
        }
        done.extend(wait(client, &model, &tasks, args.wait, &clock, report)?);
    }
    print(&output::exec(&done, args.task_output.output.format()), args.task_output.output.output.as_deref())?;
    exit_code(&done)
}

/// The unit for a task. If it does not exist, Juju names it by its tag: `TagToActionReceiverFn` in
/// apiserver/common/action.go.
fn receiver(client: &Client, model: &Model, name: &str) -> anyhow::Result<Unit> {
    if name.ends_with("/leader") {
        return client.unit(model, name);
    }
    unit::find(client.store.db(), &model.uuid, name)?.with_context(|| {
        if model.juju.is_4() {
            format!("linking task to unit: getting unit UUID for {name:?}: unit {name:?} not found")
        } else {
            format!("{:?} not found", unit_tag(name))
        }
    })
}

/// Juju 4 looks an action up before it creates an operation, but checks parameters only when the task runs.
fn check_action_defined(client: &Client, model: &Model, args: &RunArgs) -> anyhow::Result<()> {
    for name in &args.units {
        let Ok(found) = client.unit(model, name) else { continue };
        let meta = charm::metadata(&client.application(model, &found.application)?)?;
        if !meta.actions.contains_key(&args.action) {
            bail!("action {:?} not defined for unit {:?}. (not found)", args.action, found.name());
        }
    }
    Ok(())
}

fn task_request(
    client: &Client,
    model: &Model,
    name: &str,
    action: &str,
    params: &Map<String, Value>,
) -> anyhow::Result<TaskRequest> {
    let found = receiver(client, model, name)?;
    let application = client.application(model, &found.application)?;
    let meta = charm::metadata(&application)?;
    let defined = meta
        .actions
        .get(action)
        .with_context(|| format!("action {action:?} not defined on unit {:?}", found.name()))?;
    let params = if model.juju.is_4() { params.clone() } else { action_params::prepare(defined, params, model.juju)? };
    let params = params.into_iter().collect();
    Ok(TaskRequest { unit: found.name(), kind: TaskKind::Action(action.to_owned()), params })
}

/// What to report while waiting.
#[derive(Clone, Copy)]
struct ReportOptions {
    /// Report running tasks. `exec` does so only with `--verbose`.
    steps: bool,
    colour: Colours,
}

/// Create the tasks. Returns `None` if there are none.
fn enqueue(
    client: &mut Client,
    model: &Model,
    requests: Vec<TaskRequest>,
    errors: &[String],
    background: bool,
    report: ReportOptions,
) -> anyhow::Result<Option<Enqueued>> {
    let (operation, tasks) = client.write(|db| {
        let operation = model::next_number(db, &model.uuid, Counter::Operation)?;
        if model.juju.is_4() {
            // On Juju 4, a task that cannot be scheduled still uses a number.
            for _ in errors {
                model::next_number(db, &model.uuid, Counter::Operation)?;
            }
        }
        let mut tasks = Vec::new();
        for one in requests {
            let id = model::next_number(db, &model.uuid, Counter::Operation)?;
            task::add(db, &model.uuid, (id, operation), &one.unit, &one.kind, &one.params)?;
            tasks.push((id, one.unit));
        }
        Ok((operation, tasks))
    })?;
    // Juju 3.6: `processOperationResults` in cmd/juju/action/common.go.
    if tasks.is_empty() {
        if !background && report.steps {
            client.progress.info("");
        }
        client.progress.info(&format!("Operation {operation} failed to schedule any tasks:\n{}", errors.join("\n")));
        return Ok(None);
    }
    if !background && report.steps {
        let started: Vec<(String, String)> = tasks.iter().map(|(id, unit)| (id.to_string(), unit_tag(unit))).collect();
        client.progress.info(output::running(&operation.to_string(), &started, report.colour).trim_end_matches('\n'));
        client.progress.info("");
    }
    if !errors.is_empty() {
        client.progress.info(&format!("Some actions could not be scheduled:\n{}\n", errors.join("\n")));
    }
    Ok(Some((operation, tasks)))
}

fn unit_tag(unit: &str) -> String {
    format!("unit-{}", unit.replace('/', "-"))
}

fn background(client: &Client, model: &Model, operation: i64, tasks: &[(i64, String)]) -> anyhow::Result<ExitCode> {
    spawn_settle(model)?;
    let ids = tasks.iter().map(|(id, unit)| (unit.clone(), id.to_string())).collect();
    let (stdout, stderr) = output::scheduled(&operation.to_string(), &ids);
    print(&stdout, None)?;
    client.progress.info(stderr.trim_end_matches('\n'));
    Ok(ExitCode::SUCCESS)
}

/// Settle a model in a separate process: actions continue when this command no longer waits for them.
fn spawn_settle(model: &Model) -> anyhow::Result<Child> {
    Command::new(env::current_exe().context("cannot find this program")?)
        .args([SETTLE, &model.uuid])
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start this program again")
}

/// Run as the process that settles a model in the background.
pub fn settle(store: Store, uuid: &str) -> anyhow::Result<()> {
    let Some(model) = model::find(store.db(), uuid)? else { return Ok(()) };
    let machines = crate::machine::Machines::open(store.folder())?;
    let mut store = store;
    uniter::settle(&mut store, &model, &machines, &crate::progress::Progress::quiet(), uniter::BusyUnits::Wait)
}

/// Wait for tasks to end, and print their log.
fn wait(
    client: &Client,
    model: &Model,
    tasks: &[(i64, String)],
    timeout: Duration,
    clock: &Clock,
    report: ReportOptions,
) -> anyhow::Result<BTreeMap<String, TaskInfo>> {
    let db = client.store.db();
    let mut child = spawn_settle(model)?;
    let deadline = Instant::now() + timeout;
    let mut done: BTreeMap<String, TaskInfo> = BTreeMap::new();
    for (index, (id, unit)) in tasks.iter().enumerate() {
        if report.steps {
            client.progress.info(output::waiting(&id.to_string(), report.colour).trim_end_matches('\n'));
        }
        let mut printed = 0;
        let mut pause = Duration::from_millis(1);
        loop {
            let settled = child.try_wait()?.is_some();
            let task = task::find(db, &model.uuid, *id)?.with_context(|| format!("task {id} not found"))?;
            // Juju prints the log only for a single task.
            for (time, message) in task.log.iter().skip(if tasks.len() == 1 { printed } else { usize::MAX }) {
                let time = Timestamp::from_millisecond(*time).unwrap_or_default();
                client.progress.info(&output::log_line(&clock.time(time), message));
            }
            printed = task.log.len();
            let is_over = task.completed.is_some() || Instant::now() >= deadline;
            if is_over && printed > 0 && tasks.len() == 1 && report.steps {
                client.progress.info("");
            }
            if task.completed.is_some() {
                let mut task_info = task_info(&task, clock);
                if model.juju.is_4() {
                    // Juju answers before it knows the time.
                    task_info.timing.completed.clear();
                }
                done.insert(unit.clone(), task_info);
                break;
            }
            if is_over {
                bail!(output::timed_out(
                    &tasks[index..].iter().map(|(_, unit)| format!("unit {unit}")).collect::<Vec<_>>()
                ));
            }
            // A running task belongs to another command.
            if settled && !task.status.is_running() {
                bail!(
                    "unit {unit} cannot run task {id} now: it stays pending, `{} status` shows what the unit waits for",
                    program_name()
                );
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }
    Ok(done)
}

fn exit_code(done: &BTreeMap<String, TaskInfo>) -> anyhow::Result<ExitCode> {
    match output::failure(done) {
        Some(reason) => Err(AfterOutput(reason).into()),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// A task for the output.
pub fn task_info(task: &Task, clock: &Clock) -> TaskInfo {
    let at = |millis: i64| Timestamp::from_millisecond(millis).unwrap_or_default();
    let time = |millis: Option<i64>| millis.map(|millis| clock.date_time_and_zone(at(millis))).unwrap_or_default();
    let log = task
        .log
        .iter()
        .map(|(time, message)| output::log_line(&clock.date_time_and_zone(at(*time)), message))
        .collect();
    let on_machine = task.kind == TaskKind::MachineExec;
    TaskInfo {
        id: task.id.to_string(),
        log,
        machine: on_machine.then(|| task.receiver.clone()),
        message: task.message.clone(),
        results: match &task.results {
            Value::Object(results) if task.completed.is_some() => Some(results.clone()),
            _ => None,
        },
        status: task.status,
        timing: Timing {
            completed: time(task.completed),
            enqueued: time(Some(task.enqueued)),
            started: time(task.started),
        },
        unit: (!on_machine).then(|| task.receiver.clone()),
    }
}
