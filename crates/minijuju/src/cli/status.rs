//! Commands that show the model, its applications, units and machines, and what they logged.

use std::time::Duration;

use clap::Args;

use super::command::Init;
use super::{ModelOption, Output, duration, is_application, is_unit};
use crate::format::{Document, StatusFormat, Tabular};

/// `juju status`.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
pub struct Status {
    /// Machines, applications, units or statuses to show; * stands for anything
    #[arg(value_name = "selector")]
    pub selectors: Vec<String>,
    /// Show the relations in the table, too
    #[arg(long, alias = "integrations")]
    pub relations: bool,
    /// Show the storage in the table, too
    #[arg(long)]
    pub storage: bool,
    /// Show it again and again, this long apart, until Ctrl-C
    #[arg(long, value_name = "duration", value_parser = duration::parse)]
    pub watch: Option<Duration>,
    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,
    /// Use ANSI color codes in output
    #[arg(long)]
    pub color: bool,
    /// Do not use ANSI color codes in output
    #[arg(long = "no-color")]
    pub no_color: bool,
    #[arg(long = "retry-count", hide = true, value_parser = super::deploy::integer)]
    retry_count: Option<i64>,
    #[arg(long = "retry-delay", hide = true, value_parser = duration::parse)]
    retry_delay: Option<Duration>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<StatusFormat>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Status {
    fn init(&mut self) -> Result<(), String> {
        if !self.utc {
            self.utc = match std::env::var("JUJU_STATUS_ISO_TIME") {
                Ok(text) if !text.is_empty() => super::gnuflag::boolean(&text)
                    .map_err(|why| format!("invalid JUJU_STATUS_ISO_TIME env var, expected true|false: {why}"))?,
                _ => false,
            };
        }
        if self.watch.is_some_and(|every| every.is_zero()) {
            self.watch = None;
        }
        if self.color && self.no_color {
            return Err("cannot mix --no-color and --color".to_owned());
        }
        Ok(())
    }
}

/// `juju show-unit`.
#[derive(Debug, Clone, Args)]
pub struct ShowUnit {
    /// The units
    #[arg(value_name = "unit name", required = true)]
    pub units: Vec<String>,
    /// Show relation data of this endpoint only
    #[arg(long)]
    pub endpoint: Option<String>,
    /// Show relation data of this unit only
    #[arg(long = "related-unit", value_name = "unit")]
    pub related_unit: Option<String>,
    /// Show relation data of applications only
    #[arg(long)]
    pub app: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Document>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for ShowUnit {
    fn init(&mut self) -> Result<(), String> {
        if let Some(unit) = self.related_unit.as_ref().filter(|unit| !is_unit(unit)) {
            return Err(format!("related unit name {unit} not valid"));
        }
        not_valid("unit name", self.units.iter().filter(|unit| !is_unit(unit)))
    }
}

fn not_valid<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let names: Vec<&str> = names.map(String::as_str).collect();
    match names.len() {
        0 => Ok(()),
        1 => Err(format!("{what} {} not valid", names[0])),
        _ => Err(format!("{what}s {} not valid", names.join(", "))),
    }
}

/// `juju show-application`.
#[derive(Debug, Clone, Args)]
pub struct ShowApplication {
    /// The applications
    #[arg(value_name = "application name", required = true)]
    pub applications: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Document>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for ShowApplication {
    fn init(&mut self) -> Result<(), String> {
        not_valid("application name", self.applications.iter().filter(|name| !is_application(name)))
    }
}

/// `juju machines`.
#[derive(Debug, Clone, Args)]
pub struct Machines {
    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,
    /// Use ANSI color codes in output
    #[arg(long)]
    pub color: bool,
    /// Show the machines of every model
    #[arg(long)]
    pub all: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Machines {}

/// `juju show-machine`.
#[derive(Debug, Clone, Args)]
pub struct ShowMachine {
    /// The machines; all if there is none
    #[arg(value_name = "machine id")]
    pub machines: Vec<String>,
    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,
    /// Use ANSI color codes in output
    #[arg(long)]
    pub color: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Document>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for ShowMachine {}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// What a charm's author wants to know.
    Debug,
    /// What an operator wants to know.
    Info,
    /// What an operator should look into.
    Warning,
    /// What went wrong.
    Error,
}

impl LogLevel {
    /// Reads a level's name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<LogLevel> {
        Some(match name.to_ascii_uppercase().as_str() {
            "TRACE" => LogLevel::Trace,
            "DEBUG" => LogLevel::Debug,
            "INFO" => LogLevel::Info,
            "WARN" | "WARNING" => LogLevel::Warning,
            "ERROR" => LogLevel::Error,
            _ => return None,
        })
    }

    /// Its name in the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            LogLevel::Trace => "TRACE",
            LogLevel::Debug => "DEBUG",
            LogLevel::Info => "INFO",
            LogLevel::Warning => "WARNING",
            LogLevel::Error => "ERROR",
        }
    }
}

fn count(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("invalid value {text:?} for uint flag"))
}

