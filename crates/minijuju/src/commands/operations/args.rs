//! The arguments of the commands about operations and tasks.

use std::thread;
use std::time::{Duration, Instant};

use clap::{ArgAction, Args};

use crate::cli::{
    Arguments, ModelOption, Output, UsageError, UtcOption, duration, is_application, is_machine, is_number, is_unit,
};
use crate::format::{Document, Plain};
use crate::store::task::TaskStatus;

/// How often to check a task while waiting for it.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

fn all_statuses() -> String {
    TaskStatus::ALL.iter().map(|status| status.as_str()).collect::<Vec<_>>().join(" ")
}

#[derive(Debug, thiserror::Error)]
#[error("{status:?} is not a valid task status, want one of [{all}]", all = all_statuses())]
struct InvalidStatus {
    status: String,
}

/// List operations.
#[derive(Debug, Clone, Args)]
#[command(alias = "list-operations")]
pub struct OperationsArgs {
    /// Show only operations on units of these applications, separated by commas
    #[arg(long = "apps", alias = "applications", value_name = "application", action = ArgAction::Set,
          value_delimiter = ',')]
    pub applications: Vec<String>,
    /// Show only operations on these units, separated by commas
    #[arg(long, value_name = "unit", action = ArgAction::Set, value_delimiter = ',')]
    pub units: Vec<String>,
    /// Show only operations on these machines, separated by commas
    #[arg(long, value_name = "machine", action = ArgAction::Set, value_delimiter = ',')]
    pub machines: Vec<String>,
    /// Show only these actions, separated by commas
    #[arg(long, value_name = "action", action = ArgAction::Set, value_delimiter = ',')]
    pub actions: Vec<String>,
    /// Show only operations with these statuses, separated by commas
    #[arg(long = "status", value_name = "status", action = ArgAction::Set, value_delimiter = ',')]
    pub statuses: Vec<String>,
    /// Show at most this many
    #[arg(long, value_name = "count", default_value = "0")]
    pub limit: u64,
    /// Skip this many
    #[arg(long, value_name = "count", default_value = "0")]
    pub offset: u64,
    #[command(flatten)]
    pub times: UtcOption,
    #[command(flatten)]
    pub output: Output<Plain>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for OperationsArgs {
    fn init(&mut self) -> Result<(), UsageError> {
        let invalid = |what: &'static str, words: &[String], is_valid: fn(&str) -> bool| -> Vec<UsageError> {
            let invalid = words.iter().filter(|word| !is_valid(word));
            invalid.map(|word| UsageError::Invalid { what, word: word.clone() }).collect()
        };
        let mut errors = invalid("application name", &self.applications, is_application);
        errors.extend(invalid("unit name", &self.units, is_unit));
        errors.extend(invalid("machine id", &self.machines, is_machine));
        let statuses = self.statuses.iter().filter(|status| status.parse::<TaskStatus>().is_err());
        errors.extend(statuses.map(|status| UsageError::command(InvalidStatus { status: status.clone() })));
        if errors.is_empty() { Ok(()) } else { Err(UsageError::Several(errors)) }
    }
}

/// `--wait` and `--watch`.
#[derive(Debug, Clone, Copy, Args)]
pub struct WatchOptions {
    /// Wait this long for it to end
    #[arg(long, value_name = "duration", value_parser = duration::parse)]
    wait: Option<Duration>,
    /// Wait for it to end
    #[arg(long)]
    watch: bool,
}

impl WatchOptions {
    fn check(self, id: &str, what: &'static str) -> Result<(), UsageError> {
        if self.watch && self.wait.is_some() {
            return Err(UsageError::Rule("specify either --watch or --wait but not both"));
        }
        if is_number(id) { Ok(()) } else { Err(UsageError::NotValid { what, word: id.to_owned() }) }
    }

    /// Calls `read` until it reports that the task is done or the time is over, and returns its last result.
    pub(super) fn poll_until_done<T>(self, mut read: impl FnMut() -> anyhow::Result<(bool, T)>) -> anyhow::Result<T> {
        let deadline = self.wait.map(|wait| Instant::now() + wait);
        loop {
            let (done, found) = read()?;
            if done || !self.watch && deadline.is_none_or(|deadline| Instant::now() >= deadline) {
                return Ok(found);
            }
            thread::sleep(POLL_INTERVAL);
        }
    }
}

/// What `show-operation` and `show-task` have in common.
#[derive(Debug, Clone, Args)]
pub struct ShowOptions {
    #[command(flatten)]
    pub watch_options: WatchOptions,
    #[command(flatten)]
    pub times: UtcOption,
    #[command(flatten)]
    pub model: ModelOption,
}

/// Show an operation and its tasks.
#[derive(Debug, Clone, Args)]
pub struct ShowOperationArgs {
    /// The operation's number
    #[arg(value_name = "operation-id")]
    pub id: String,
    #[command(flatten)]
    pub options: ShowOptions,
    #[command(flatten)]
    pub output: Output<Document>,
}

impl Arguments for ShowOperationArgs {
    const USAGE: Option<&str> = Some("<operation-id>");
    const MISSING: &[&str] = &["no operation ID specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        self.options.watch_options.check(&self.id, "operation ID")
    }
}

/// Show a task.
#[derive(Debug, Clone, Args)]
pub struct ShowTaskArgs {
    /// The task's number
    #[arg(value_name = "task ID")]
    pub id: String,
    #[command(flatten)]
    pub options: ShowOptions,
    #[command(flatten)]
    pub output: Output<Plain>,
}

impl Arguments for ShowTaskArgs {
    const USAGE: Option<&str> = Some("<task ID>");
    const MISSING: &[&str] = &["no task ID specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        self.options.watch_options.check(&self.id, "task ID")
    }
}

/// Cancel pending or running tasks.
#[derive(Debug, Clone, Args)]
pub struct CancelTaskArgs {
    /// The tasks' numbers
    #[arg(value_name = "task-id", required = true)]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub output: Output<Document>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for CancelTaskArgs {
    const USAGE: Option<&str> = Some("(<task-id>|<task-id-prefix>) [...]");
    const MISSING: &[&str] = &["no task IDs specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        match self.ids.iter().find(|id| !is_number(id)) {
            Some(id) => Err(UsageError::NotValid { what: "task ID", word: id.clone() }),
            None => Ok(()),
        }
    }
}
