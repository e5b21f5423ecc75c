//! `action-get`, `action-set`, `action-log` and `action-fail`: only while an action runs.

use serde_json::{Map, Value};

use super::other::map_or_null;
use super::{Command, Error, Result, Runner};

/// `action-get`: all parameters, defaults included.
pub fn action_get(runner: &dyn Runner) -> Result<Map<String, Value>> {
    let command = Command::new("action-get").arg("--format=json");
    let shown = command.to_string();
    map_or_null(command.json(runner)?).map_err(|error| Error::Output { command: shown, why: error.to_string() })
}

/// `action-set`: results, keys and values. Nested keys are joined by dots.
pub fn action_set(runner: &dyn Runner, results: &[(String, String)]) -> Result<()> {
    let results = results.iter().map(|(key, value)| format!("{key}={value}"));
    // Actions hand out passwords, and an error goes to the log.
    Command::new("action-set").args(results).secret_values().run(runner)
}

/// `action-log`: a message for the operator while the action runs.
pub fn action_log(runner: &dyn Runner, message: &str) -> Result<()> {
    // The `--` lets a message start with a hyphen.
    Command::new("action-log").args(["--", message]).run(runner)
}

/// `action-fail`: the action failed, and why.
pub fn action_fail(runner: &dyn Runner, message: &str) -> Result<()> {
    Command::new("action-fail").args(["--", message]).run(runner)
}
