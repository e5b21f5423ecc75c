//! The name that this program was called by, for messages that say what to type next.

use std::env;
use std::path::Path;

/// A text that says which commands to type, as `"juju status"`: with the name that this program was called by.
pub fn hint(text: &str) -> String {
    text.replace("\"juju ", &format!("\"{} ", called()))
}

/// `juju`, where the program is linked to that name; else `minijuju`.
pub fn called() -> &'static str {
    let path = env::args_os().next().unwrap_or_default();
    if Path::new(&path).file_name().is_some_and(|name| name == "juju") { "juju" } else { "minijuju" }
}
