//! Logging of minijuju itself: `--debug`, `--show-log`, `--log-file` and `--logging-config`, as in Juju's commands
//! (juju/cmd, `logging.go`).
//!
//! Log with [`tracing`], with one of Juju's module names as target. Never log a charm's secrets, options or arguments:
//! logs are passed on to others.

mod levels;

use std::fmt::{self, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::Context as _;
use jiff::Timestamp;
use ops::hookcmds::LogLevel;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use self::levels::Levels;
use crate::format::{Clock, Colours, Paint, escape_for};

/// The options of the log.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Write the log to standard error.
    pub show_log: bool,
    /// Include DEBUG, and write the log to standard error.
    pub debug: bool,
    /// Levels of modules, such as `<root>=INFO;juju.worker=DEBUG`.
    pub levels: Option<String>,
    /// The file to append the log to.
    pub file: Option<PathBuf>,
}

/// Start logging.
///
/// # Errors
/// The file cannot be opened.
pub fn start(options: &Options) -> anyhow::Result<()> {
    let log = Log::new(options)?;
    // Only fails in a test that has started logging before.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(log));
    Ok(())
}

/// Writes log lines to standard error and to a file.
struct Log {
    levels: Levels,
    to_stderr: bool,
    file: Option<Mutex<File>>,
}

impl Log {
    fn new(options: &Options) -> anyhow::Result<Self> {
        let mut levels = Levels::all(match (options.debug, options.show_log) {
            (true, _) => LogLevel::Debug,
            (false, true) => LogLevel::Info,
            (false, false) => LogLevel::Warning,
        });
        // Juju 3.6 ignores an invalid specification without a message.
        if let Err(error) = levels.configure(options.levels.as_deref().unwrap_or_default()) {
            let _ = writeln!(io::stderr(), "WARNING --logging-config is ignored: {error}");
        }
        let file = options.file.as_deref().map(open).transpose()?.map(Mutex::new);
        Ok(Self { levels, to_stderr: options.show_log || options.debug, file })
    }

    fn write(&self, line: &Line<'_>) {
        if let Some(file) = &self.file
            && let Ok(mut file) = file.lock()
        {
            // A full disk must not stop the command.
            let _ = file.write_all(line.format(Colours::Off).as_bytes());
        }
        let stderr = io::stderr();
        let text = if self.to_stderr {
            line.format(Colours::on(&stderr))
        } else if line.level >= LogLevel::Warning {
            format!("{} {}\n", line.level, line.message)
        } else {
            return;
        };
        let _ = stderr.lock().write_all(text.as_bytes());
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.with_context(|| format!("cannot open the log file {}", path.display()))
}

impl<S: Subscriber> Layer<S> for Log {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.is_event() && self.levels.is_enabled(metadata.target(), level(metadata))
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = MessageVisitor(String::new());
        event.record(&mut message);
        let metadata = event.metadata();
        let file = metadata.file().and_then(|path| Path::new(path).file_name()?.to_str()).unwrap_or_default();
        self.write(&Line {
            time: Clock::local().time(Timestamp::now()),
            level: level(metadata),
            module: metadata.target(),
            location: format!("{file}:{}", metadata.line().unwrap_or_default()),
            message: escape_for(&io::stderr(), &message.0).into_owned(),
        });
    }
}

fn level(metadata: &Metadata<'_>) -> LogLevel {
    match *metadata.level() {
        tracing::Level::TRACE => LogLevel::Trace,
        tracing::Level::DEBUG => LogLevel::Debug,
        tracing::Level::INFO => LogLevel::Info,
        tracing::Level::WARN => LogLevel::Warning,
        tracing::Level::ERROR => LogLevel::Error,
    }
}

struct Line<'a> {
    time: String,
    level: LogLevel,
    module: &'a str,
    /// File and line in the source.
    location: String,
    message: String,
}

impl Line<'_> {
    /// Formatted as by Juju's log library (loggo, `loggocolor/writer.go`).
    fn format(&self, colour: Colours) -> String {
        let (paint, level) = match self.level {
            LogLevel::Trace => (Paint::Plain, "TRACE"),
            LogLevel::Debug => (Paint::Good, "DEBUG"),
            LogLevel::Info => (Paint::Info, "INFO "),
            LogLevel::Warning => (Paint::Warning, "WARN "),
            LogLevel::Error | LogLevel::Critical => (Paint::BrightRed, "ERROR"),
        };
        format!(
            "{} {} {} {} {}\n",
            self.time,
            paint.text(level, colour),
            self.module,
            Paint::Info.text(&self.location, colour),
            self.message
        )
    }
}

struct MessageVisitor(String);

impl Visit for MessageVisitor {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The content of a log file after something was logged.
    fn logged_to_file(options: Options) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "before\n").unwrap();
        let log = Log::new(&Options { file: Some(path.clone()), ..options }).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(log), || {
            tracing::trace!(target: "juju.machine", "a detail");
            tracing::debug!(target: "juju.machine", "a step of {}", 3);
            tracing::info!(target: "juju.cmd", "an event");
            tracing::warn!(target: "juju.cmd", "a doubt");
        });
        fs::read_to_string(&path).unwrap()
    }

    #[test]
    fn lines_of_the_given_levels_are_appended_to_the_log_file() {
        let levels = |text: &str| Options { levels: Some(text.to_owned()), ..Options::default() };
        for (options, messages) in [
            (Options::default(), &["a doubt"][..]),
            (Options { show_log: true, ..Options::default() }, &["an event", "a doubt"]),
            (Options { debug: true, ..Options::default() }, &["a step of 3", "an event", "a doubt"]),
            (levels("<root>=ERROR;juju.machine=TRACE"), &["a detail", "a step of 3"]),
            (levels("nonsense"), &["a doubt"]),
        ] {
            let text = logged_to_file(options.clone());
            let mut lines = text.lines();
            assert_eq!(lines.next(), Some("before"));
            let messages_shown: Vec<&str> =
                lines.map(|line| line.splitn(5, ' ').nth(4).unwrap().trim_start()).collect();
            let ends = messages_shown.iter().zip(messages).all(|(line, message)| line.ends_with(message));
            assert!(messages_shown.len() == messages.len() && ends, "{options:?}: {text}");
        }
    }

    #[test]
    fn a_line_has_the_time_the_level_the_module_and_the_location() {
        let line = Line {
            time: "03:04:05".to_owned(),
            level: LogLevel::Info,
            module: "juju.cmd",
            location: "main.rs:7".to_owned(),
            message: "running status".to_owned(),
        };
        assert_eq!(line.format(Colours::Off), "03:04:05 INFO  juju.cmd main.rs:7 running status\n");
        assert!(line.format(Colours::On).contains("\u{1b}[36mINFO \u{1b}[0m"));
    }

    #[test]
    fn the_error_for_a_log_file_that_cannot_be_opened_names_it() {
        let options = Options { file: Some("/nonexistent/log".into()), ..Options::default() };
        let error = Log::new(&options).err().unwrap();
        assert_eq!(error.to_string(), "cannot open the log file /nonexistent/log");
    }
}
