//! Actions and commands on units, and what became of them.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use super::command::Init;
use super::{ModelOption, Output, deploy, duration, is_application, is_machine, is_unit, names};
use crate::format::{Document, Plain, Tabular};

/// `juju actions`.
#[derive(Debug, Clone, Args)]
pub struct Actions {
    /// The application
    pub application: String,
    /// Show the actions' parameters
    #[arg(long)]
    pub schema: bool,
    /// Output format: yaml with --schema, tabular without, unless it is given
    #[arg(long, value_enum, value_name = "format")]
    format: Option<ActionsFormat>,
    /// Write the output to this file
    #[arg(short = 'o', long, value_name = "file")]
    pub output: Option<PathBuf>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

/// What `--format` of `juju actions` can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ActionsFormat {
    Default,
    Json,
    Tabular,
    Yaml,
}

impl Actions {
    /// The format that was asked for, or that fits the rest.
    #[must_use]
    pub fn format(&self) -> Tabular {
        match self.format {
            Some(ActionsFormat::Json) => Tabular::Json,
            Some(ActionsFormat::Yaml) => Tabular::Yaml,
            Some(ActionsFormat::Default) | None if self.schema => Tabular::Yaml,
            Some(ActionsFormat::Tabular | ActionsFormat::Default) | None => Tabular::Tabular,
        }
    }
}

impl Init for Actions {
    fn init(&mut self) -> Result<(), String> {
        if self.schema && self.format == Some(ActionsFormat::Tabular) {
            return Err("full schema not compatible with tabular output".to_owned());
        }
        deploy::application(&self.application)
    }
}

/// `juju show-action`.
#[derive(Debug, Clone, Args)]
pub struct ShowAction {
    /// The application
    pub application: String,
    /// The action
    pub action: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for ShowAction {
    fn init(&mut self) -> Result<(), String> {
        deploy::application(&self.application)
    }
}

/// `juju run`.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
pub struct Run {
    /// The units (or APPLICATION/leader), the action, and its parameters as key=value or key.key=value
    #[arg(value_name = "unit> ... <action> [<key>=<value>")]
    words: Vec<String>,
    /// YAML file with the action's parameters
    #[arg(long, value_name = "file")]
    pub params: Option<PathBuf>,
    /// Take the parameters' values as strings, whatever they look like
    #[arg(long = "string-args")]
    pub string_args: bool,
    /// Do not wait for the tasks to end
    #[arg(long)]
    pub background: bool,
    /// Longest to wait for a task
    #[arg(long = "wait", value_name = "duration", value_parser = duration::parse)]
    wait_word: Option<Duration>,
    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,
    /// Use ANSI color codes in output
    #[arg(long)]
    pub color: bool,
    /// Do not use ANSI color codes in output
    #[arg(long = "no-color")]
    pub no_color: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Plain>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// The units to run it on: `tinyproxy/0`, `tinyproxy/leader`.
    #[arg(skip)]
    pub units: Vec<String>,
    /// The action.
    #[arg(skip)]
    pub action: String,
    /// Its parameters: the keys from the outside in, and the value as it was written.
    #[arg(skip)]
    pub arguments: Vec<(Vec<String>, String)>,
    /// Longest to wait for a task.
    #[arg(skip)]
    pub wait: Duration,
}

/// How long Juju waits for an action.
const ACTION: Duration = Duration::from_mins(1);

/// How long Juju waits for a command.
const COMMAND: Duration = Duration::from_mins(5);

fn wait(wait: Option<Duration>, background: bool, default: Duration) -> Result<Duration, String> {
    match wait.filter(|wait| !wait.is_zero()) {
        Some(_) if background => Err("cannot specify both --wait and --background".to_owned()),
        Some(wait) => Ok(wait),
        None => Ok(default),
    }
}

impl Init for Run {
    fn init(&mut self) -> Result<(), String> {
        self.wait = wait(self.wait_word, self.background, ACTION)?;
        let mut words = self.words.iter();
        for word in words.by_ref() {
            if names::is_unit_or_leader(word) {
                self.units.push(word.clone());
            } else if names::is_action(word) {
                self.action.clone_from(word);
                break;
            } else {
                return Err(format!("invalid unit or action name {word:?}"));
            }
        }
        if self.units.is_empty() {
            return Err("no unit specified".to_owned());
        }
        if self.action.is_empty() {
            return Err("no action specified".to_owned());
        }
        let application = |unit: &String| unit.split('/').next().unwrap_or_default().to_owned();
        if self.units.iter().any(|unit| application(unit) != application(&self.units[0])) {
            return Err("all units must be of the same application".to_owned());
        }
        for word in words {
            let (keys, value) = word
                .split_once('=')
                .ok_or_else(|| format!("argument {word:?} must be of the form key.key.key...=value"))?;
            let keys: Vec<String> = keys.split('.').map(str::to_owned).collect();
            if let Some(key) = keys.iter().find(|key| !names::is_action(key)) {
                return Err(format!(
                    "key {key:?} must start and end with lowercase alphanumeric, and contain only lowercase \
                     alphanumeric and hyphens"
                ));
            }
            self.arguments.push((keys, value.to_owned()));
        }
        Ok(())
    }
}

/// `juju exec`.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
pub struct Exec {
    /// The command, after --
    #[arg(value_name = "commands", required = true)]
    words: Vec<String>,
    /// Run it on all machines
    #[arg(long)]
    pub all: bool,
    /// Run it on these machines, separated by commas
    #[arg(long = "machine", value_name = "machine", action = ArgAction::Set, value_delimiter = ',')]
    pub machines: Vec<String>,
    /// Run it on the units of these applications, separated by commas
    #[arg(short = 'a', long = "application", alias = "app", value_name = "application", action = ArgAction::Set,
          value_delimiter = ',')]
    pub applications: Vec<String>,
    /// Run it on these units (or APPLICATION/leader), separated by commas
    #[arg(short = 'u', long = "unit", value_name = "unit", action = ArgAction::Set, value_delimiter = ',')]
    pub units: Vec<String>,
    /// Do not wait for the tasks to end
    #[arg(long)]
    pub background: bool,
    /// Longest to wait for a task
    #[arg(long = "wait", value_name = "duration", value_parser = duration::parse)]
    wait_word: Option<Duration>,
    /// Run it without waiting for hooks of the same machine
    #[arg(long, default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          action = ArgAction::Set, value_name = "bool")]
    pub parallel: bool,
    /// Run it after others of this group
    #[arg(long = "execution-group", value_name = "group")]
    pub execution_group: Option<String>,
    #[arg(long, hide = true)]
    operator: bool,
    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,
    /// Use ANSI color codes in output
    #[arg(long)]
    pub color: bool,
    /// Do not use ANSI color codes in output
    #[arg(long = "no-color")]
    pub no_color: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Plain>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// The command, for a shell.
    #[arg(skip)]
    pub commands: String,
    /// Longest to wait for a task.
    #[arg(skip)]
    pub wait: Duration,
}

