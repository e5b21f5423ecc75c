//! The output of `juju run`, `juju exec` and `juju show-task`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::format::{Colours, Paint, Plain, json, sorted, yaml};
use crate::store::task::TaskStatus;

/// The result of a task. The fields are in alphabetical order, as in Juju.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TaskInfo {
    pub id: String,
    /// Its log: see [`log_line`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// The machine, for a task that is not on a unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// See [`TaskInfo::results`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Map<String, Value>>,
    pub status: TaskStatus,
    #[serde(skip_serializing_if = "Timing::is_empty")]
    pub timing: Timing,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// When a task was requested, started and ended, by
/// [`Clock::date_time_and_zone`](crate::format::Clock::date_time_and_zone). In alphabetical order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Timing {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub completed: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub enqueued: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub started: String,
}

impl Timing {
    fn is_empty(&self) -> bool {
        *self == Timing::default()
    }
}

impl TaskInfo {
    /// The results as Juju returns them: what the charm set, `return-code`, and `stdout` and `stderr` unless empty.
    #[must_use]
    pub fn results(set: Map<String, Value>, return_code: i64, stdout: &str, stderr: &str) -> Map<String, Value> {
        let mut results = set;
        results.insert("return-code".to_owned(), return_code.into());
        for (name, text) in [("stdout", stdout), ("stderr", stderr)] {
            if !text.is_empty() {
                results.insert(name.to_owned(), text.replace("\r\n", "\n").into());
            }
        }
        results
    }

    /// The exit code, if the task has run.
    fn return_code(&self) -> Option<i64> {
        self.results.as_ref()?.get("return-code")?.as_i64()
    }
}

/// A line of a task's log, for [`TaskInfo::log`] or for standard error while it runs. The time is by
/// [`Clock::date_time_and_zone`](crate::format::Clock::date_time_and_zone) or
/// [`Clock::time`](crate::format::Clock::time), respectively.
#[must_use]
pub fn log_line(time: &str, message: &str) -> String {
    format!("{time} {message}")
}

/// Juju's message on standard error before the tasks end: the operation, its tasks and their receivers (as tags:
/// `unit-tinyproxy-0`).
#[must_use]
pub fn running(operation: &str, tasks: &[(String, String)], colour: Colours) -> String {
    let count = Paint::Magenta.text(&tasks.len().to_string(), colour);
    let plural = if tasks.len() == 1 { "" } else { "s" };
    let mut out = format!("Running operation {} with {count} task{plural}\n", Paint::Info.text(operation, colour));
    for (task, receiver) in tasks {
        let (task, receiver) = (Paint::Info.text(task, colour), Paint::Bold.text(receiver, colour));
        _ = writeln!(out, "  - task {task} on {receiver}");
    }
    out.push('\n');
    out
}

/// Juju's message on standard error before it waits for a task.
#[must_use]
pub fn waiting(task: &str, colour: Colours) -> String {
    format!("Waiting for task {}...\n", Paint::Info.text(task, colour))
}

/// The output of `--background`, for standard output and standard error. The tasks are by unit or machine.
#[must_use]
pub fn scheduled(operation: &str, tasks: &BTreeMap<String, String>) -> (String, String) {
    #[derive(Serialize)]
    struct TaskId<'a> {
        id: &'a str,
    }
    let check = format!("Check operation status with 'juju show-operation {operation}'\n");
    if let (1, Some(task)) = (tasks.len(), tasks.values().next()) {
        let text = format!(
            "Scheduled operation {operation} with task {task}\n{check}Check task status with 'juju show-task {task}'\n"
        );
        return (String::new(), text);
    }
    let ids: BTreeMap<&String, TaskId> = tasks.iter().map(|(receiver, id)| (receiver, TaskId { id })).collect();
    let text = format!(
        "Scheduled operation {operation} with {} tasks\n{check}Check task status with 'juju show-task <id>'\n",
        tasks.len()
    );
    (yaml(&ids), text)
}

/// The command's error after its output, if a task's exit code is not 0.
#[must_use]
pub fn failure(tasks: &BTreeMap<String, TaskInfo>) -> Option<String> {
    let mut failed: Vec<String> = tasks
        .values()
        .filter_map(|task| Some((task, task.return_code().filter(|code| *code > 0)?)))
        .map(|(task, code)| format!(" - id {:?} with return code {code}", task.id))
        .collect();
    failed.sort();
    let plural = if failed.len() == 1 { "" } else { "s" };
    (!failed.is_empty()).then(|| {
        let list = failed.join("\n");
        format!("the following task{plural} failed:\n{list}\n\nuse 'juju show-task' to inspect the failure{plural}\n")
    })
}

