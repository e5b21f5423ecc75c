//! `action-get`, `action-set`, `action-log` and `action-fail`, which work only in actions.

use serde_json::{Map, Value};

use super::text::{MAX_ARGUMENT_BYTES, MAX_MESSAGE_BYTES, argument};
use super::{Command, Result, Runner};

/// `action-get`: all parameters, defaults included.
pub fn action_get(runner: &dyn Runner) -> Result<Map<String, Value>> {
    Command::new("action-get").arg("--format=json").json_or_default(runner)
}

/// The maximum size of results on one command line, in bytes. Linux allows a quarter of the stack's limit, usually 2
/// MiB, for arguments and environment together.
const MAX_RESULTS_BYTES: usize = 512 * 1024;

/// `action-set`: results, keys and values. Nested keys are joined by dots.
pub fn action_set(runner: &dyn Runner, results: &[(String, String)]) -> Result<()> {
    let mut arguments = results.iter().map(|(key, value)| {
        let max = MAX_ARGUMENT_BYTES.saturating_sub(key.len() + 1);
        format!("{key}={}", argument(&format!("the action's result {key}"), value, max))
    });
    let mut arguments = arguments.by_ref().peekable();
    while arguments.peek().is_some() {
        // Results may be passwords, and errors are logged.
        let mut command = Command::new("action-set").secret_values();
        let mut bytes = 0;
        while let Some(argument) =
            arguments.next_if(|argument| bytes == 0 || bytes + argument.len() <= MAX_RESULTS_BYTES)
        {
            bytes += argument.len();
            command = command.arg(argument);
        }
        command.run(runner)?;
    }
    Ok(())
}

/// `action-log`: show a message to the user while the action runs.
pub fn action_log(runner: &dyn Runner, message: &str) -> Result<()> {
    // After `--`, a message may start with a hyphen.
    Command::new("action-log").args(["--", &argument("the action's message", message, MAX_MESSAGE_BYTES)]).run(runner)
}

/// `action-fail`: mark the action as failed, with a reason.
pub fn action_fail(runner: &dyn Runner, message: &str) -> Result<()> {
    Command::new("action-fail").args(["--", &argument("the action's failure", message, MAX_MESSAGE_BYTES)]).run(runner)
}
