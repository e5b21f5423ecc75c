//! From words to a command.

use std::error::Error as _;
use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser};

use super::gnuflag::{self, Refusal};
use super::{Command, Global, help, unknown};

/// The name of the command that all others are under.
pub(super) const ROOT: &str = "juju";

/// A command, and what goes for all commands.
#[derive(Debug, Clone, Parser)]
#[command(name = ROOT, disable_help_subcommand = true, disable_help_flag = true, disable_version_flag = true,
          infer_long_args = false)]
pub struct Invocation {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub global: Global,
    #[allow(missing_docs)]
    #[command(subcommand)]
    pub command: Command,
    /// The model that `-m` named, for whatever command it was.
    #[arg(skip)]
    pub model: Option<String>,
    /// The controller that `-c` named, for whatever command it was.
    #[arg(skip)]
    pub controller: Option<String>,
    /// The name that the program was called by: `minijuju`, or `juju` where it is linked to that.
    #[arg(skip)]
    pub program: String,
}

/// What to print instead of running a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// For standard output.
    pub stdout: String,
    /// For standard error.
    pub stderr: String,
    /// The exit code.
    pub code: u8,
}

impl Stop {
    fn help(text: String) -> Stop {
        Stop { stdout: text, stderr: String::new(), code: 0 }
    }

    fn error(why: &str, code: u8) -> Stop {
        Stop { stdout: String::new(), stderr: format!("ERROR {why}\n"), code }
    }
}

/// The definitions of all commands, for a program of this name.
pub(super) fn root(program: &str) -> clap::Command {
    Invocation::command().bin_name(program).mut_subcommands(|command| {
        let name = format!("{program} {}", command.get_name());
        command
            .bin_name(name)
            .disable_help_flag(true)
            .disable_version_flag(true)
            .help_template("Usage: {usage}\n\nSummary:\n{about}\n\n{all-args}{after-help}\n")
            .next_line_help(true)
            .term_width(100)
    })
}

