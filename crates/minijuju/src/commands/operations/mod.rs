//! `juju operations`, `show-operation`, `show-task` and `cancel-task`.

pub mod args;
pub mod output;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::Value;

use self::args::{CancelTaskArgs, OperationsArgs, ShowOperationArgs, ShowTaskArgs};
use self::output::{CancelledTask, Operation, OperationAction, OperationLine, OperationTask, OperationTiming};
use crate::client::{Client, print};
use crate::commands::run::task_info;
use crate::format::{self, Clock, Colours, Plain};
use crate::store::model::Model;
use crate::store::task::{self, Task, TaskStatus};
use crate::store::unit::{self, Unit};

/// The default number of listed operations.
const DEFAULT_LIMIT: usize = 50;

impl OperationsArgs {
    /// Whether the options select a task. With `receivers`, it must be on one of those.
    fn selects(&self, task: &Task, receivers: &[String]) -> bool {
        (receivers.is_empty() || receivers.contains(&task.receiver))
            && (self.actions.is_empty() || self.actions.iter().any(|action| action == task.kind.name()))
    }

    /// The requested part of a list, and a note above it if that is not all. Juju 3.6:
    /// cmd/juju/action/listoperations.go.
    fn page<T>(&self, all: Vec<T>) -> anyhow::Result<(Vec<T>, String)> {
        let offset = usize::try_from(self.offset)?;
        let limit = if self.limit == 0 { DEFAULT_LIMIT } else { usize::try_from(self.limit)? };
        let truncated = all.len() > offset.saturating_add(limit);
        let page: Vec<T> = all.into_iter().skip(offset).take(limit).collect();
        let mut note = String::new();
        if offset > 0 || truncated {
            note = format!("Displaying operation results {} to {}.\n", offset + 1, offset + page.len());
        }
        if truncated {
            let next = offset + limit;
            let _ =
                writeln!(note, "Run the command again with --offset={next} --limit={limit} to see the next batch.\n");
        }
        Ok((page, note))
    }
}

/// The units and machines whose operations to list: those named, and the units of the applications named. If neither
/// they nor actions are named, all existing units. Juju 3.6: apiserver/facades/client/action/operation.go.
fn receivers(client: &Client, model: &Model, args: &OperationsArgs) -> anyhow::Result<Vec<String>> {
    for name in &args.applications {
        client.application(model, name)?;
    }
    let named: Vec<String> = args.units.iter().chain(&args.machines).cloned().collect();
    let all = args.actions.is_empty() && args.applications.is_empty() && named.is_empty();
    let units = unit::all(client.store.db(), &model.uuid)?;
    let units = units.iter().filter(|unit| all || args.applications.contains(&unit.application));
    Ok(named.into_iter().chain(units.map(Unit::name)).collect())
}

