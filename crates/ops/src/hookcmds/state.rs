//! `state-get`, `state-set` and `state-delete`: values that Juju stores for this unit.

use std::collections::BTreeMap;

use super::other::map_or_null;
use super::text::yaml;
use super::{Command, Error, Result, Runner};

/// `state-get`: all values.
pub fn state_get(runner: &dyn Runner) -> Result<BTreeMap<String, String>> {
    let command = Command::new("state-get").arg("--format=json");
    let shown = command.to_string();
    map_or_null(command.json(runner)?).map_err(|error| Error::Output { command: shown, why: error.to_string().into() })
}

/// `state-set`: store values.
pub fn state_set(runner: &dyn Runner, values: &BTreeMap<String, String>) -> Result<()> {
    Command::new("state-set").args(["--file", "-"]).stdin(yaml(values)).run(runner)
}

/// `state-delete`: delete a value.
pub fn state_delete(runner: &dyn Runner, key: &str) -> Result<()> {
    Command::new("state-delete").arg(key).run(runner)
}
