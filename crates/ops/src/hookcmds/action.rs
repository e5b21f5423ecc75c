//! `action-get`, `action-set`, `action-log` and `action-fail`, which work only in actions.

use serde_json::{Map, Value};

use super::other::map_or_null;
use super::text::{MAX_ARGUMENT, MAX_MESSAGE, argument};
use super::{Command, Error, Result, Runner};

/// `action-get`: all parameters, defaults included.
pub fn action_get(runner: &dyn Runner) -> Result<Map<String, Value>> {
    let command = Command::new("action-get").arg("--format=json");
    let shown = command.to_string();
    map_or_null(command.json(runner)?).map_err(|error| Error::Output { command: shown, why: error.to_string().into() })
}

/// The maximum size of results on one command line, in bytes. Linux allows a quarter of the stack's limit, usually 2
/// MiB, for arguments and environment together.
const MAX_ARGUMENTS: usize = 512 * 1024;

/// `action-set`: results, keys and values. Nested keys are joined by dots.
pub fn action_set(runner: &dyn Runner, results: &[(String, String)]) -> Result<()> {
    let mut rest = results.iter().map(|(key, value)| {
        let most = MAX_ARGUMENT.saturating_sub(key.len() + 1);
        format!("{key}={}", argument(&format!("the action's result {key}"), value, most))
    });
    let mut rest = rest.by_ref().peekable();
    while rest.peek().is_some() {
        // Results may be passwords, and errors are logged.
        let mut command = Command::new("action-set").secret_values();
        let mut bytes = 0;
        while let Some(result) = rest.next_if(|result| bytes == 0 || bytes + result.len() <= MAX_ARGUMENTS) {
            bytes += result.len();
            command = command.arg(result);
        }
        command.run(runner)?;
    }
    Ok(())
}

/// `action-log`: show a message to the user while the action runs.
pub fn action_log(runner: &dyn Runner, message: &str) -> Result<()> {
    // After `--`, a message may start with a hyphen.
    Command::new("action-log").args(["--", &argument("the action's message", message, MAX_MESSAGE)]).run(runner)
}

/// `action-fail`: mark the action as failed, with a reason.
pub fn action_fail(runner: &dyn Runner, message: &str) -> Result<()> {
    Command::new("action-fail").args(["--", &argument("the action's failure", message, MAX_MESSAGE)]).run(runner)
}
