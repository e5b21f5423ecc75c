//! `juju-exec` in a machine: a command in a unit's hook context, for any process in the machine.
//!
//! Juju 3.6: cmd/jujud/run/run.go. It sends the command to the machine's agent, and waits until a unit has run it.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use emulator::go::gnuflag::{self, OptionKind, Order};
use emulator::go::parse_bool;
use serde::{Deserialize, Serialize};

use super::socket;
use super::wire::{Reply, Request};
use crate::cli::{is_unit, shell_line};

/// The program's names. `juju-run` is its name in Juju 2, which charms still look for.
pub const NAMES: [&str; 2] = ["juju-exec", "juju-run"];

/// The socket of a machine's agent.
pub const SOCKET: &str = "/run/minijuju/agent.socket";

/// The folder with the agents' folders in a machine.
const AGENTS_FOLDER: &str = "/var/lib/juju/agents";

const HELP: &str = "\
Usage: juju-exec [options] [-u] [<unit-name>] <commands>

Summary:
run commands in a unit's hook context

Options:
--force-remote-unit  (= false)
    run the commands for a specific relation context, bypassing the remote unit check
--no-context  (= false)
    do not run the command in a unit context
-r, --relation (= \"\")
    run the commands for a specific relation context on a unit
--remote-app (= \"\")
    run the commands for a specific remote application in a relation context on a unit
--remote-unit (= \"\")
    run the commands for a specific remote unit in a relation context on a unit
-u  (= \"-\")
    explicit unit-name, all other arguments are commands. if -u is passed an empty string, unit-name is inferred from
    state
";

/// A command for a unit to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecRequest {
    /// The unit's name; `None` for a command without a unit.
    pub unit: Option<String>,
    /// The command, for a shell.
    pub commands: String,
    /// The ID of the relation that it is about.
    pub relation: Option<i64>,
    /// The remote unit that it is about; empty for the only one.
    pub remote_unit: String,
    /// Do not check that the remote unit is in the relation.
    pub force: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum ParseError {
    /// `--help` was given.
    Help,
    Usage(UsageError),
}

impl From<UsageError> for ParseError {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

/// An error in the command line, in Juju's words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum UsageError {
    #[error("{0}")]
    Options(String),
    #[error("juju-exec cannot be called from within a hook, have context {0:?}")]
    InHook(String),
    #[error("-no-context cannot be passed with an explicit unit-name (-u {0:?})")]
    UnitWithoutContext(String),
    #[error("no unit")]
    NoUnit,
    #[error("missing unit-name")]
    NoUnitName,
    #[error("{word:?} is not a valid {kind}")]
    UnitName { word: String, kind: &'static str },
    #[error("missing commands")]
    NoCommands,
    #[error("invalid relation id")]
    RelationId,
    #[error("remote unit: {0}, provided without a relation")]
    RemoteUnit(String),
    #[error("remote app: {0}, provided without a relation")]
    RemoteApp(String),
}

/// Why a command did not run.
#[derive(Debug, thiserror::Error)]
enum ExecError {
    #[error("unit {0:?} not found on this machine")]
    NoUnit(String),
    #[error("dialing juju run socket: {SOCKET}: {0}")]
    Connect(io::Error),
    #[error("cannot write the request: {0}")]
    Request(serde_json::Error),
    #[error("the agent of this machine ended before the command did: {0}")]
    Agent(io::Error),
    #[error("cannot run /bin/bash: {0}")]
    Shell(io::Error),
}

/// Run as `juju-exec`.
pub fn run() -> ExitCode {
    let args: Vec<String> = env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let context = env::var("JUJU_CONTEXT_ID").unwrap_or_default();
    let request = match parse(&args, &context, &units()) {
        Ok(request) => request,
        Err(ParseError::Help) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(ParseError::Usage(error)) => {
            eprintln!("ERROR {error}");
            return ExitCode::from(2);
        }
    };
    let result = match &request.unit {
        Some(unit) => run_in_unit(unit, &request),
        None => run_without_unit(&request.commands).map_err(ExecError::Shell),
    };
    match result {
        Ok(reply) => {
            let _ = io::stdout().write_all(&reply.stdout).and_then(|()| io::stdout().flush());
            let _ = io::stderr().write_all(&reply.stderr);
            ExitCode::from(u8::try_from(reply.code).unwrap_or(1))
        }
        Err(error) => {
            eprintln!("ERROR {error}");
            ExitCode::FAILURE
        }
    }
}

/// Let a unit run the command, and wait for it.
fn run_in_unit(unit: &str, request: &ExecRequest) -> Result<Reply, ExecError> {
    if !Path::new(AGENTS_FOLDER).join(tag(unit)).exists() {
        return Err(ExecError::NoUnit(unit.to_owned()));
    }
    let stream = socket::connect(Path::new(SOCKET)).map_err(ExecError::Connect)?;
    let args = vec![serde_json::to_string(request).map_err(ExecError::Request)?];
    let request = Request { name: NAMES[0].to_owned(), args, ..Request::default() };
    let reply = request.send(&stream).and_then(|()| Reply::receive(&stream));
    reply.map_err(ExecError::Agent)
}

/// Run the command outside of any unit.
fn run_without_unit(commands: &str) -> io::Result<Reply> {
    let output = Command::new("/bin/bash").args(["-c", commands]).output()?;
    let code = output.status.code().or_else(|| Some(128 + output.status.signal()?)).unwrap_or(1);
    Ok(Reply { code, stdout: output.stdout, stderr: output.stderr })
}

fn tag(unit: &str) -> String {
    format!("unit-{}", unit.replace('/', "-"))
}

/// The units on this machine.
fn units() -> Vec<String> {
    let entries = fs::read_dir(AGENTS_FOLDER).into_iter().flatten().flatten();
    entries.filter_map(|entry| unit_of_tag(entry.file_name().to_str()?)).collect()
}

/// The unit with this tag.
fn unit_of_tag(tag: &str) -> Option<String> {
    let (application, number) = tag.strip_prefix("unit-")?.rsplit_once('-')?;
    Some(format!("{application}/{number}")).filter(|name| is_unit(name))
}

/// The unit with this name or tag.
fn parse_unit(word: &str) -> Result<String, UsageError> {
    let name = is_unit(word).then(|| word.to_owned()).or_else(|| unit_of_tag(word));
    let kind = if word.starts_with("unit-") { "unit tag" } else { "tag" };
    name.ok_or_else(|| UsageError::UnitName { word: word.to_owned(), kind })
}

/// The unit that runs the command: the one in `option` or in the first argument, or else the only one of the machine.
fn choose_unit(option: &str, words: &mut Vec<&str>, units: &[String]) -> Result<String, UsageError> {
    let only = || match units {
        [only] => Ok(only.clone()),
        _ => Err(UsageError::NoUnit),
    };
    match option {
        "" => only(),
        "-" => {
            let first = *words.first().ok_or(UsageError::NoUnitName)?;
            match parse_unit(first) {
                Ok(name) => {
                    words.remove(0);
                    Ok(name)
                }
                Err(error) => only().map_err(|_| error),
            }
        }
        name => parse_unit(name),
    }
}

fn parse(args: &[String], context: &str, units: &[String]) -> Result<ExecRequest, ParseError> {
    let (mut unit, mut relation, mut remote_unit, mut remote_app) = ("-", "", "", "");
    let (mut no_context, mut force) = (false, false);
    let find = |name: &str| {
        let takes = match name {
            "no-context" | "operator" | "force-remote-unit" => OptionKind::Bool,
            "r" | "relation" | "remote-unit" | "remote-app" | "u" => OptionKind::Value,
            _ => return None,
        };
        Some((name.to_owned(), takes))
    };
    let words = gnuflag::parse(args, Order::Interspersed, find, |option, _, value| {
        match option.as_str() {
            "no-context" => no_context = parse_bool(value)?,
            "force-remote-unit" => force = parse_bool(value)?,
            "r" | "relation" => relation = value,
            "remote-unit" => remote_unit = value,
            "remote-app" => remote_app = value,
            "u" => unit = value,
            // Only for charms in containers.
            _ => drop(parse_bool(value)?),
        }
        Ok::<_, emulator::go::InvalidSyntax>(())
    });
    let mut words = words.map_err(|unparsed| match unparsed {
        gnuflag::ParseError::Help => ParseError::Help,
        gnuflag::ParseError::Invalid(error) => ParseError::Usage(UsageError::Options(error.to_string())),
    })?;
    if !context.is_empty() {
        return Err(UsageError::InHook(context.to_owned()).into());
    }
    if no_context && unit != "-" {
        return Err(UsageError::UnitWithoutContext(unit.to_owned()).into());
    }
    let unit = if no_context { None } else { Some(choose_unit(unit, &mut words, units)?) };
    let commands = match words.as_slice() {
        [] => return Err(UsageError::NoCommands.into()),
        words => shell_line(words),
    };
    let number = relation.rsplit(':').next().unwrap_or_default();
    let relation = match relation {
        "" => None,
        _ => Some(number.parse().map_err(|_| UsageError::RelationId)?),
    };
    if relation.is_none() && !remote_unit.is_empty() {
        return Err(UsageError::RemoteUnit(remote_unit.to_owned()).into());
    }
    if relation.is_none() && !remote_app.is_empty() {
        return Err(UsageError::RemoteApp(remote_app.to_owned()).into());
    }
    Ok(ExecRequest { unit, commands, relation, remote_unit: remote_unit.to_owned(), force })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str], context: &str, units: &[&str]) -> Result<ExecRequest, ParseError> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        parse(&owned(args), context, &owned(units))
    }

    fn usage_error(args: &[&str], context: &str, units: &[&str]) -> String {
        match read(args, context, units) {
            Err(ParseError::Usage(reason)) => reason.to_string(),
            other => panic!("{args:?}: {other:?}"),
        }
    }

    #[test]
    fn a_unit_is_named_by_its_name_its_tag_or_by_being_the_only_one() {
        for (args, units, unit, commands) in [
            (&["foo/1", "command"][..], &[][..], "foo/1", "command"),
            (&["unit-name-2", "command"], &[], "name/2", "command"),
            (&["-u", "foo/1", "command"], &[], "foo/1", "command"),
            (&["-u", "unit-my-app-1", "a 'b' c"], &[], "my-app/1", "a 'b' c"),
            (&["-u", "foo/2", "unit-foo-2"], &[], "foo/2", "unit-foo-2"),
            (&["hostname"], &["foo/7"], "foo/7", "hostname"),
            (&["-u", "", "--", "hostname", "-f"], &["foo/7"], "foo/7", "hostname -f"),
            (&["foo/1", "--", "echo", "it's"], &[], "foo/1", r#"echo 'it'"'"'s'"#),
        ] {
            let request = read(args, "", units).unwrap();
            assert_eq!((request.unit.as_deref(), request.commands.as_str()), (Some(unit), commands), "{args:?}");
        }
        assert_eq!(read(&["--no-context", "command"], "", &[]).unwrap().unit, None);
    }

    #[test]
    fn a_command_can_be_about_a_relation() {
        let request = read(&["--relation", "db:4", "--remote-unit", "pg/1", "foo/1", "command"], "", &[]).unwrap();
        assert_eq!((request.relation, request.remote_unit.as_str()), (Some(4), "pg/1"));
        assert_eq!(usage_error(&["-r", "db", "foo/1", "x"], "", &[]), "invalid relation id");
        let reason = usage_error(&["--remote-unit", "pg/1", "foo/1", "x"], "", &[]);
        assert_eq!(reason, "remote unit: pg/1, provided without a relation");
    }

    #[test]
    fn invalid_arguments_are_refused_in_jujus_words() {
        for (args, context, units, reason) in [
            (&[][..], "", &[][..], "missing unit-name"),
            (&["foo"], "", &[], "\"foo\" is not a valid tag"),
            (&["foo"], "", &["a/0", "b/0"], "\"foo\" is not a valid tag"),
            (&["foo/2"], "", &[], "missing commands"),
            (&["-u", "foo/2"], "", &[], "missing commands"),
            (&["-u", "", "x"], "", &[], "no unit"),
            (
                &["--no-context", "-u", "foo/1", "x"],
                "",
                &[],
                "-no-context cannot be passed with an explicit unit-name (-u \"foo/1\")",
            ),
            (
                &["foo/1", "x"],
                "foo/1-x-1",
                &[],
                "juju-exec cannot be called from within a hook, have context \"foo/1-x-1\"",
            ),
        ] {
            assert_eq!(usage_error(args, context, units), reason, "{args:?}");
        }
        assert_eq!(read(&["--help"], "", &[]), Err(ParseError::Help));
    }
}