/// The name that a program was called by: `juju`, if it is linked to that.
fn program(path: Option<OsString>) -> String {
    let path = path.unwrap_or_default();
    Path::new(&path).file_name().map_or_else(|| "minijuju".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// A [`Stop`] says what to print instead: help that was asked for, or what is wrong in Juju's words.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Invocation, Stop> {
    let mut words = words.into_iter();
    let program = program(words.next());
    let words: Vec<String> = words
        .map(|word| {
            word.into_string()
                .map_err(|word| Stop::error(&format!("argument \"{}\" is not valid UTF-8", word.display()), 2))
        })
        .collect::<Result<_, _>>()?;
    let root = root(&program);
    let before = match gnuflag::plain(&[&root], &words, false) {
        Ok(plain) => plain,
        Err(Refusal::Help) => return Err(Stop::help(help::basics(&program))),
        Err(Refusal::Version) => return parse(["juju", "version"].map(OsString::from)),
        Err(Refusal::Mistake(why)) => return Err(Stop::error(&why, 2)),
    };
    let Some((name, words)) = before.words.split_first() else {
        return Err(Stop::help(help::basics(&program)));
    };
    if name == "help" {
        return Err(help::answer(&root, &program, words).map_or_else(|(why, code)| Stop::error(&why, code), Stop::help));
    }
    let Some(command) = root.find_subcommand(name) else {
        let (why, code) = unknown::refuse(&root, name);
        return Err(Stop::error(&why, code));
    };
    // The words after a machine belong to ssh, options and all.
    let interspersed = !matches!(command.get_name(), "ssh" | "scp");
    let after = match gnuflag::plain(&[command, &root], words, interspersed) {
        Ok(plain) => plain,
        Err(Refusal::Help | Refusal::Version) => return Err(Stop::help(help::command(command))),
        Err(Refusal::Mistake(why)) => return Err(Stop::error(&why, 2)),
    };
    check_count(command, &after.words).map_err(|why| Stop::error(&why, 2))?;
    let line = [ROOT.to_owned()]
        .into_iter()
        .chain(before.options)
        .chain([command.get_name().to_owned()])
        .chain(after.options)
        .chain(["--".to_owned()])
        .chain(after.words);
    let matches =
        root.clone().try_get_matches_from(line).map_err(|error| Stop::error(&mistake(&error, &after.written), 2))?;
    let mut invocation =
        Invocation::from_arg_matches(&matches).map_err(|error| Stop::error(&mistake(&error, &after.written), 2))?;
    if let Some((_, matches)) = matches.subcommand() {
        // Of `ModelOption` and `ControllerOption`, both with the field `name`, the long option tells which it is.
        let named = |long: &str| {
            let argument = command.get_arguments().find(|argument| argument.get_long() == Some(long))?;
            matches.try_get_one::<String>(argument.get_id().as_str()).ok()?
        };
        invocation.model = named("model").cloned();
        invocation.controller = named("controller").cloned();
    }
    invocation.program = program;
    if invocation.global.quiet && invocation.global.verbose {
        return Err(Stop::error("\"verbose\" and \"quiet\" flags clash, please use one or the other, not both", 1));
    }
    invocation.command.init().map_err(|why| Stop::error(&why, 2))?;
    Ok(invocation)
}

/// Checks that there are neither too few words nor too many.
fn check_count(command: &clap::Command, words: &[String]) -> Result<(), String> {
    let mut needed = 0;
    let mut allowed = Some(0);
    for argument in command.get_positionals() {
        let range = argument.get_num_args().unwrap_or_else(|| 1.into());
        needed += usize::from(argument.is_required_set());
        allowed = allowed.filter(|_| range.max_values() < usize::MAX).map(|count| count + range.max_values());
    }
    if words.len() < needed {
        return Err(missing(command.get_name(), words.len()).to_owned());
    }
    match allowed {
        Some(allowed) if words.len() > allowed => {
            let extra: Vec<String> = words[allowed..].iter().map(|word| format!("{word:?}")).collect();
            Err(format!("unrecognized args: [{}]", extra.join(" ")))
        }
        _ => Ok(()),
    }
}

/// What Juju says if a command has too few words.
fn missing(command: &str, given: usize) -> &'static str {
    match (command, given) {
        ("add-model", _) => "missing model name",
        ("destroy-model", _) => "no model specified",
        ("deploy", _) => "no charm or bundle specified",
        ("refresh" | "add-unit" | "remove-application" | "scale-application", _) => "no application specified",
        ("remove-unit", _) => "no units specified",
        ("config" | "constraints" | "set-constraints" | "actions" | "expose" | "unexpose" | "trust", _)
        | ("show-action", 0) => "no application name specified",
        ("show-action", _) => "no action specified",
        ("show-unit", _) => "an unit name must be supplied",
        ("show-application", _) => "an application name must be supplied",
        ("exec", _) => "no commands specified",
        ("show-operation", _) => "no operation ID specified",
        ("show-task", _) => "no task ID specified",
        ("cancel-task", _) => "no task IDs specified",
        ("add-secret", _) => "secret name needs to be supplied as the first argument",
        ("grant-secret" | "revoke-secret", _) => "missing secret URI or application name",
        ("update-secret" | "remove-secret", _) => "missing secret URI",
        ("show-secret", _) => "secret ID is required",
        ("add-storage", _) => "add-storage requires a unit and a storage directive",
        ("show-storage", _) => "must specify storage ID(s)",
        ("resources", _) => "missing application or unit name",
        ("attach-resource", 0) => "missing application name",
        ("attach-resource", _) => "no resource specified",
        ("fire", 0) => "no unit specified",
        ("fire", _) => "no event specified",
        ("completion", _) => "no shell specified",
        _ => "an argument is missing",
    }
}

/// clap's finding in Juju's words.
fn mistake(error: &clap::Error, written: &std::collections::HashMap<String, String>) -> String {
    let text = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg).unwrap_or_default();
    let long = argument.trim_start_matches('-').split([' ', '=', '[']).next().unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
            let why = match error.source() {
                Some(source) => source.to_string(),
                None => format!("unknown {long} {value:?}"),
            };
            match written.get(long) {
                Some(option) => format!("invalid value {value:?} for option {option}: {why}"),
                None => format!("invalid value {value:?}: {why}"),
            }
        }
        // Nothing else should be left after the plain form.
        _ => error.render().to_string().trim_start_matches("error: ").trim_end().to_owned(),
    }
}
