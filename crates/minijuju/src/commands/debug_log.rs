//! `juju debug-log`.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::client::{Client, print};
use crate::cli::{DebugLog, LogLevel};
use crate::format::{self, LogMessage, LogStyle, is_wanted};
use crate::store::log::{self, Level, Line};

/// How often the log is looked at for new lines.
const EVERY: Duration = Duration::from_millis(100);

/// Run it.
pub fn run(client: &mut Client, args: &DebugLog) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let style = LogStyle::new(args, format::colour(&std::io::stdout(), args.color, false));
    let mut last = 0;
    let mut read = |client: &Client| -> anyhow::Result<Vec<String>> {
        let lines = log::after(client.store.db(), &model.uuid, last)?;
        last = lines.last().map_or(last, |line| line.id);
        let messages = lines.iter().map(message);
        let wanted = messages.filter(|message| (args.level.is_some() || kept(message)) && is_wanted(args, message));
        Ok(wanted.map(|message| style.line(&message)).collect())
    };
    let lines = read(client)?;
    let count = args.backlog().map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
    print(&lines[lines.len().saturating_sub(count)..].concat(), None)?;
    // By itself it goes on at a terminal only, as Juju does.
    while args.tail || (!args.no_tail && std::io::stdout().is_terminal()) {
        thread::sleep(EVERY);
        print(&read(client)?.concat(), None)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Juju keeps INFO and above by default. Here all is kept, and what is below shown when a level is asked for.
fn kept(message: &LogMessage<'_>) -> bool {
    message.level >= LogLevel::Info
}

fn message(line: &Line) -> LogMessage<'_> {
    LogMessage {
        entity: &line.entity,
        at: Timestamp::from_millisecond(line.time).unwrap_or_default(),
        level: match line.level {
            Level::Trace => LogLevel::Trace,
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warning => LogLevel::Warning,
            Level::Error | Level::Critical => LogLevel::Error,
        },
        module: &line.module,
        location: "",
        message: &line.message,
    }
}