/// The error for tasks that did not end in time, by unit or machine.
#[must_use]
pub fn timed_out(receivers: &[String]) -> String {
    format!("timed out waiting for results from: {}", receivers.join(", "))
}

/// `juju run`: the results by unit.
#[must_use]
pub fn run(tasks: &BTreeMap<String, TaskInfo>, format: Plain, colour: Colours) -> String {
    match format {
        Plain::Plain => plain(tasks, colour),
        Plain::Json => json(tasks),
        Plain::Yaml => yaml(tasks),
    }
}

/// `juju show-task`.
#[must_use]
pub fn show_task(task: &TaskInfo, format: Plain) -> String {
    match format {
        Plain::Plain => plain(&BTreeMap::from([(task.id.clone(), task.clone())]), Colours::Off),
        Plain::Json => json(task),
        Plain::Yaml => yaml(task),
    }
}

/// One unit's part of the plain output.
#[derive(Serialize)]
struct PlainTask<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    output: String,
    status: TaskStatus,
}

fn plain(tasks: &BTreeMap<String, TaskInfo>, colour: Colours) -> String {
    let hidden = ["return-code", "stdout", "stderr", "stdout-encoding", "stderr-encoding"];
    let parts: BTreeMap<&String, PlainTask> = tasks
        .iter()
        .map(|(receiver, task)| {
            let output = match &task.results {
                None => format!("Task {} {}\n", task.id, task.status),
                Some(results) => {
                    let shown: BTreeMap<String, &Value> = results
                        .iter()
                        .map(|(key, value)| (key.to_lowercase(), value))
                        .filter(|(key, _)| !hidden.contains(&key.as_str()))
                        .collect();
                    if shown.is_empty() { String::new() } else { yaml(&shown) }
                }
            };
            (receiver, PlainTask { id: &task.id, message: &task.message, output, status: task.status })
        })
        .collect();
    if parts.len() > 1 {
        return yaml(&parts);
    }
    let mut out = String::new();
    for (part, task) in parts.values().zip(tasks.values()) {
        if part.status == TaskStatus::Failed {
            let head = format!("Action id {} failed: {}\n", part.id, part.message);
            out += &Paint::Error.text(&head, colour);
            out += &Paint::Error.text(&part.output, colour);
        } else {
            out += &Paint::Good.text(&part.output, colour);
        }
        // Juju 4 prints nothing more for a task that did not run.
        if part.status != TaskStatus::Failed || task.results.as_ref().is_none_or(|results| !results.is_empty()) {
            out.push('\n');
        }
        let text = |name: &str| task.results.as_ref().and_then(|results| results.get(name)).and_then(Value::as_str);
        for text in [text("stdout"), text("stderr")].into_iter().flatten() {
            out += text.trim_matches('\n');
            out.push('\n');
        }
    }
    out
}

