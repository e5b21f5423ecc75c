//! Help texts.

use clap::Command;

use super::Commands;
use super::unknown::UnknownCommand;

const GLOBAL_OPTIONS: &str = "\
Global options

Every command takes these, before its name or after.

-q, --quiet
    Show no informational output
-v, --verbose
    Show more verbose output
-h, --help
    Show help on a command
--debug
    Equivalent to --show-log --logging-config=<root>=DEBUG
--show-log
    Write the log to stderr
--logging-config <levels>
    Log levels of modules
--log-file <file>
    Write the log to a file
";

const TOPICS: &str = "\
basics          The commands to begin with
commands        All commands
global-options  Options common to all commands
topics          This list
";

/// Answer `juju help WORDS`.
pub(super) fn topic<C: Commands>(root: &Command, program: &str, words: &[String]) -> Result<String, UnknownCommand> {
    let words: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let Some(name) = words.first() else {
        return Ok(C::basics(program));
    };
    if words.len() > 1 {
        return Err(UnknownCommand::HelpOnSeveral(words[1..].iter().map(|word| (*word).clone()).collect()));
    }
    match name.as_str() {
        "basics" | "help" => Ok(C::basics(program)),
        "commands" => Ok(command_list(root)),
        "global-options" => Ok(GLOBAL_OPTIONS.to_owned()),
        "topics" => Ok(TOPICS.to_owned()),
        name => match root.find_subcommand(name) {
            Some(found) => Ok(command(found)),
            None => Err(UnknownCommand::new::<C>(root, name)),
        },
    }
}

/// The help of one command.
pub(super) fn command(command: &Command) -> String {
    let text = command.clone().render_help().to_string();
    let program = command.get_bin_name().and_then(|name| name.split(' ').next()).unwrap_or("minijuju");
    let text = text.trim_end().replace("[OPTIONS]", "[options]").replace("`minijuju ", &format!("`{program} "));
    text.lines().map(|line| with_program_name(line, program) + "\n").collect()
}

/// A line of help. In a line with a command to type, the program's name is the one that it was called by.
fn with_program_name(line: &str, program: &str) -> String {
    match line.strip_prefix("    juju ").or_else(|| line.strip_prefix("    minijuju ")) {
        Some(words) => format!("    {program} {}", words.replace("minijuju", program)),
        None => line.to_owned(),
    }
}

/// All commands, one line each.
fn command_list(root: &Command) -> String {
    let mut lines: Vec<(String, String)> = Vec::new();
    for command in root.get_subcommands().filter(|command| !command.is_hide_set()) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        lines.push((command.get_name().to_owned(), about));
        for alias in command.get_all_aliases() {
            lines.push((alias.to_owned(), format!("Alias for '{}'.", command.get_name())));
        }
    }
    lines.push(("help".to_owned(), "Show help on a command or other topic.".to_owned()));
    lines.sort();
    let longest = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines: Vec<String> = lines.iter().map(|(name, about)| format!("{name:longest$}  {about}\n")).collect();
    lines.concat()
}
