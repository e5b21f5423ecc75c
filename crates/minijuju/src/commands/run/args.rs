//! The arguments of `juju run` and `juju exec`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use crate::cli::{
    Arguments, ColorOptions, ModelOption, Output, UsageError, UtcOption, duration, is_action, is_application,
    is_machine, is_unit_or_leader, refuse_option, shell_line,
};
use crate::format::Plain;

const RUN_HELP: &str = "\
Details:
Values are read as YAML, so count=3 is a number; --string-args takes them as strings.

Examples:
    juju run db/0 backup
    juju run db/leader backup target=/srv compress.level=9
    juju run db/0 db/1 backup --params params.yaml --format json";

/// How to print the results of tasks.
#[derive(Debug, Clone, Args)]
pub struct TaskOutput {
    #[command(flatten)]
    pub times: UtcOption,
    #[command(flatten)]
    pub colors: ColorOptions,
    #[command(flatten)]
    pub output: Output<Plain>,
}

/// Run an action on units.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
#[command(after_help = RUN_HELP)]
pub struct RunArgs {
    /// The units (or APPLICATION/leader), the action, and its parameters as key=value or key.key=value
    #[arg(value_name = "unit, action or parameter")]
    words: Vec<String>,
    /// YAML file with the action's parameters
    #[arg(long, value_name = "file")]
    pub params: Option<PathBuf>,
    /// Take the values of parameters as strings
    #[arg(long = "string-args")]
    pub string_args: bool,
    #[command(flatten)]
    pub waiting: WaitOptions,
    #[command(flatten)]
    pub task_output: TaskOutput,
    #[command(flatten)]
    pub model: ModelOption,
    /// The units, such as `tinyproxy/0` or `tinyproxy/leader`.
    #[arg(skip)]
    pub units: Vec<String>,
    #[arg(skip)]
    pub action: String,
    /// Its parameters: the path of keys, and the value as given.
    #[arg(skip)]
    pub arguments: Vec<(Vec<String>, String)>,
    /// The maximum time to wait for a task.
    #[arg(skip)]
    pub wait: Duration,
}

/// Juju's default timeout for actions.
const ACTION_TIMEOUT: Duration = Duration::from_mins(1);

/// Juju's default timeout for commands.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(5);

/// `--background` and `--wait`.
#[derive(Debug, Clone, Copy, Args)]
pub struct WaitOptions {
    /// Do not wait for the tasks to end
    #[arg(long)]
    pub background: bool,
    /// Maximum time to wait for a task
    #[arg(long, value_name = "duration", value_parser = duration::parse)]
    wait: Option<Duration>,
}

impl WaitOptions {
    /// The maximum time to wait for a task.
    fn timeout_or(self, default: Duration) -> Result<Duration, UsageError> {
        match self.wait.filter(|wait| !wait.is_zero()) {
            Some(_) if self.background => Err(UsageError::Rule("cannot specify both --wait and --background")),
            Some(wait) => Ok(wait),
            None => Ok(default),
        }
    }
}

impl Arguments for RunArgs {
    const USAGE: Option<&str> = Some("<unit> [<unit> ...] <action-name> [<key>=<value> [<key>[.<key> ...]=<value>]]");

    fn init(&mut self) -> Result<(), UsageError> {
        self.wait = self.waiting.timeout_or(ACTION_TIMEOUT)?;
        let mut words = self.words.iter();
        for word in words.by_ref() {
            if is_unit_or_leader(word) {
                self.units.push(word.clone());
            } else if is_action(word) {
                self.action.clone_from(word);
                break;
            } else {
                return Err(UsageError::Invalid { what: "unit or action name", word: word.clone() });
            }
        }
        if self.units.is_empty() {
            return Err(UsageError::Rule("no unit specified"));
        }
        if self.action.is_empty() {
            return Err(UsageError::Rule("no action specified"));
        }
        let application = |unit: &String| unit.split('/').next().unwrap_or_default().to_owned();
        if self.units.iter().any(|unit| application(unit) != application(&self.units[0])) {
            return Err(UsageError::Rule("all units must be of the same application"));
        }
        for word in words {
            let (keys, value) =
                word.split_once('=').ok_or_else(|| UsageError::command(ParameterError::NoValue(word.clone())))?;
            let keys: Vec<String> = keys.split('.').map(str::to_owned).collect();
            if let Some(key) = keys.iter().find(|key| !is_action(key)) {
                return Err(UsageError::command(ParameterError::Key(key.clone())));
            }
            self.arguments.push((keys, value.to_owned()));
        }
        Ok(())
    }
}

/// Why an argument is not a parameter.
#[derive(Debug, thiserror::Error)]
enum ParameterError {
    #[error("argument {0:?} must be of the form key.key.key...=value")]
    NoValue(String),
    #[error(
        "key {0:?} must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens"
    )]
    Key(String),
}

#[derive(Debug, thiserror::Error)]
#[error("The following exec targets are not valid:\n{}", .0.join("\n"))]
struct InvalidTargets(Vec<String>);

const EXEC_HELP: &str = "\
Details:
On a unit, the command runs as a hook would: with its environment and its hook commands.

