//! `status-get` and `status-set`.

use serde::Deserialize;

use super::text::{MAX_MESSAGE_BYTES, argument};
use super::{Command, EntityKind, Result, Runner};
use crate::status::{Status, StatusName};

/// `status-get`: the status of this unit, or of the application (only on the leader).
pub fn status_get(runner: &dyn Runner, kind: EntityKind) -> Result<Status> {
    #[derive(Deserialize)]
    struct StatusOutput {
        status: String,
        #[serde(default)]
        message: String,
    }
    #[derive(Deserialize)]
    struct ApplicationOutput {
        #[serde(rename = "application-status")]
        status: StatusOutput,
    }
    let command = Command::new("status-get").args(["--include-data", "--format=json"]);
    let output: StatusOutput = match kind {
        EntityKind::Unit => command.arg("--application=false").json(runner)?,
        EntityKind::Application => command.arg("--application=true").json::<ApplicationOutput>(runner)?.status,
    };
    let name = output.status.parse().unwrap_or_else(|error| {
        tracing::warn!("{error}: treated as unknown");
        StatusName::Unknown
    });
    Ok(Status { name, message: output.message })
}

/// `status-set`: set the status of this unit, or of the application (only on the leader).
pub fn status_set(runner: &dyn Runner, kind: EntityKind, name: StatusName, message: &str) -> Result<()> {
    Command::new("status-set")
        .arg(match kind {
            EntityKind::Unit => "--application=False",
            EntityKind::Application => "--application=True",
        })
        // After `--`, a message may start with a hyphen.
        .args([name.as_str(), "--", &argument("the status message", message, MAX_MESSAGE_BYTES)])
        .run(runner)
}
