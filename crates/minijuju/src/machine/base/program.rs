//! Programs that copy or make a root.

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use super::super::host_program::{PATH, strip_program_name};

/// Why a program could not make a root.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProgramError {
    #[error("cannot run {name}: {error}")]
    Start { name: String, error: io::Error },
    #[error("there is not enough space on the disk of minijuju's data; set MINIJUJU_DATA to a folder on another")]
    NoSpace,
    #[error("{name}: {line}")]
    Failed { name: String, line: String },
    #[error("{name}: {status}")]
    Silent { name: String, status: ExitStatus },
}

/// Whether a program is installed.
pub(super) fn is_installed(program: &str) -> bool {
    PATH.split(':').any(|folder| Path::new(folder).join(program).is_file())
}

/// Run a program that copies or makes a root. If it fails, its output is the reason.
pub(super) fn run(mut command: Command, name: &str) -> Result<(), ProgramError> {
    command.env("LC_ALL", "C").env("PATH", PATH).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    tracing::debug!(target: "juju.machine", "{command:?}");
    let name = name.to_owned();
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => return Err(ProgramError::Start { name, error }),
    };
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if text.contains("No space left on device") {
        return Err(ProgramError::NoSpace);
    }
    Err(match reason(&text, &name).map(str::to_owned) {
        Some(line) => ProgramError::Failed { name, line },
        None => ProgramError::Silent { name, status: output.status },
    })
}

/// The line of a program's output that says why it failed.
fn reason<'a>(output: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = output.lines().map(|line| strip_program_name(line.trim(), name));
    // mmdebstrap and debootstrap print the reason at the end; the others begin with it. But tar first says what it
    // changed in the names of an archive, which is no error.
    let error = lines.clone().find(|line| line.starts_with("E:"));
    error.or_else(|| lines.find(|line| !line.is_empty() && !line.starts_with("Removing leading ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_line_with_the_error() {
        let tar = "tar: Removing leading `../../' from member names\ntar: ../../x: Member name contains '..'\n\
                   tar: Exiting with failure status due to previous errors\n";
        assert_eq!(reason(tar, "tar"), Some("../../x: Member name contains '..'"));
        assert_eq!(
            reason("I: Retrieving\nE: No such script: noble\n", "debootstrap"),
            Some("E: No such script: noble")
        );
        assert_eq!(reason("\n", "cp"), None);
    }
}
