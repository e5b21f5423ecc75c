//! What was run: `juju operations`, `show-operation`, `show-task` and `cancel-task`.

pub mod output;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::{ArgAction, Args};
use jiff::Timestamp;

use self::output::{Operation, OperationAction, OperationLine, OperationTask, OperationTiming};
use crate::cli::{Arguments, ModelOption, Output, duration, is_application, is_machine, is_number, is_unit};
use crate::client::{Client, print};
use crate::commands::run::shown;
use crate::format::{self, Clock, Document, Plain};
use crate::store::action::{self, Task, TaskStatus};
use crate::store::model::Model;

/// List what was run.
#[derive(Debug, Clone, Args)]
#[command(alias = "list-operations")]
pub struct OperationsArgs {
    /// Show those on units of these applications, separated by commas
    #[arg(long = "apps", alias = "applications", value_name = "application", action = ArgAction::Set,
          value_delimiter = ',')]
    pub applications: Vec<String>,
    /// Show those on these units, separated by commas
    #[arg(long, value_name = "unit", action = ArgAction::Set, value_delimiter = ',')]
    pub units: Vec<String>,
    /// Show those on these machines, separated by commas
    #[arg(long, value_name = "machine", action = ArgAction::Set, value_delimiter = ',')]
    pub machines: Vec<String>,
    /// Show those of these actions, separated by commas
    #[arg(long, value_name = "action", action = ArgAction::Set, value_delimiter = ',')]
    pub actions: Vec<String>,
    /// Show those with these statuses, separated by commas
    #[arg(long = "status", value_name = "status", action = ArgAction::Set, value_delimiter = ',')]
    pub statuses: Vec<String>,
    /// Show this many at most
    #[arg(long, value_name = "count", default_value = "0")]
    pub limit: u64,
    /// Leave out this many
    #[arg(long, value_name = "count", default_value = "0")]
    pub offset: u64,
    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Plain>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for OperationsArgs {
    fn init(&mut self) -> Result<(), String> {
        let mut wrong = Vec::new();
        let applications = self.applications.iter().filter(|name| !is_application(name));
        wrong.extend(applications.map(|name| format!("invalid application name {name:?}")));
        let units = self.units.iter().filter(|name| !is_unit(name));
        wrong.extend(units.map(|name| format!("invalid unit name {name:?}")));
        let machines = self.machines.iter().filter(|id| !is_machine(id));
        wrong.extend(machines.map(|id| format!("invalid machine id {id:?}")));
        let all: Vec<&str> = TaskStatus::ALL.iter().map(|status| status.as_str()).collect();
        let statuses = self.statuses.iter().filter(|status| !all.contains(&status.as_str()));
        wrong.extend(
            statuses.map(|status| format!("{status:?} is not a valid task status, want one of [{}]", all.join(" "))),
        );
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }
}