/// Run `juju operations`.
pub fn list(client: &mut Client, args: &OperationsArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let clock = args.times.clock().for_version(model.juju);
    let receivers = receivers(client, &model, args)?;
    let found = tasks_by_operation(client, &model)?
        .into_iter()
        .filter(|(_, tasks)| tasks.iter().any(|task| args.selects(task, &receivers)))
        .filter(|(_, tasks)| {
            args.statuses.is_empty() || args.statuses.iter().any(|status| status == overall_status(tasks).as_str())
        })
        .collect();
    let (found, note) = args.page(found)?;
    if found.is_empty() {
        client.progress.info("no matching operations");
        return Ok(ExitCode::SUCCESS);
    }
    if args.output.format() == Plain::Plain {
        print(&note, None)?;
    }
    let time = |millis: Option<i64>| millis.map(|millis| clock.date_and_time(timestamp(millis))).unwrap_or_default();
    let lines: Vec<OperationLine> = found
        .iter()
        .map(|(id, tasks)| OperationLine {
            id: id.to_string(),
            status: overall_status(tasks),
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
    let tasks = args.options.watch_options.poll_until_done(|| {
        let tasks = tasks_by_operation(client, &model)?.remove(&id);
        let tasks = tasks.with_context(|| {
            if model.juju.is_4() {
                format!("operation {:?} not found", args.id)
            } else {
                format!("operation {id} not found")
            }
        })?;
        Ok((finished(&tasks).is_some(), tasks))
    })?;
    let text = output::show_operation(
        &operation(&tasks, &args.options.times.clock().for_version(model.juju)),
        args.output.format(),
    );
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-task`.
pub fn show_task(client: &mut Client, args: &ShowTaskArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let id: i64 = args.id.parse()?;
    let task = args.options.watch_options.poll_until_done(|| {
        let task = task::find(client.store.db(), &model.uuid, id)?;
        // Juju's facade has this message for all errors: `ErrBadId`.
        let task = task.context("id not found")?;
        Ok((task.completed.is_some(), task))
    })?;
    let text = crate::commands::run::output::show_task(
        &task_info(&task, &args.options.times.clock().for_version(model.juju)),
        args.output.format(),
    );
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju cancel-task`: cancel a pending task, let the command that runs a task stop it, or show a task that has ended.
/// Juju 3.6 and 4.0: cmd/juju/action/cancel.go.
pub fn cancel(client: &mut Client, args: &CancelTaskArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut shown = Vec::new();
    let mut unknown = String::new();
    for number in &args.ids {
        // There is no task with a number that is too large.
        let task = number.parse().ok().map(|id| cancel_one(client, &model, id)).transpose()?.flatten();
        match task {
            Some(task) => shown.push(CancelledTask::of(&task)),
            None if model.juju.is_4() => {
                let _ = writeln!(unknown, "task: {number}, error: ");
            }
            None => shown.push(CancelledTask::unknown(number)),
        }
    }
    if !shown.is_empty() {
        let document = format::document(&BTreeMap::from([("actions", shown)]), args.output.format());
        print(&document, args.output.output.as_deref())?;
    }
    if !unknown.is_empty() {
        let what = format!("The following tasks could not be canceled:\n{}", unknown.trim_end_matches('\n'));
        client.progress.print(&format::warning(&what, Colours::on(&io::stderr())));
    }
    Ok(ExitCode::SUCCESS)
}

/// Cancel the task with this number, if it exists.
fn cancel_one(client: &mut Client, model: &Model, id: i64) -> anyhow::Result<Option<Task>> {
    let mut found = None;
    client.write(|db| {
        found = task::find(db, &model.uuid, id)?;
        let Some(task) = &mut found else { return Ok(()) };
        match task.status {
            TaskStatus::Pending => {
                task.end(TaskStatus::Cancelled);
                "action cancelled via the API".clone_into(&mut task.message);
            }
            TaskStatus::Running => task.status = TaskStatus::Aborting,
            TaskStatus::Aborting
            | TaskStatus::Completed
            | TaskStatus::Failed
            | TaskStatus::Cancelled
            | TaskStatus::Aborted
            | TaskStatus::Error => return Ok(()),
        }
        task::save(db, &model.uuid, task)
    })?;
    Ok(found)
}

fn tasks_by_operation(client: &Client, model: &Model) -> anyhow::Result<BTreeMap<i64, Vec<Task>>> {
    let mut found: BTreeMap<i64, Vec<Task>> = BTreeMap::new();
    for task in task::all(client.store.db(), &model.uuid)? {
        found.entry(task.operation).or_default().push(task);
    }
    Ok(found)
}

fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

/// When the last task ended, if all have ended.
fn finished(tasks: &[Task]) -> Option<i64> {
    tasks.iter().map(|task| task.completed).collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// An operation's status: the status of a task that Juju ranks first.
fn overall_status(tasks: &[Task]) -> TaskStatus {
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

/// A parameter as in Juju's API: every number is a float, which YAML prints as `3e+11`.
fn numbers_as_floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(numbers_as_floats).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), numbers_as_floats(value))).collect(),
        other => other.clone(),
    }
}

fn operation(tasks: &[Task], clock: &Clock) -> Operation {
    let time =
        |millis: Option<i64>| millis.map(|millis| clock.date_time_and_zone(timestamp(millis))).unwrap_or_default();
    let first = tasks.first();
    let shown_tasks = tasks.iter().map(|task| {
        let info = task_info(task, clock);
        let shown = OperationTask {
            name: String::new(),
            host: task.receiver.clone(),
            status: info.status,
            timing: info.timing.into(),
            log: info.log,
            message: info.message,
            results: info.results.unwrap_or_default(),
        };
        (task.id.to_string(), shown)
    });
    Operation {
        summary: summary(tasks),
        status: overall_status(tasks),
        fail: String::new(),
        action: first.map(|task| OperationAction {
            name: task.kind.name().to_owned(),
            parameters: task.params.iter().map(|(name, value)| (name.clone(), numbers_as_floats(value))).collect(),
        }),
        timing: OperationTiming {
            enqueued: time(tasks.iter().map(|task| task.enqueued).min()),
            started: time(tasks.iter().filter_map(|task| task.started).min()),
            completed: time(finished(tasks)),
        },
        tasks: shown_tasks.collect(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;
    use crate::format::Document;

    #[derive(Debug, Parser)]
    struct CommandLine {
        #[command(flatten)]
        args: OperationsArgs,
    }

    #[test]
    fn a_page_has_fifty_operations_and_says_how_to_see_more() {
        let page = |line: &str, count: usize| {
            let line = CommandLine::parse_from(["operations"].into_iter().chain(line.split_whitespace()));
            let (page, note) = line.args.page((0..count).collect()).unwrap();
            (page.len(), note)
        };
        assert_eq!(page("", 50), (50, String::new()));
        assert_eq!(
            page("", 51),
            (
                50,
                "Displaying operation results 1 to 50.\nRun the command again with --offset=50 --limit=50 to see the next \
                 batch.\n\n"
                    .to_owned()
            )
        );
        assert_eq!(page("--offset 50", 51), (1, "Displaying operation results 51 to 51.\n".to_owned()));
        assert_eq!(page("--limit 3", 4).0, 3);
        assert_eq!(page("--offset 9", 4).0, 0);
    }

    #[test]
    fn the_numbers_in_parameters_are_floats() {
        let shown = numbers_as_floats(&json!({"timeout": 300_000_000_000_u64, "list": [1], "text": "1"}));
        assert_eq!(format::document(&shown, Document::Yaml), "list:\n- 1\ntext: \"1\"\ntimeout: 3e+11\n");
        assert_eq!(
            format::document(&shown, Document::Json),
            "{\"list\":[1],\"text\":\"1\",\"timeout\":300000000000}\n"
        );
    }
}