/// `juju debug-log`.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
pub struct DebugLog {
    /// Show messages of these entities only (unit-tinyproxy-0, tinyproxy/0, machine-0); * stands for anything
    #[arg(short = 'i', long, value_name = "entity")]
    pub include: Vec<String>,
    /// Show no messages of these entities
    #[arg(short = 'x', long, value_name = "entity")]
    pub exclude: Vec<String>,
    /// Show messages of these modules only
    #[arg(long = "include-module", value_name = "module")]
    pub include_module: Vec<String>,
    /// Show no messages of these modules
    #[arg(long = "exclude-module", value_name = "module")]
    pub exclude_module: Vec<String>,
    /// Show messages with these labels only
    #[arg(long = "include-label", value_name = "label")]
    pub include_label: Vec<String>,
    /// Show no messages with these labels
    #[arg(long = "exclude-label", value_name = "label")]
    pub exclude_label: Vec<String>,
    /// Show messages of this level and above: TRACE, DEBUG, INFO, WARNING or ERROR
    #[arg(short = 'l', long = "level", value_name = "level")]
    level_word: Option<String>,
    /// Begin with this many of the last messages, and go on with new ones
    #[arg(short = 'n', long, value_name = "count", value_parser = count)]
    pub lines: Option<u64>,
    /// Show this many of the last messages
    #[arg(long, value_name = "count", value_parser = count)]
    pub limit: Option<u64>,
    /// Begin with the oldest message
    #[arg(long)]
    pub replay: bool,
    /// Show what there is, and end
    #[arg(long = "no-tail")]
    pub no_tail: bool,
    /// Go on with new messages until Ctrl-C
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
    /// Show dates, too
    #[arg(long)]
    pub date: bool,
    /// Show milliseconds, too
    #[arg(long)]
    pub ms: bool,
    #[arg(long, hide = true)]
    retry: bool,
    #[arg(long = "retry-delay", hide = true, value_parser = duration::parse)]
    retry_delay: Option<Duration>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// The least level to show.
    #[arg(skip)]
    pub level: Option<LogLevel>,
}

impl DebugLog {
    /// How many of the last messages to begin with; none for all of them.
    #[must_use]
    pub fn backlog(&self) -> Option<u64> {
        match (self.limit, self.lines) {
            // Juju takes 0 for "no limit".
            (Some(0), _) | (None, Some(0)) => None,
            (Some(limit), _) => Some(limit),
            (None, Some(lines)) => Some(lines),
            (None, None) => (!self.replay).then_some(10),
        }
    }
}

impl Init for DebugLog {
    fn init(&mut self) -> Result<(), String> {
        if let Some(word) = self.level_word.as_ref().filter(|word| !word.is_empty()) {
            let level = LogLevel::parse(word).ok_or_else(|| {
                format!("level value {word:?} is not one of \"TRACE\", \"DEBUG\", \"INFO\", \"WARNING\", \"ERROR\"")
            })?;
            self.level = Some(level);
        }
        for (clash, what) in [
            (self.tail && self.no_tail, "--tail and --no-tail"),
            (self.no_tail && self.retry, "--no-tail and --retry"),
            (self.no_tail && self.lines.is_some(), "--no-tail and --lines"),
            (self.tail && self.limit.is_some(), "--tail and --limit"),
            (self.limit.is_some() && self.lines.is_some(), "--limit and --lines"),
            (self.replay && self.lines.is_some(), "--replay and --lines"),
        ] {
            if clash {
                return Err(format!("setting {what} not valid"));
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

/// `tinyproxy/0` to `unit-tinyproxy-0`, `0` to `machine-0`, `tinyproxy` to its units; a tag stays one.
fn tag(entity: &str) -> String {
    let is_tag = ["unit-", "machine-", "application-"].iter().any(|kind| entity.starts_with(kind));
    if entity.contains('*') || is_tag {
        entity.to_owned()
    } else if is_unit(entity) {
        format!("unit-{}", entity.replace('/', "-"))
    } else if super::is_machine(entity) {
        format!("machine-{}", entity.replace('/', "-"))
    } else if is_application(entity) {
        format!("unit-{entity}-*")
    } else {
        entity.to_owned()
    }
}

/// `juju resolved`.
#[derive(Debug, Clone, Args)]
pub struct Resolved {
    /// The units
    #[arg(value_name = "unit")]
    pub units: Vec<String>,
    /// Do not run the failed hook again
    #[arg(long = "no-retry")]
    pub no_retry: bool,
    /// All units in error
    #[arg(long)]
    pub all: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Resolved {
    fn init(&mut self) -> Result<(), String> {
        if self.all {
            return if self.units.is_empty() {
                Ok(())
            } else {
                Err("specifying unit names(s) with --all not supported".to_owned())
            };
        }
        if self.units.is_empty() {
            return Err("no unit specified".to_owned());
        }
        match self.units.iter().find(|unit| !is_unit(unit)) {
            Some(unit) => Err(format!("unit name {unit:?} not valid")),
            None => Ok(()),
        }
    }
}
