//! `juju debug-log`.

pub mod output;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use ops::hookcmds::LogLevel;

use self::output::{LogMessage, LogStyle, is_selected};
use crate::cli::{Arguments, ModelOption, UsageError, duration, is_application, is_machine, is_unit};
use crate::client::{Client, print};
use crate::format::Colours;
use crate::store::log::{self, Line};

/// Juju's errors in the options for the log.
#[derive(Debug, thiserror::Error)]
enum DebugLogError {
    #[error("invalid value {0:?} for uint flag")]
    Count(String),
    #[error("level value {0:?} is not one of \"TRACE\", \"DEBUG\", \"INFO\", \"WARNING\", \"ERROR\"")]
    Level(String),
    #[error("setting {0} not valid")]
    Conflict(&'static str),
}

fn count(text: &str) -> Result<u64, DebugLogError> {
    text.parse().map_err(|_| DebugLogError::Count(text.to_owned()))
}

const DEBUG_LOG_HELP: &str = "\
Details:
On a terminal, it follows new messages until Ctrl-C.

Examples:
    juju debug-log
    juju debug-log --replay --no-tail --level ERROR
    juju debug-log --include tinyproxy/0 --limit 50";

/// Show what the charms logged.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
#[command(after_help = DEBUG_LOG_HELP)]
pub struct DebugLogArgs {
    /// Show only messages of these entities (unit-tinyproxy-0, tinyproxy/0, machine-0); * matches anything
    #[arg(short = 'i', long, value_name = "entity")]
    pub include: Vec<String>,
    /// Do not show messages of these entities
    #[arg(short = 'x', long, value_name = "entity")]
    pub exclude: Vec<String>,
    /// Show only messages of these modules
    #[arg(long = "include-module", value_name = "module")]
    pub include_module: Vec<String>,
    /// Do not show messages of these modules
    #[arg(long = "exclude-module", value_name = "module")]
    pub exclude_module: Vec<String>,
    /// Show only messages with these labels
    #[arg(long = "include-label", value_name = "label")]
    pub include_label: Vec<String>,
    /// Do not show messages with these labels
    #[arg(long = "exclude-label", value_name = "label")]
    pub exclude_label: Vec<String>,
    /// Show messages of this level and above: TRACE, DEBUG, INFO, WARNING or ERROR
    #[arg(short = 'l', long = "level", value_name = "level")]
    level_word: Option<String>,
    /// Start with this many of the last messages, and follow new ones
    #[arg(short = 'n', long, value_name = "count", value_parser = count)]
    pub lines: Option<u64>,
    /// Show only this many of the last messages
    #[arg(long, value_name = "count", value_parser = count)]
    pub limit: Option<u64>,
    /// Start with the oldest message
    #[arg(long)]
    pub replay: bool,
    /// Show the existing messages, and exit
    #[arg(long = "no-tail")]
    pub no_tail: bool,
    /// Follow new messages until Ctrl-C
    #[arg(long)]
    pub tail: bool,
    /// Use ANSI color codes in output
    #[arg(long)]
    pub color: bool,
    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,
    /// Show the file and line that logged
    #[arg(long)]
    pub location: bool,
    /// Show dates
    #[arg(long)]
    pub date: bool,
    /// Show milliseconds
    #[arg(long)]
    pub ms: bool,
    #[arg(long, hide = true)]
    retry: bool,
    #[arg(long = "retry-delay", hide = true, value_parser = duration::parse)]
    retry_delay: Option<Duration>,
    #[command(flatten)]
    pub model: ModelOption,
    /// The minimum level.
    #[arg(skip)]
    pub level: Option<LogLevel>,
}

impl DebugLogArgs {
    /// How many of the last messages to start with; `None` for all of them.
    #[must_use]
    pub fn backlog_size(&self) -> Option<u64> {
        match (self.limit, self.lines) {
            // In Juju, 0 means no limit.
            (Some(0), _) | (None, Some(0)) => None,
            (Some(limit), _) => Some(limit),
            (None, Some(lines)) => Some(lines),
            (None, None) => (!self.replay).then_some(10),
        }
    }
}

impl DebugLogArgs {
    /// The existing lines to show: the first ones with `--replay`, else the last ones. Juju 3.6: `processCollection`
    /// in state/logs.go.
    fn backlog<'a>(&self, lines: &'a [String]) -> &'a [String] {
        let count = self.backlog_size().map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
        if self.replay { &lines[..count.min(lines.len())] } else { &lines[lines.len().saturating_sub(count)..] }
    }
}

