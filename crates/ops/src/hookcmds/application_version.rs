//! `application-version-set`.

use super::text::{MAX_MESSAGE_BYTES, argument};
use super::{Command, Result, Runner};

/// `application-version-set`: the workload's version, as `juju status` shows it.
pub fn application_version_set(runner: &dyn Runner, version: &str) -> Result<()> {
    Command::new("application-version-set")
        .args(["--", &argument("the workload's version", version, MAX_MESSAGE_BYTES)])
        .run(runner)
}