Examples:
    juju exec --unit tinyproxy/0 -- config-get slug
    juju exec --application tinyproxy -- uptime
    juju exec --machine 0 -- ls -l /etc";

/// Run a command on units or machines.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
#[command(after_help = EXEC_HELP)]
pub struct ExecArgs {
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
    #[command(flatten)]
    pub waiting: WaitOptions,
    /// Run it without waiting for hooks of the same machine
    #[arg(long, default_value = "true", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          action = ArgAction::Set, value_name = "bool")]
    pub parallel: bool,
    /// Run it in this execution group
    #[arg(long = "execution-group", value_name = "group")]
    pub execution_group: Option<String>,
    #[arg(long, hide = true)]
    operator: bool,
    #[command(flatten)]
    pub task_output: TaskOutput,
    #[command(flatten)]
    pub model: ModelOption,
    /// The command, for a shell.
    #[arg(skip)]
    pub commands: String,
    /// The maximum time to wait for a task.
    #[arg(skip)]
    pub wait: Duration,
}

impl Arguments for ExecArgs {
    const USAGE: Option<&str> = Some("<commands>");
    const MISSING: &[&str] = &["no commands specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        self.wait = self.waiting.timeout_or(COMMAND_TIMEOUT)?;
        refuse_option("--operator", &self.operator, "operators are for charms in containers")?;
        self.commands = shell_line(&self.words);
        if self.all {
            for (names, refusal) in [
                (&self.machines, "You cannot specify --all and individual machines"),
                (&self.applications, "You cannot specify --all and individual applications"),
                (&self.units, "You cannot specify --all and individual units"),
            ] {
                if !names.is_empty() {
                    return Err(UsageError::Rule(refusal));
                }
            }
        } else if self.machines.is_empty() && self.applications.is_empty() && self.units.is_empty() {
            return Err(UsageError::Rule(
                "You must specify a target, either through --all, --machine, --application or --unit",
            ));
        }
        let invalid = |names: &[String], is_valid: fn(&str) -> bool, what: &str| -> Vec<String> {
            names
                .iter()
                .filter(|name| !is_valid(name))
                .map(|name| format!("  {name:?} is not a valid {what}"))
                .collect()
        };
        let wrong = [
            invalid(&self.machines, is_machine, "machine id"),
            invalid(&self.applications, is_application, "application name"),
            invalid(&self.units, is_unit_or_leader, "unit name"),
        ]
        .concat();
        if wrong.is_empty() { Ok(()) } else { Err(UsageError::command(InvalidTargets(wrong))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::tests::{assert_refused, command};

    #[test]
    fn run_splits_its_words_into_units_action_and_parameters() {
        let run = command!("run db/0 db/leader backup target=/srv a.b=c=d --wait 5s --string-args", Run);
        assert_eq!(run.units, ["db/0", "db/leader"]);
        assert_eq!(run.action, "backup");
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        assert_eq!(run.arguments, [(keys(&["target"]), "/srv".to_owned()), (keys(&["a", "b"]), "c=d".to_owned())]);
        assert_eq!(run.wait, Duration::from_secs(5));
        assert_eq!(run.task_output.output.format(), Plain::Plain);
        assert!(run.string_args);
        assert_eq!(command!("run db/0 backup", Run).wait, Duration::from_mins(1));
        for (line, reason) in [
            ("run", "no unit specified"),
            ("run backup", "no unit specified"),
            ("run db/0", "no action specified"),
            ("run db/0 Backup", "invalid unit or action name \"Backup\""),
            ("run db/0 web/0 backup", "all units must be of the same application"),
            ("run db/0 backup x", "argument \"x\" must be of the form key.key.key...=value"),
            ("run db/0 backup --wait 5s --background", "cannot specify both --wait and --background"),
            (
                "run db/0 backup X=1",
                "key \"X\" must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and \
                 hyphens",
            ),
        ] {
            assert_refused(line, reason, 2);
        }
    }

    #[test]
    fn exec_joins_its_words_into_a_shell_command() {
        assert_eq!(command!("exec --unit a/0 -- echo_$HOME", Exec).commands, "echo $HOME");
        assert_eq!(command!("exec --unit a/0 -- echo it's_$x -n", Exec).commands, "echo 'it'\"'\"'s $x' -n");
        let exec = command!("exec -a web,db -u web/0 --machine 0,1 --parallel=false uptime", Exec);
        assert_eq!((exec.applications.len(), exec.units.len(), exec.machines.len(), exec.parallel), (2, 1, 2, false));
        assert!(command!("exec --all uptime", Exec).parallel);
        assert_eq!(command!("exec --all uptime", Exec).wait, Duration::from_mins(5));
        for (line, reason) in [
            ("exec uptime", "You must specify a target, either through --all, --machine, --application or --unit"),
            ("exec --all --unit a/0 uptime", "You cannot specify --all and individual units"),
            ("exec --unit a/0", "no commands specified"),
            ("exec --unit a uptime", "The following exec targets are not valid:\n  \"a\" is not a valid unit name"),
            ("exec --unit a/0 ls -l", "option provided but not defined: -l"),
        ] {
            assert_refused(line, reason, 2);
        }
    }
}
