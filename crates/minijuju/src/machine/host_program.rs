//! The programs that machines need on the host: from util-linux, iproute2, nftables and coreutils.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use command_fds::CommandFdExt as _;

use super::lock::Lock;
use super::{Error, Result};

/// Where root's programs are, even if the caller's PATH leaves them out.
pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program that machines need on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HostProgram {
    Cp,
    Ip,
    /// Only where legacy rules are in use.
    IptablesLegacy,
    Mount,
    Nft,
    Nsenter,
    PivotRoot,
    Setpriv,
    Unshare,
}

impl HostProgram {
    /// What every machine needs. Checked first, so that a missing program is named before anything starts.
    pub(super) const REQUIRED: [Self; 8] =
        [Self::Cp, Self::Ip, Self::Mount, Self::Nft, Self::Nsenter, Self::PivotRoot, Self::Setpriv, Self::Unshare];

    const fn name(self) -> &'static str {
        match self {
            Self::Cp => "cp",
            Self::Ip => "ip",
            Self::IptablesLegacy => "iptables-legacy",
            Self::Mount => "mount",
            Self::Nft => "nft",
            Self::Nsenter => "nsenter",
            Self::PivotRoot => "pivot_root",
            Self::Setpriv => "setpriv",
            Self::Unshare => "unshare",
        }
    }

    const fn package(self) -> &'static str {
        match self {
            Self::Cp => "coreutils",
            Self::Ip => "iproute2",
            Self::IptablesLegacy => "iptables",
            Self::Nft => "nftables",
            Self::Mount => "mount",
            Self::Nsenter | Self::PivotRoot | Self::Setpriv | Self::Unshare => "util-linux",
        }
    }

    pub(super) fn find(self) -> Result<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(PATH)
            .chain(env::split_paths(&path))
            .map(|folder| folder.join(self.name()))
            .find(|program| program.is_file())
            .ok_or(Error::MissingProgram { program: self.name(), package: self.package() })
    }

    /// Run it in `folder` with `input` as standard input, and return its output.
    pub(super) fn run(self, folder: &Path, args: &[&str], input: &str, operation: &str) -> Result<String> {
        self.finish(self.command(folder, args)?, input, operation)
    }

    /// Like [`run`](Self::run), for a change to what `lock` guards. The lock is held until the program ends, even if
    /// this process is killed first.
    pub(super) fn run_locked(self, lock: &Lock, args: &[&str], input: &str, operation: &str) -> Result<()> {
        let mut command = self.command(Path::new("/"), args)?;
        command.preserved_fds(vec![lock.duplicate_fd()?]);
        self.finish(command, input, operation).map(drop)
    }

    fn command(self, folder: &Path, args: &[&str]) -> Result<Command> {
        let mut command = Command::new(self.find()?);
        command.args(args).current_dir(folder).env("LC_ALL", "C");
        Ok(command)
    }

    fn finish(self, mut command: Command, input: &str, operation: &str) -> Result<String> {
        let failed =
            |reason: String| Error::ProgramFailed { operation: operation.to_owned(), program: self.name(), reason };
        tracing::debug!(target: "juju.machine", "to {operation}: {command:?}");
        let mut child = command
            .stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that exits without reading everything explains itself on standard error.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(self.failure(operation, &String::from_utf8_lossy(&output.stderr), &output.status.to_string()))
    }

    /// The error for a failed run: the reason is in `stderr`, or is `status` if that is empty.
    pub(super) fn failure(self, operation: &str, stderr: &str, status: &str) -> Error {
        let text = stderr.trim();
        let reason = if text.is_empty() { status.to_owned() } else { text.lines().collect::<Vec<_>>().join("; ") };
        let reason = strip_program_name(&reason, self.name()).to_owned();
        if reason.contains("Operation not permitted") || reason.contains("Permission denied") {
            return Error::NotPermitted {
                operation: operation.to_owned(),
                reason: format!("{}: {reason}", self.name()),
            };
        }
        Error::ProgramFailed { operation: operation.to_owned(), program: self.name(), reason }
    }
}

/// A line that a program printed, without its own name, or the path that it was called by, at the start. Its error
/// already names it.
pub(super) fn strip_program_name<'a>(line: &'a str, name: &str) -> &'a str {
    match line.split_once(": ") {
        Some((start, rest)) if start.rsplit('/').next() == Some(name) => strip_program_name(rest, name),
        Some(_) | None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_error_says_what_to_do() {
        let error =
            HostProgram::Unshare.failure("make namespaces", "unshare: unshare failed: Operation not permitted\n", "");
        assert_eq!(
            error.to_string(),
            "cannot make namespaces: not permitted here (unshare: unshare failed: Operation not permitted); run it with \
             sudo, or set MINIJUJU_MACHINES=host to run units on this computer itself"
        );
    }

    #[test]
    fn a_failure_keeps_the_reason_on_one_line() {
        let error = HostProgram::Ip.failure("add a bridge", "RTNETLINK answers: File exists\nCommand failed -:1\n", "");
        assert_eq!(error.to_string(), "cannot add a bridge: ip: RTNETLINK answers: File exists; Command failed -:1");
        let error = HostProgram::Ip.failure("add a bridge", "", "exit status: 2");
        assert_eq!(error.to_string(), "cannot add a bridge: ip: exit status: 2");
    }

    #[test]
    fn a_program_is_named_once_even_if_it_names_its_path() {
        let error =
            HostProgram::Cp.failure("copy", "cp: /usr/bin/cp: error writing 'x': No space left on device\n", "");
        assert_eq!(error.to_string(), "cannot copy: cp: error writing 'x': No space left on device");
        let error = HostProgram::Cp.failure("copy", "cpio: odd\n", "");
        assert_eq!(error.to_string(), "cannot copy: cp: cpio: odd");
    }

    #[test]
    fn a_missing_program_names_its_package() {
        let error = Error::MissingProgram { program: HostProgram::Nft.name(), package: HostProgram::Nft.package() };
        assert_eq!(error.to_string(), "machines need the program `nft`: install it with `apt install nftables`");
    }
}