/// Show what was run by one command.
#[derive(Debug, Clone, Args)]
pub struct ShowOperationArgs {
    /// The operation's number
    #[arg(value_name = "operation-id")]
    pub id: String,
    /// Wait this long for it to end
    #[arg(long, value_name = "duration", value_parser = duration::parse)]
    pub wait: Option<Duration>,
    /// Wait for it to end
    #[arg(long)]
    pub watch: bool,
    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Document>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ShowOperationArgs {
    const MISSING: &[&str] = &["no operation ID specified"];

    fn init(&mut self) -> Result<(), String> {
        task(&self.id, "operation", self.wait, self.watch)
    }
}

fn task(id: &str, what: &str, wait: Option<Duration>, watch: bool) -> Result<(), String> {
    if watch && wait.is_some() {
        return Err("specify either --watch or --wait but not both".to_owned());
    }
    if is_number(id) { Ok(()) } else { Err(format!("{what} ID {id:?} not valid")) }
}

/// Show what was run on one unit.
#[derive(Debug, Clone, Args)]
pub struct ShowTaskArgs {
    /// The task's number
    #[arg(value_name = "task ID")]
    pub id: String,
    /// Wait this long for it to end
    #[arg(long, value_name = "duration", value_parser = duration::parse)]
    pub wait: Option<Duration>,
    /// Wait for it to end
    #[arg(long)]
    pub watch: bool,
    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Plain>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ShowTaskArgs {
    const MISSING: &[&str] = &["no task ID specified"];

    fn init(&mut self) -> Result<(), String> {
        task(&self.id, "task", self.wait, self.watch)
    }
}

/// Cancel tasks that wait or run.
#[derive(Debug, Clone, Args)]
pub struct CancelTaskArgs {
    /// The tasks' numbers
    #[arg(value_name = "task-id", required = true)]
    pub ids: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Document>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for CancelTaskArgs {
    const MISSING: &[&str] = &["no task IDs specified"];

    fn init(&mut self) -> Result<(), String> {
        match self.ids.iter().find(|id| !is_number(id)) {
            Some(id) => Err(format!("task ID {id:?} not valid")),
            None => Ok(()),
        }
    }
}

/// How often a task that is waited for is looked at.
const EVERY: Duration = Duration::from_millis(50);

/// Run `juju operations`.
pub fn list(client: &mut Client, args: &OperationsArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let clock = Clock::new(args.utc);
    let wanted = |task: &Task| {
        let application = task.receiver.split('/').next().unwrap_or_default().to_owned();
        (args.applications.is_empty() || args.applications.contains(&application))
            && (args.units.is_empty() || args.units.contains(&task.receiver))
            && (args.actions.is_empty() || args.actions.iter().any(|action| action == task.kind.name()))
    };
    let mut found: Vec<(i64, Vec<Task>)> = by_operation(client, &model)?
        .into_iter()
        .filter(|(_, tasks)| tasks.iter().any(wanted))
        .filter(|(_, tasks)| {
            args.statuses.is_empty() || args.statuses.iter().any(|status| status == overall(tasks).as_str())
        })
        .collect();
    let skip = usize::try_from(args.offset)?;
    let take = if args.limit == 0 { usize::MAX } else { usize::try_from(args.limit)? };
    found = found.into_iter().skip(skip).take(take).collect();
    if found.is_empty() && args.output.format() == Plain::Plain {
        client.progress.say("no matching operations");
        return Ok(ExitCode::SUCCESS);
    }
    let time = |millis: Option<i64>| millis.map(|millis| clock.date_and_time(at(millis))).unwrap_or_default();
    let lines: Vec<OperationLine> = found
        .iter()
        .map(|(id, tasks)| OperationLine {
            id: id.to_string(),
            status: overall(tasks),
            started: time(tasks.iter().filter_map(|task| task.started).min()),
            finished: time(finished(tasks)),
            tasks: tasks.iter().map(|task| task.id.to_string()).collect(),
            summary: summary(tasks),
        })
        .collect();
    let operations = found.iter().map(|(id, tasks)| (id.to_string(), operation(tasks, &clock))).collect();
    print(&output::operations(&lines, &operations, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-operation`.
pub fn show(client: &mut Client, args: &ShowOperationArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let id: i64 = args.id.parse()?;
    let tasks = wait_until(args.wait, args.watch, || {
        let tasks = by_operation(client, &model)?.remove(&id);
        let tasks = tasks.with_context(|| format!("operation {id:?} not found"))?;
        Ok((finished(&tasks).is_some(), tasks))
    })?;
    let text = output::show_operation(&operation(&tasks, &Clock::new(args.utc)), args.output.format());
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-task`.
pub fn show_task(client: &mut Client, args: &ShowTaskArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let id: i64 = args.id.parse()?;
    let task = wait_until(args.wait, args.watch, || {
        let task = action::find(client.store.db(), &model.uuid, id)?;
        let task = task.with_context(|| format!("task with ID {id:?} not found"))?;
        Ok((task.completed.is_some(), task))
    })?;
    let text = crate::commands::run::output::show_task(&shown(&task, &Clock::new(args.utc)), args.output.format());
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju cancel-task`: a task that has not begun is cancelled, one that runs is stopped by whoever runs it.
pub fn cancel(client: &mut Client, args: &CancelTaskArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut cancelled = BTreeMap::new();
    for id in &args.ids {
        let id: i64 = id.parse()?;
        let mut task = action::find(client.store.db(), &model.uuid, id)?
            .with_context(|| format!("task with ID {id:?} not found"))?;
        // It may begin or end meanwhile.
        client.write(|db| {
            task = action::find(db, &model.uuid, id)?.unwrap_or(task.clone());
            match task.status {
                TaskStatus::Pending => {
                    task.end(TaskStatus::Cancelled);
                    "action cancelled via the API".clone_into(&mut task.message);
                }
                TaskStatus::Running => task.status = TaskStatus::Aborting,
                _ => return Ok(()),
            }
            action::save(db, &model.uuid, &task)
        })?;
        if ![TaskStatus::Aborting, TaskStatus::Cancelled].contains(&task.status) {
            bail!("task {id} is {} already", task.status);
        }
        cancelled.insert(id.to_string(), shown(&task, &Clock::new(false)));
    }
    print(&format::document(&cancelled, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn wait_until<T>(
    wait: Option<Duration>,
    watch: bool,
    mut look: impl FnMut() -> anyhow::Result<(bool, T)>,
) -> anyhow::Result<T> {
    let deadline = wait.map(|wait| Instant::now() + wait);
    loop {
        let (done, found) = look()?;
        if done || !watch && deadline.is_none_or(|deadline| Instant::now() >= deadline) {
            return Ok(found);
        }
        thread::sleep(EVERY);
    }
}

fn by_operation(client: &Client, model: &Model) -> anyhow::Result<BTreeMap<i64, Vec<Task>>> {
    let mut found: BTreeMap<i64, Vec<Task>> = BTreeMap::new();
    for task in action::all(client.store.db(), &model.uuid)? {
        found.entry(task.operation).or_default().push(task);
    }
    Ok(found)
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

/// When the last task ended, if all have.
fn finished(tasks: &[Task]) -> Option<i64> {
    tasks.iter().map(|task| task.completed).collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// The status of an operation: the one of its tasks' that Juju ranks first.
fn overall(tasks: &[Task]) -> TaskStatus {
    use TaskStatus::{Aborted, Aborting, Cancelled, Completed, Error, Failed, Pending, Running};
    let order = [Running, Aborting, Pending, Failed, Error, Cancelled, Aborted];
    order.into_iter().find(|status| tasks.iter().any(|task| task.status == *status)).unwrap_or(Completed)
}

fn summary(tasks: &[Task]) -> String {
    let Some(first) = tasks.first() else { return String::new() };
    let receivers: Vec<String> = tasks.iter().map(Task::receiver_tag).collect();
    match first.command() {
        Some(command) => format!("{command:?} run on {}", receivers.join(",")),
        None => format!("{} run on {}", first.kind.name(), receivers.join(",")),
    }
}

fn operation(tasks: &[Task], clock: &Clock) -> Operation {
    let time = |millis: Option<i64>| millis.map(|millis| clock.date_time_and_zone(at(millis))).unwrap_or_default();
    let first = tasks.first();
    let shown_tasks = tasks.iter().map(|task| {
        let one = shown(task, clock);
        let shown = OperationTask {
            name: String::new(),
            host: task.receiver.clone(),
            status: one.status,
            timing: one.timing.into(),
            log: one.log,
            message: one.message,
            results: one.results.unwrap_or_default(),
        };
        (task.id.to_string(), shown)
    });
    Operation {
        summary: summary(tasks),
        status: overall(tasks),
        fail: String::new(),
        action: first.map(|task| OperationAction {
            name: task.kind.name().to_owned(),
            parameters: task.params.clone().into_iter().collect(),
        }),
        timing: OperationTiming {
            enqueued: time(tasks.iter().map(|task| task.enqueued).min()),
            started: time(tasks.iter().filter_map(|task| task.started).min()),
            completed: time(finished(tasks)),
        },
        tasks: shown_tasks.collect(),
    }
}
