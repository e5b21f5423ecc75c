//! `status-get` and `status-set`.

use serde::Deserialize;

use super::text::{MAX_MESSAGE, argument};
use super::{Command, EntityKind, Result, Runner};
use crate::status::{Status, StatusName};

/// `status-get`: the status of this unit, or of the application (only on the leader).
pub fn status_get(runner: &dyn Runner, of: EntityKind) -> Result<Status> {
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
    let shown: Shown = match of {
        EntityKind::Unit => command.arg("--application=false").json(runner)?,
        EntityKind::Application => command.arg("--application=true").json::<Application>(runner)?.status,
    };
    let name = shown.status.parse().unwrap_or_else(|error| {
        tracing::warn!("{error}: treated as unknown");
        StatusName::Unknown
    });
    Ok(Status { name, message: shown.message })
}

/// `status-set`: set the status of this unit, or of the application (only on the leader).
pub fn status_set(runner: &dyn Runner, of: EntityKind, name: StatusName, message: &str) -> Result<()> {
    Command::new("status-set")
        .arg(match of {
            EntityKind::Unit => "--application=False",
            EntityKind::Application => "--application=True",
        })
        // After `--`, a message may start with a hyphen.
        .args([name.as_str(), "--", &argument("the status message", message, MAX_MESSAGE)])
        .run(runner)
}
