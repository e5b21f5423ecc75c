//! Parses the words of a command line into a command.

use std::error::Error as _;
use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser};
use emulator::go::gnuflag::{OptionError, Order, ParseError};

use super::gnuflag;
use super::unknown::UnknownCommand;
use super::usage::UsageError;
use super::{Commands, Global, help};

/// clap's name for the parent of all commands.
const ROOT: &str = "juju";

/// What clap reads.
#[derive(Parser)]
#[command(name = ROOT, disable_help_subcommand = true, disable_help_flag = true, disable_version_flag = true,
          infer_long_args = false)]
struct CommandLine<C: Commands> {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: C,
}

/// A command with its arguments, and the options that all commands have.
#[derive(Debug, Clone)]
pub struct Invocation<C> {
    pub command: C,
    pub session: Session,
}

/// What all commands share.
#[derive(Debug, Clone)]
pub struct Session {
    pub global: Global,
    /// The argument of `-m`, of any command.
    pub model: Option<String>,
    /// The argument of `-c`, of any command.
    pub controller: Option<String>,
    /// The name that the program was called by: `minijuju`, or `juju` through a link.
    pub program: String,
    /// The command's output format, given or by default, if it has one.
    pub format: Option<String>,
}

impl Session {
    /// The output of a command that failed before it wrote any: an empty document in the formats that programs read.
    /// juju/cmd: `handleErrorForMachineFormats` in supercommand.go.
    pub fn empty_output(&self) -> &'static str {
        match self.format.as_deref() {
            Some("json" | "yaml") => "{}\n",
            _ => "",
        }
    }
}

/// What to print instead of running a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlyExit {
    pub stdout: String,
    pub stderr: String,
    pub code: u8,
}

impl EarlyExit {
    fn help(text: String) -> EarlyExit {
        EarlyExit { stdout: text, stderr: String::new(), code: 0 }
    }

    fn error(message: &str, code: u8) -> EarlyExit {
        EarlyExit { stdout: String::new(), stderr: format!("ERROR {message}\n"), code }
    }
}

/// clap's definition of all commands, for a program of this name.
pub fn root<C: Commands>(program: &str) -> clap::Command {
    CommandLine::<C>::command().bin_name(program).mut_subcommands(|command| {
        let name = format!("{program} {}", command.get_name());
        let command = match C::usage(command.get_name()) {
            Some(words) => command.override_usage(format!("{name} [options] {words}")),
            None if command.get_positionals().next().is_none() => command.override_usage(format!("{name} [options]")),
            None => command,
        };
        command
            .bin_name(name)
            .disable_help_flag(true)
            .disable_version_flag(true)
            .help_template("Usage: {usage}\n\nSummary:\n{about}\n\n{all-args}{after-help}\n")
            .next_line_help(true)
            .term_width(100)
    })
}

