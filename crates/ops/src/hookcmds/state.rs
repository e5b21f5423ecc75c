//! `state-get`, `state-set` and `state-delete`: values that Juju stores for this unit.

use std::collections::BTreeMap;

use super::text::yaml;
use super::{Command, Result, Runner};

/// `state-get`: all values.
pub fn state_get(runner: &dyn Runner) -> Result<BTreeMap<String, String>> {
    Command::new("state-get").arg("--format=json").json_or_default(runner)
}

/// `state-set`: store values.
pub fn state_set(runner: &dyn Runner, values: &BTreeMap<String, String>) -> Result<()> {
    Command::new("state-set").args(["--file", "-"]).stdin(yaml(values)).run(runner)
}

/// `state-delete`: delete a value.
pub fn state_delete(runner: &dyn Runner, key: &str) -> Result<()> {
    Command::new("state-delete").arg(key).run(runner)
}
