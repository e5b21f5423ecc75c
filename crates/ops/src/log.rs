//! Forwards `tracing` messages to `juju-log`.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::error::chain;
use crate::hookcmds::{LogLevel, Runner, juju_log};

/// Writes log lines to Juju.
struct JujuLog {
    runner: Arc<dyn Runner>,
    stderr: Stderr,
}

/// When a line is also written to standard error.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Stderr {
    /// Always: with `JUJU_DEBUG`, and in actions.
    Always,
    /// If Juju does not accept it. Juju logs standard error too.
    IfRefused,
}

/// The subscriber that sends messages of `tracing::info!` and the other macros to Juju. [`main`](crate::main) installs
/// it; programs that dispatch events themselves can use it too. As in Ops, messages below DEBUG are dropped.
pub fn subscriber(runner: Arc<dyn Runner>) -> impl Subscriber + Send + Sync {
    tracing_subscriber::registry().with(JujuLog { runner, stderr: Stderr::IfRefused })
}

/// The same subscriber, which also writes the messages to standard error.
pub(crate) fn subscriber_with_stderr(runner: Arc<dyn Runner>) -> impl Subscriber + Send + Sync {
    tracing_subscriber::registry().with(JujuLog { runner, stderr: Stderr::Always })
}

impl<S: Subscriber> Layer<S> for JujuLog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= Level::DEBUG
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = match *event.metadata().level() {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warning,
            Level::INFO => LogLevel::Info,
            Level::DEBUG => LogLevel::Debug,
            Level::TRACE => LogLevel::Trace,
        };
        let mut line = Line::default();
        event.record(&mut line);
        log(&*self.runner, level, &line.text(), self.stderr);
    }
}

/// Log one line.
pub(crate) fn log(runner: &dyn Runner, level: LogLevel, line: &str, stderr: Stderr) {
    let logged = juju_log(runner, level, line);
    if stderr == Stderr::Always || logged.is_err() {
        eprintln!("{} {line}", level.as_str());
    }
    if let Err(error) = logged {
        eprintln!("{}", chain(&error));
    }
}

/// The message, and the fields after it.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Line {
    fn text(self) -> String {
        self.message + &self.fields
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}
