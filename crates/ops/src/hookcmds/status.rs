//! `status-get` and `status-set`.

use serde::Deserialize;

use super::text::{MAX_MESSAGE, argument};
use super::{Command, Result, Runner};
use crate::status::{Status, StatusName};

/// `status-get`: the status of this unit, or of the application (on the leader).
pub fn status_get(runner: &dyn Runner, app: bool) -> Result<Status> {
    #[derive(Deserialize)]
    struct Shown {
        status: String,
        #[serde(default)]
        message: String,
    }
    #[derive(Deserialize)]
    struct Application {
        #[serde(rename = "application-status")]
        status: Shown,
    }
    let command = Command::new("status-get").args(["--include-data", "--format=json"]);
    let command = command.arg(format!("--application={app}"));
    let shown: Shown = if app { command.json::<Application>(runner)?.status } else { command.json(runner)? };
    let name = shown.status.parse().unwrap_or_else(|error| {
        tracing::warn!("{error}: it is taken for unknown");
        StatusName::Unknown
    });
    Ok(Status { name, message: shown.message })
}

/// `status-set`: the status of this unit, or of the application (on the leader).
pub fn status_set(runner: &dyn Runner, app: bool, name: StatusName, message: &str) -> Result<()> {
    Command::new("status-set")
        .arg(if app { "--application=True" } else { "--application=False" })
        // The `--` lets a message start with a hyphen.
        .args([name.as_str(), "--", &argument("the status message", message, MAX_MESSAGE)])
        .run(runner)
}
