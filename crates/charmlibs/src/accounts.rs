//! The machine's users and groups, by `getent`.
//!
//! The C library's functions load plug-ins (LDAP, systemd) at run time, which a statically linked charm cannot do.

use std::io;
use std::process::Command;

use crate::process;

/// `getent` could not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GetentError {
    /// It could not be started.
    #[error("{0}")]
    Start(io::Error),
    /// It failed.
    #[error("it {outcome}: {stderr}")]
    Failed { outcome: String, stderr: String },
}

/// The fields of the entry `key` (a name or a number) in `database` (`passwd` or `group`); `None` if there is none.
pub(crate) fn entry(database: &str, key: &str) -> Result<Option<Vec<String>>, GetentError> {
    /// `getent`'s exit code for an unknown key.
    const KEY_NOT_FOUND: i32 = 2;
    let output = process::output(Command::new("getent").args([database, "--", key])).map_err(GetentError::Start)?;
    match output.status.code() {
        Some(0) => {}
        Some(KEY_NOT_FOUND) => return Ok(None),
        _ => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let stderr = stderr.trim().to_owned();
            return Err(GetentError::Failed { outcome: process::outcome(output.status), stderr });
        }
    }
    let line = String::from_utf8_lossy(&output.stdout);
    Ok(Some(line.lines().next().unwrap_or_default().split(':').map(str::to_owned).collect()))
}
