//! The name that this program was called by, for messages that suggest commands.

use std::env;
use std::path::Path;

/// Replace `juju` in a text that suggests commands, such as `"juju status"`, by the name that this program was called
/// by.
pub fn with_program_name(text: &str) -> String {
    text.replace("\"juju ", &format!("\"{} ", program_name()))
}

/// `juju` if the program is linked to that name; else `minijuju`.
pub fn program_name() -> &'static str {
    let path = env::args_os().next().unwrap_or_default();
    if Path::new(&path).file_name().is_some_and(|name| name == "juju") { "juju" } else { "minijuju" }
}