/// The name that a program was called by: `juju` through a link, else `minijuju`.
fn program_name(path: Option<OsString>) -> String {
    let path = path.unwrap_or_default();
    Path::new(&path).file_name().map_or_else(|| "minijuju".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Parse a command line, starting with the program's name.
///
/// # Errors
/// An [`EarlyExit`] is what to print instead: the requested help, or what is wrong in Juju's words.
pub fn parse<C: Commands>(words: impl IntoIterator<Item = OsString>) -> Result<Invocation<C>, EarlyExit> {
    let mut words = words.into_iter();
    let program = program_name(words.next());
    let words: Vec<String> = words
        .map(|word| {
            word.into_string()
                .map_err(|word| EarlyExit::error(&format!("argument \"{}\" is not valid UTF-8", word.display()), 2))
        })
        .collect::<Result<_, _>>()?;
    let root = root::<C>(&program);
    let global_line = match gnuflag::normalize(&[&root], &words, Order::OptionsFirst) {
        Ok(line) => line,
        Err(ParseError::Help) => return Err(EarlyExit::help(C::basics(&program))),
        Err(ParseError::Invalid(OptionError::Undefined(option))) if option == "--version" => {
            return parse(["juju", "version"].map(OsString::from));
        }
        Err(ParseError::Invalid(error)) => return Err(EarlyExit::error(&error.to_string(), 2)),
    };
    let Some((name, words)) = global_line.words.split_first() else {
        return Err(EarlyExit::help(C::basics(&program)));
    };
    if name == "help" {
        return Err(help::topic::<C>(&root, &program, words)
            .map_or_else(|error| EarlyExit::error(&error.to_string(), error.exit_code()), EarlyExit::help));
    }
    let Some(command) = root.find_subcommand(name) else {
        let error = UnknownCommand::new::<C>(&root, name);
        return Err(EarlyExit::error(&error.to_string(), error.exit_code()));
    };
    let order = if C::options_anywhere(command.get_name()) { Order::Interspersed } else { Order::OptionsFirst };
    let command_line = match gnuflag::normalize(&[command, &root], words, order) {
        Ok(line) => line,
        Err(ParseError::Help) => return Err(EarlyExit::help(help::command(command))),
        Err(ParseError::Invalid(error)) => return Err(EarlyExit::error(&error.to_string(), 2)),
    };
    check_word_count(command, C::missing(command.get_name()), &command_line.words)
        .map_err(|error| EarlyExit::error(&error.to_string(), 2))?;
    let line = [ROOT.to_owned()]
        .into_iter()
        .chain(global_line.options)
        .chain([command.get_name().to_owned()])
        .chain(command_line.options)
        .chain(["--".to_owned()])
        .chain(command_line.words);
    let matches = root
        .clone()
        .try_get_matches_from(line)
        .map_err(|error| EarlyExit::error(&error_message(&error, &command_line.written), 2))?;
    let CommandLine { global, mut command } = CommandLine::<C>::from_arg_matches(&matches)
        .map_err(|error| EarlyExit::error(&error_message(&error, &command_line.written), 2))?;
    let value_of = |long: &str| {
        // The long option tells `ModelOption` and `ControllerOption` apart: both have a field `name`.
        let (name, matches) = matches.subcommand()?;
        let argument =
            root.find_subcommand(name)?.get_arguments().find(|argument| argument.get_long() == Some(long))?;
        matches.try_get_one::<String>(argument.get_id().as_str()).ok()?.cloned()
    };
    let format = matches.subcommand().and_then(|(name, matches)| format(root.find_subcommand(name)?, matches));
    let session = Session { global, model: value_of("model"), controller: value_of("controller"), program, format };
    if session.global.quiet && session.global.verbose {
        return Err(EarlyExit::error(
            "\"verbose\" and \"quiet\" flags clash, please use one or the other, not both",
            1,
        ));
    }
    command.init().map_err(|error| EarlyExit::error(&error.to_string(), 2))?;
    Ok(Invocation { command, session })
}

/// The value of `--format`; by default the first possible one.
fn format(command: &clap::Command, matches: &clap::ArgMatches) -> Option<String> {
    let argument = command.get_arguments().find(|argument| argument.get_long() == Some("format"))?;
    let given = matches.get_raw(argument.get_id().as_str()).and_then(|mut values| values.next());
    match given {
        Some(given) => Some(given.to_string_lossy().into_owned()),
        None => argument.get_possible_values().first().map(|value| value.get_name().to_owned()),
    }
}

/// Check that the number of words is right.
fn check_word_count(command: &clap::Command, missing: &[&'static str], words: &[String]) -> Result<(), UsageError> {
    let mut required = 0;
    let mut allowed = Some(0);
    for argument in command.get_positionals() {
        let range = argument.get_num_args().unwrap_or_else(|| 1.into());
        required += usize::from(argument.is_required_set());
        allowed = allowed.filter(|_| range.max_values() < usize::MAX).map(|count| count + range.max_values());
    }
    if words.len() < required {
        return Err(UsageError::Rule(missing.get(words.len()).or(missing.last()).copied().unwrap_or_default()));
    }
    match allowed {
        Some(allowed) if words.len() > allowed => Err(UsageError::Unrecognized(words[allowed..].to_vec())),
        _ => Ok(()),
    }
}

/// Translate clap's error into Juju's words.
fn error_message(error: &clap::Error, written: &std::collections::HashMap<String, String>) -> String {
    let text = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg).unwrap_or_default();
    let long = argument.trim_start_matches('-').split([' ', '=', '[']).next().unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
            let reason = match error.source() {
                Some(source) => source.to_string(),
                None => format!("unknown {long} {value:?}"),
            };
            match written.get(long) {
                Some(option) => format!("invalid value {value:?} for option {option}: {reason}"),
                None => format!("invalid value {value:?}: {reason}"),
            }
        }
        // No other error can remain after normalizing.
        _ => error.render().to_string().trim_start_matches("error: ").trim_end().to_owned(),
    }
}
