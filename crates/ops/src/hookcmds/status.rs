//! `status-get` and `status-set`.

use serde::Deserialize;

use super::{Command, Result, Runner};
use crate::status::{Status, StatusName};

/// The longest status message that is passed on, in bytes. Linux takes 128 KiB as one argument (`MAX_ARG_STRLEN`, see
/// execve(2)); a message that long serves no one, and without it the hook would fail instead of saying what is wrong.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// `status-get`: the status of this unit, or of the application (on the leader).
pub fn status_get(runner: &dyn Runner, app: bool) -> Result<Status> {
    #[derive(Deserialize)]
    struct Application {
        #[serde(rename = "application-status")]
        status: Status,
    }
    let command = Command::new("status-get").args(["--include-data", "--format=json"]);
    let command = command.arg(format!("--application={app}"));
    if app { command.json(runner).map(|application: Application| application.status) } else { command.json(runner) }
}

/// `status-set`: the status of this unit, or of the application (on the leader).
pub fn status_set(runner: &dyn Runner, app: bool, name: StatusName, message: &str) -> Result<()> {
    let mut end = message.len().min(MAX_MESSAGE_BYTES);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    if end < message.len() {
        tracing::warn!("the status message has {} bytes: only {MAX_MESSAGE_BYTES} are shown", message.len());
    }
    Command::new("status-set")
        .arg(if app { "--application=True" } else { "--application=False" })
        // The `--` lets a message start with a hyphen.
        .args([name.as_str(), "--", &message[..end]])
        .run(runner)
}