/// `juju exec`: the results by unit or machine.
#[must_use]
pub fn exec(tasks: &BTreeMap<String, TaskInfo>, format: Plain) -> String {
    match format {
        Plain::Json => json(tasks),
        Plain::Yaml => yaml(tasks),
        Plain::Plain => {
            let text = |task: &TaskInfo, name: &str| {
                let text = task.results.as_ref().and_then(|results| results.get(name)).and_then(Value::as_str)?;
                Some(if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") })
            };
            let outputs: BTreeMap<String, String> = tasks
                .iter()
                .map(|(name, task)| (name.clone(), [text(task, "stdout"), text(task, "stderr")]))
                .filter(|(_, texts)| texts.iter().any(Option::is_some))
                .map(|(name, texts)| (name, texts.into_iter().flatten().collect()))
                .collect();
            let mut out = String::new();
            let many = outputs.len() > 1;
            for (name, _) in sorted(tasks) {
                let output = outputs.get(name).map(String::as_str).unwrap_or_default();
                if many {
                    _ = writeln!(out, "{name}:\n{output}");
                } else {
                    out += output;
                }
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn task(id: &str, status: TaskStatus, results: Option<Value>) -> TaskInfo {
        TaskInfo {
            id: id.into(),
            status,
            results: results.and_then(|results| results.as_object().cloned()),
            unit: Some("db/0".into()),
            ..TaskInfo::default()
        }
    }

    fn one(task: TaskInfo) -> BTreeMap<String, TaskInfo> {
        BTreeMap::from([("db/0".to_owned(), task)])
    }

    #[test]
    fn results_of_an_action_are_printed() {
        let done = one(task(
            "2",
            TaskStatus::Completed,
            Some(json!({"return-code": 0, "size": "12", "path": {"to": "/srv"}})),
        ));
        assert_eq!(run(&done, Plain::Plain, Colours::Off), "path:\n  to: /srv\nsize: \"12\"\n\n");
        assert_eq!(
            run(&done, Plain::Json, Colours::Off),
            "{\"db/0\":{\"id\":\"2\",\"results\":{\"path\":{\"to\":\"/srv\"},\"return-code\":0,\"size\":\"12\"},\
             \"status\":\"completed\",\"unit\":\"db/0\"}}\n"
        );
    }

    #[test]
    fn a_failed_action_prints_its_message() {
        let mut failed = task("2", TaskStatus::Failed, Some(json!({"return-code": 0})));
        failed.message = "disk full".into();
        assert_eq!(run(&one(failed.clone()), Plain::Plain, Colours::Off), "Action id 2 failed: disk full\n\n");
        assert_eq!(failure(&one(failed)), None);
    }

    #[test]
    fn a_task_with_a_failing_exit_code_fails_the_command() {
        let bad = one(task("4", TaskStatus::Completed, Some(json!({"return-code": 3, "stderr": "oh\n"}))));
        assert_eq!(run(&bad, Plain::Plain, Colours::Off), "\noh\n");
        assert_eq!(
            failure(&bad).as_deref(),
            Some(
                "the following task failed:\n - id \"4\" with return code 3\n\nuse 'juju show-task' to inspect the \
                 failure\n"
            )
        );
    }

    #[test]
    fn a_task_without_results_shows_its_status() {
        assert_eq!(show_task(&task("7", TaskStatus::Running, None), Plain::Plain), "Task 7 running\n\n");
    }

    #[test]
    fn the_results_of_several_units_are_a_yaml_document() {
        let tasks = BTreeMap::from([
            ("db/0".to_owned(), task("2", TaskStatus::Completed, Some(json!({"return-code": 0, "a": "b"})))),
            ("db/1".to_owned(), task("3", TaskStatus::Completed, None)),
        ]);
        assert_eq!(
            run(&tasks, Plain::Plain, Colours::Off),
            "\
db/0:
  id: \"2\"
  output: |
    a: b
  status: completed
db/1:
  id: \"3\"
  output: |
    Task 3 completed
  status: completed
"
        );
    }

    #[test]
    fn exec_prints_the_output() {
        let output = |text: &str| task("2", TaskStatus::Completed, Some(json!({"return-code": 0, "stdout": text})));
        assert_eq!(exec(&one(output("hello")), Plain::Plain), "hello\n");
        let tasks = BTreeMap::from([("db/10".to_owned(), output("ten\n")), ("db/2".to_owned(), output("two\n"))]);
        assert_eq!(exec(&tasks, Plain::Plain), "db/2:\ntwo\n\ndb/10:\nten\n\n");
        assert_eq!(exec(&one(task("2", TaskStatus::Completed, Some(json!({"return-code": 0})))), Plain::Plain), "");
    }

    #[test]
    fn results_omit_empty_values() {
        let results = TaskInfo::results(Map::new(), 0, "a\r\nb\n", "");
        assert_eq!(Value::Object(results), json!({"return-code": 0, "stdout": "a\nb\n"}));
    }

    #[test]
    fn running_tasks_are_reported() {
        let tasks = [("2".to_owned(), "unit-db-0".to_owned())];
        assert_eq!(
            running("1", &tasks, Colours::Off) + &waiting("2", Colours::Off),
            "Running operation 1 with 1 task\n  - task 2 on unit-db-0\n\nWaiting for task 2...\n"
        );
        let (out, stderr) = scheduled("1", &BTreeMap::from([("db/0".to_owned(), "2".to_owned())]));
        assert!(out.is_empty() && stderr.starts_with("Scheduled operation 1 with task 2\n"), "{stderr}");
        let two = BTreeMap::from([("db/0".to_owned(), "2".to_owned()), ("db/1".to_owned(), "3".to_owned())]);
        assert_eq!(scheduled("1", &two).0, "db/0:\n  id: \"2\"\ndb/1:\n  id: \"3\"\n");
    }
}