impl Init for Exec {
    fn init(&mut self) -> Result<(), String> {
        self.wait = wait(self.wait_word, self.background, COMMAND)?;
        if self.operator {
            return Err("minijuju does not do \"--operator\": operators are for charms in containers".to_owned());
        }
        // One word is a line of shell; of several, each is one word to the shell.
        self.commands = match self.words.as_slice() {
            [line] => line.clone(),
            words => words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" "),
        };
        if self.all {
            for (given, what) in [
                (!self.machines.is_empty(), "machines"),
                (!self.applications.is_empty(), "applications"),
                (!self.units.is_empty(), "units"),
            ] {
                if given {
                    return Err(format!("You cannot specify --all and individual {what}"));
                }
            }
        } else if self.machines.is_empty() && self.applications.is_empty() && self.units.is_empty() {
            return Err(
                "You must specify a target, either through --all, --machine, --application or --unit".to_owned()
            );
        }
        let odd = |names: &[String], is: fn(&str) -> bool, what: &str| -> Vec<String> {
            names.iter().filter(|name| !is(name)).map(|name| format!("  {name:?} is not a valid {what}")).collect()
        };
        let wrong = [
            odd(&self.machines, is_machine, "machine id"),
            odd(&self.applications, is_application, "application name"),
            odd(&self.units, names::is_unit_or_leader, "unit name"),
        ]
        .concat();
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("The following exec targets are not valid:\n{}", wrong.join("\n")))
        }
    }
}

/// Quotes a word for a shell, if it needs it.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+/.,:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r#"'"'"'"#))
    }
}

const STATUSES: [&str; 8] = ["pending", "running", "completed", "failed", "cancelled", "aborting", "aborted", "error"];

/// `juju operations`.
#[derive(Debug, Clone, Args)]
pub struct Operations {
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

impl Init for Operations {
    fn init(&mut self) -> Result<(), String> {
        let mut wrong = Vec::new();
        let applications = self.applications.iter().filter(|name| !is_application(name));
        wrong.extend(applications.map(|name| format!("invalid application name {name:?}")));
        let units = self.units.iter().filter(|name| !is_unit(name));
        wrong.extend(units.map(|name| format!("invalid unit name {name:?}")));
        let machines = self.machines.iter().filter(|id| !is_machine(id));
        wrong.extend(machines.map(|id| format!("invalid machine id {id:?}")));
        let statuses = self.statuses.iter().filter(|status| !STATUSES.contains(&status.as_str()));
        wrong.extend(
            statuses
                .map(|status| format!("{status:?} is not a valid task status, want one of [{}]", STATUSES.join(" "))),
        );
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }
}

/// `juju show-operation`.
#[derive(Debug, Clone, Args)]
pub struct ShowOperation {
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

impl Init for ShowOperation {
    fn init(&mut self) -> Result<(), String> {
        task(&self.id, "operation", self.wait, self.watch)
    }
}

fn task(id: &str, what: &str, wait: Option<Duration>, watch: bool) -> Result<(), String> {
    if watch && wait.is_some() {
        return Err("specify either --watch or --wait but not both".to_owned());
    }
    if names::is_number(id) { Ok(()) } else { Err(format!("{what} ID {id:?} not valid")) }
}

/// `juju show-task`.
#[derive(Debug, Clone, Args)]
pub struct ShowTask {
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

impl Init for ShowTask {
    fn init(&mut self) -> Result<(), String> {
        task(&self.id, "task", self.wait, self.watch)
    }
}

/// `juju cancel-task`.
#[derive(Debug, Clone, Args)]
pub struct CancelTask {
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

impl Init for CancelTask {
    fn init(&mut self) -> Result<(), String> {
        match self.ids.iter().find(|id| !names::is_number(id)) {
            Some(id) => Err(format!("task ID {id:?} not valid")),
            None => Ok(()),
        }
    }
}
