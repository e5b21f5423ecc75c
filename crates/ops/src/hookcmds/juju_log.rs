//! `juju-log`, and the levels of Juju's log.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::{MAX_ARGUMENT_BYTES, without_nul};
use super::{Command, Result, Runner};

/// The levels of Juju's log, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// `TRACE`
    Trace,
    /// `DEBUG`
    Debug,
    /// `INFO`
    Info,
    /// `WARNING`
    Warning,
    /// `ERROR`
    Error,
    /// `CRITICAL`
    Critical,
}

impl LogLevel {
    /// All levels, in ascending order.
    pub const ALL: [Self; 6] = [Self::Trace, Self::Debug, Self::Info, Self::Warning, Self::Error, Self::Critical];

    /// Juju's name of the level.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }
}

/// A word that is not a level of Juju's log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a level of Juju's log")]
pub struct UnknownLogLevel(pub String);

/// Parses as Juju does: in any case, and with `WARN` for `WARNING`.
impl FromStr for LogLevel {
    type Err = UnknownLogLevel;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownLogLevel> {
        if text.eq_ignore_ascii_case("WARN") {
            return Ok(Self::Warning);
        }
        let level = Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(text));
        level.ok_or_else(|| UnknownLogLevel(text.to_owned()))
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// `juju-log`: log a line for `juju debug-log`. A line that is too long for a command line is logged in pieces.
pub fn juju_log(runner: &dyn Runner, level: LogLevel, message: &str) -> Result<()> {
    let message = without_nul(message);
    let mut rest = &*message;
    loop {
        let mut end = rest.len().min(MAX_ARGUMENT_BYTES);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        Command::new("juju-log").args(["--log-level", level.as_str(), "--", &rest[..end]]).run(runner)?;
        rest = &rest[end..];
        if rest.is_empty() {
            return Ok(());
        }
    }
}
