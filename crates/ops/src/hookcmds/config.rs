//! `config-get`.

use serde_json::{Map, Value};

use super::{Command, Result, Runner};

/// `config-get`: all options that are set or have a default.
pub fn config_get(runner: &dyn Runner) -> Result<Map<String, Value>> {
    Command::new("config-get").arg("--format=json").json(runner)
}
