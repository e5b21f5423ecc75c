//! The lines of `juju debug-log`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ops::hookcmds::LogLevel;

use crate::commands::debug_log::DebugLogArgs;
use crate::format::{Colours, Paint};

/// One message of a model's log.
#[derive(Debug, Clone, Copy)]
pub struct LogMessage<'a> {
    /// Such as `unit-tinyproxy-0`.
    pub entity: &'a str,
    pub at: Timestamp,
    pub level: LogLevel,
    /// Such as `unit.tinyproxy/0.juju-log`.
    pub module: &'a str,
    /// The file and line, if known; else empty.
    pub location: &'a str,
    pub message: &'a str,
}

/// How to format messages.
#[derive(Debug, Clone)]
pub struct LogStyle {
    zone: TimeZone,
    time: &'static str,
    location: bool,
    colour: Colours,
}

impl LogStyle {
    /// The style for these options, with times in the local zone, or in UTC after `--utc`.
    #[must_use]
    pub fn new(options: &DebugLogArgs, colour: Colours) -> LogStyle {
        LogStyle::in_zone(options, colour, if options.utc { TimeZone::UTC } else { TimeZone::system() })
    }

    fn in_zone(options: &DebugLogArgs, colour: Colours, zone: TimeZone) -> LogStyle {
        let time = match (options.date, options.ms) {
            (false, false) => "%H:%M:%S",
            (false, true) => "%H:%M:%S%.3f",
            (true, false) => "%Y-%m-%d %H:%M:%S",
            (true, true) => "%Y-%m-%d %H:%M:%S%.3f",
        };
        LogStyle { zone, time, location: options.location, colour }
    }

    /// A message as text. A message of several lines stays several lines.
    #[must_use]
    pub fn line(&self, message: &LogMessage<'_>) -> String {
        let time = message.at.to_zoned_datetime(self.zone.clone()).strftime(self.time).to_string();
        let paint = match message.level {
            LogLevel::Trace => Paint::Plain,
            LogLevel::Debug => Paint::Good,
            LogLevel::Info => Paint::BoldBrightCyan,
            LogLevel::Warning => Paint::Warning,
            LogLevel::Error | LogLevel::Critical => Paint::BrightRed,
        };
        let location = if self.location { format!("{} ", message.location) } else { String::new() };
        format!(
            "{}: {time} {} {} {location}{}\n",
            message.entity,
            paint.text(&message.level.to_string(), self.colour),
            message.module,
            message.message
        )
    }
}

/// Whether the options select a message.
#[must_use]
pub fn is_selected(options: &DebugLogArgs, message: &LogMessage<'_>) -> bool {
    let entity = |pattern: &String| matches(pattern, message.entity);
    let module = |prefix: &String| {
        message.module.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    options.level.is_none_or(|level| message.level >= level)
        && (options.include.is_empty() || options.include.iter().any(entity))
        && !options.exclude.iter().any(entity)
        && (options.include_module.is_empty() || options.include_module.iter().any(module))
        && !options.exclude_module.iter().any(module)
        // Messages have no labels here.
        && options.include_label.is_empty()
}

/// Whether a text matches a pattern, in which `*` matches anything.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| matches(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::parse;
    use crate::commands::Command;

    fn options(line: &str) -> DebugLogArgs {
        let words = line.split_whitespace().map(std::ffi::OsString::from);
        match parse(["juju".into(), "debug-log".into()].into_iter().chain(words)) {
            Ok(invocation) => match invocation.command {
                Command::DebugLog(options) => options,
                other => panic!("{other:?}"),
            },
            Err(stop) => panic!("{stop:?}"),
        }
    }

    fn message() -> LogMessage<'static> {
        LogMessage {
            entity: "unit-tinyproxy-0",
            at: "2026-11-22T09:00:00.123Z".parse().expect("a time"),
            level: LogLevel::Info,
            module: "unit.tinyproxy/0.juju-log",
            location: "server.go:325",
            message: "Config changed",
        }
    }

    fn line(options: &DebugLogArgs) -> String {
        LogStyle::in_zone(options, Colours::Off, TimeZone::UTC).line(&message())
    }

    #[test]
    fn a_message_is_a_line() {
        assert_eq!(line(&options("")), "unit-tinyproxy-0: 09:00:00 INFO unit.tinyproxy/0.juju-log Config changed\n");
        assert_eq!(
            line(&options("--date --ms --location")),
            "unit-tinyproxy-0: 2026-11-22 09:00:00.123 INFO unit.tinyproxy/0.juju-log server.go:325 Config changed\n"
        );
    }

    #[test]
    fn messages_are_selected_by_level_entity_and_module() {
        for (line, selected) in [
            ("", true),
            ("--level INFO", true),
            ("--level WARNING", false),
            ("--include tinyproxy/0", true),
            ("--include tinyproxy", true),
            ("--include tinyproxy/1", false),
            ("--include unit-tiny*", true),
            ("--exclude tinyproxy", false),
            ("--include-module unit", true),
            ("--include-module juju", false),
            ("--exclude-module unit.tinyproxy/0", false),
            ("--exclude-module uni", true),
            ("--include-label x", false),
        ] {
            assert_eq!(is_selected(&options(line), &message()), selected, "{line}");
        }
    }
}
