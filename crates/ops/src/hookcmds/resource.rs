//! `resource-get`.

use std::path::PathBuf;

use super::{Command, Result, Runner};

/// `resource-get`: the path of a resource's file, which Juju fetches if needed.
pub fn resource_get(runner: &dyn Runner, name: &str) -> Result<PathBuf> {
    // No --format here: it always prints only the path.
    Command::new("resource-get").arg(name).output(runner).map(|path| path.trim_end_matches('\n').into())
}