impl Arguments for DebugLogArgs {
    fn init(&mut self) -> Result<(), UsageError> {
        if let Some(word) = self.level_word.as_ref().filter(|word| !word.is_empty()) {
            let unknown = || UsageError::command(DebugLogError::Level(word.clone()));
            // Critical lines are shown, but `--level` does not accept CRITICAL.
            let level = word.parse().ok().filter(|level| *level <= LogLevel::Error);
            self.level = Some(level.ok_or_else(unknown)?);
        }
        for (conflict, options) in [
            (self.tail && self.no_tail, "--tail and --no-tail"),
            (self.no_tail && self.retry, "--no-tail and --retry"),
            (self.no_tail && self.lines.is_some(), "--no-tail and --lines"),
            (self.tail && self.limit.is_some(), "--tail and --limit"),
            (self.limit.is_some() && self.lines.is_some(), "--limit and --lines"),
            (self.replay && self.lines.is_some(), "--replay and --lines"),
        ] {
            if conflict {
                return Err(UsageError::command(DebugLogError::Conflict(options)));
            }
        }
        if self.limit.is_some() {
            self.no_tail = true;
        }
        if self.lines.is_some() {
            self.tail = true;
        }
        for entity in self.include.iter_mut().chain(&mut self.exclude) {
            *entity = tag(entity);
        }
        Ok(())
    }
}

/// `tinyproxy/0` to `unit-tinyproxy-0`, `0` to `machine-0`, `tinyproxy` to the pattern for its units. A tag stays as
/// it is.
fn tag(entity: &str) -> String {
    let is_tag = ["unit-", "machine-", "application-"].iter().any(|kind| entity.starts_with(kind));
    if entity.contains('*') || is_tag {
        entity.to_owned()
    } else if is_unit(entity) {
        format!("unit-{}", entity.replace('/', "-"))
    } else if is_machine(entity) {
        format!("machine-{}", entity.replace('/', "-"))
    } else if is_application(entity) {
        format!("unit-{entity}-*")
    } else {
        entity.to_owned()
    }
}

/// How often to check the log for new lines.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

pub fn run(client: &mut Client, args: &DebugLogArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let style = LogStyle::new(args, if args.color { Colours::On } else { Colours::on(&std::io::stdout()) });
    let mut last = 0;
    let mut read = |client: &Client| -> anyhow::Result<Vec<String>> {
        let lines = log::lines_after(client.store.db(), &model.uuid, last)?;
        last = lines.last().map_or(last, |line| line.id);
        let messages = lines.iter().map(message);
        let selected = messages
            .filter(|message| (args.level.is_some() || is_shown_by_default(message)) && is_selected(args, message));
        Ok(selected.map(|message| style.line(&message)).collect())
    };
    let lines = read(client)?;
    print(&args.backlog(&lines).concat(), None)?;
    // Like Juju, follow by default only at a terminal.
    while args.tail || (!args.no_tail && std::io::stdout().is_terminal()) {
        thread::sleep(POLL_INTERVAL);
        print(&read(client)?.concat(), None)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether the default level shows a message. Juju stores only INFO and above by default. minijuju stores everything,
/// and shows lower levels on request.
fn is_shown_by_default(message: &LogMessage<'_>) -> bool {
    message.level >= LogLevel::Info
}

fn message(line: &Line) -> LogMessage<'_> {
    LogMessage {
        entity: &line.entity,
        at: Timestamp::from_millisecond(line.time).unwrap_or_default(),
        level: line.level.min(LogLevel::Error),
        module: &line.module,
        location: "",
        message: &line.message,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::commands::tests::{assert_refused, command};

    #[derive(Debug, Parser)]
    struct CommandLine {
        #[command(flatten)]
        args: DebugLogArgs,
    }

    #[test]
    fn a_replay_shows_the_first_lines_and_otherwise_the_last_are_shown() {
        let lines: Vec<String> = (0..30).map(|number| number.to_string()).collect();
        let backlog = |line: &str| {
            let line = CommandLine::parse_from(["debug-log"].into_iter().chain(line.split_whitespace()));
            let backlog = line.args.backlog(&lines);
            (backlog.len(), backlog[0].clone())
        };
        assert_eq!(backlog("--replay --limit 20"), (20, "0".to_owned()));
        assert_eq!(backlog("--limit 20"), (20, "10".to_owned()));
        assert_eq!(backlog("--replay"), (30, "0".to_owned()));
        assert_eq!(backlog("--replay --limit 99"), (30, "0".to_owned()));
        assert_eq!(backlog(""), (10, "20".to_owned()));
    }

    #[test]
    fn options_set_the_backlog_and_the_filters() {
        let log = command!("debug-log --limit 50 --level warn -i tinyproxy/0 --include web -x 0", DebugLog);
        assert_eq!(log.backlog_size(), Some(50));
        assert_eq!(log.level, Some(LogLevel::Warning));
        assert_eq!(log.include, ["unit-tinyproxy-0", "unit-web-*"]);
        assert_eq!(log.exclude, ["machine-0"]);
        assert!(log.no_tail && !log.tail);
        assert_eq!(command!("debug-log", DebugLog).backlog_size(), Some(10));
        assert_eq!(command!("debug-log --replay", DebugLog).backlog_size(), None);
        assert!(command!("debug-log -n 5", DebugLog).tail);
        for (line, reason) in [
            ("debug-log --tail --no-tail", "setting --tail and --no-tail not valid"),
            ("debug-log -n x", "invalid value \"x\" for option -n: invalid value \"x\" for uint flag"),
            (
                "debug-log --level LOUD",
                "level value \"LOUD\" is not one of \"TRACE\", \"DEBUG\", \"INFO\", \"WARNING\", \"ERROR\"",
            ),
        ] {
            assert_refused(line, reason, 2);
        }
    }
}
