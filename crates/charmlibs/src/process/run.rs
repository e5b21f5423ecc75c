//! A program that must succeed.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Output};
use std::sync::Arc;
use std::time::Duration;

/// Replaces secrets in errors.
const REPLACEMENT: &str = "***";
/// Enough lines of output to see why a program failed.
const MAX_ERROR_LINES: usize = 10;

/// A program with its arguments, which must exit with 0.
///
/// ```
/// use std::time::Duration;
/// use charmlibs::process::{Error, Run};
///
/// assert_eq!(Run::new("echo").arg("hello").text()?, "hello");
///
/// let error = Run::new("ls").args(["-l", "/nonexistent"]).within(Duration::from_secs(10)).output().unwrap_err();
/// let Error::Failed(failure) = &error else { panic!("{error}") };
/// assert_eq!(failure.code(), Some(2));
/// assert!(failure.stderr.contains("/nonexistent"));
/// assert!(error.to_string().starts_with("`ls -l /nonexistent` exited with code 2: ls: "));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
#[must_use = "the program runs when its output is requested"]
pub struct Run {
    command: Command,
    limit: Option<Duration>,
    input: Option<Vec<u8>>,
    secrets: Vec<String>,
}

impl Run {
    /// The program `program`, looked up in `PATH` unless it is a path.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Command::new(program).into()
    }

    /// Add an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Add arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Add a secret argument: errors show `***` for it. Other users of the machine can see it while the program runs,
    /// so prefer [`Run::input`] and [`Run::secret_env`] if the program accepts them.
    pub fn secret_arg(self, arg: impl Into<String>) -> Self {
        let arg = arg.into();
        self.arg(&arg).hide(arg)
    }

    /// Set an environment variable, in addition to those of this process.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Set an environment variable with a secret value: errors show `***` for it.
    pub fn secret_env(self, name: impl AsRef<OsStr>, value: impl Into<String>) -> Self {
        let value = value.into();
        self.env(name, &value).hide(value)
    }

    /// Set the working directory.
    pub fn in_folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Set the standard input, which is empty by default.
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    /// Show `***` in errors wherever `secret` occurs in the command line or in the output.
    pub fn hide(mut self, secret: impl Into<String>) -> Self {
        let secret = secret.into();
        if !secret.is_empty() {
            self.secrets.push(secret);
            // Replace longer secrets first, so that no part of a secret remains.
            self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        }
        self
    }

    /// Kill the program after `limit`.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Run the program, and return its output.
    ///
    /// # Errors
    /// [`Error`]: it could not be started, did not end in time, or did not exit with 0.
    pub fn output(mut self) -> Result<Output, Error> {
        let output = self.run()?;
        if output.status.success() { Ok(output) } else { Err(self.to_failure_error(&output)) }
    }

    /// Run the program, and return its standard output as text, without trailing whitespace.
    ///
    /// # Errors
    /// As [`Run::output`].
    pub fn text(self) -> Result<String, Error> {
        let output = self.output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// Run the program, and return its output, whatever the exit code is.
    ///
    /// # Errors
    /// [`Error::Start`] or [`Error::TimedOut`].
    pub fn any_outcome(mut self) -> Result<Output, Error> {
        self.run()
    }

    fn run(&mut self) -> Result<Output, Error> {
        let command_line = self.command_line();
        tracing::debug!("running `{command_line}`");
        let result = match self.limit {
            Some(limit) => super::run_within(&mut self.command, self.input.as_deref(), limit),
            None => super::run_to_exit(&mut self.command, self.input.as_deref(), std::process::Child::wait),
        };
        result.map_err(|error| match self.limit {
            Some(limit) if error.kind() == io::ErrorKind::TimedOut => Error::TimedOut { command: command_line, limit },
            _ => Error::Start { command: command_line, error: error.into() },
        })
    }

    fn command_line(&self) -> String {
        let mut line = self.command.get_program().to_string_lossy().into_owned();
        for arg in self.command.get_args() {
            line.push(' ');
            line.push_str(&arg.to_string_lossy());
        }
        self.without_secrets(line)
    }

    fn without_secrets(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), REPLACEMENT))
    }

    fn to_failure_error(&self, output: &Output) -> Error {
        let text = |bytes| self.without_secrets(String::from_utf8_lossy(bytes).into_owned());
        Error::Failed(Failure {
            command: self.command_line(),
            status: output.status,
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        })
    }
}

/// For settings that [`Run`] has no method for.
impl From<Command> for Run {
    fn from(command: Command) -> Self {
        Self { command, limit: None, input: None, secrets: Vec::new() }
    }
}

/// Why a program failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program could not be started.
    #[error("could not run `{command}`: {error}")]
    Start {
        /// The command line, without secrets.
        command: String,
        /// The error of the operating system.
        error: Arc<io::Error>,
    },
    /// The program was killed, because it did not end in time.
    #[error("`{command}` did not end within {limit:?}")]
    TimedOut {
        /// The command line, without secrets.
        command: String,
        /// The time limit.
        limit: Duration,
    },
    /// The program did not exit with 0.
    #[error("{0}")]
    Failed(Failure),
}

impl Error {
    /// Whether the program does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Start { error, .. } if error.kind() == io::ErrorKind::NotFound)
    }

    /// The output of the failed program, if it ran to its end.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            Self::Start { .. } | Self::TimedOut { .. } => None,
        }
    }
}

/// A program that ran and failed. Secrets are hidden everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The command line.
    pub command: String,
    /// The exit status.
    pub status: ExitStatus,
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
}

impl Failure {
    /// A failure as if from a program that exited with `code` after writing `stderr`, to test how a charm handles it.
    #[must_use]
    pub fn new(command: impl Into<String>, code: u8, stderr: impl Into<String>) -> Self {
        let status = ExitStatus::from_raw(i32::from(code) << 8);
        Self { command: command.into(), status, stdout: String::new(), stderr: stderr.into() }
    }

    /// The exit code; `None` if the program was killed by a signal.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

/// One line: `` `COMMAND` exited with code 1: LAST LINES ``.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.command, super::outcome(self.status))?;
        let output = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let lines: Vec<_> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        match &lines[lines.len().saturating_sub(MAX_ERROR_LINES)..] {
            [] => f.write_str(" without a message"),
            lines => write!(f, ": {}", lines.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Run {
        Run::new("sh").args(["-c", script])
    }

    #[test]
    fn a_failure_has_the_command_the_exit_code_and_both_outputs() {
        let error = sh("echo out; echo gone >&2; echo wrong >&2; exit 3").output().unwrap_err();
        let failure = error.failure().unwrap();
        assert_eq!((failure.code(), failure.stdout.as_str()), (Some(3), "out\n"));
        assert_eq!(failure.stderr, "gone\nwrong\n");
        assert!(error.to_string().ends_with("exit 3` exited with code 3: gone; wrong"), "{error}");
    }

    #[test]
    fn secrets_are_hidden_everywhere() {
        let error = sh("echo $0 $TOKEN; echo $0 >&2; cat >&2; exit 1")
            .secret_arg("hunter2")
            .secret_env("TOKEN", "hunter2-and-more")
            .input("read: hunter2\n")
            .output()
            .unwrap_err();
        let failure = error.failure().unwrap();
        assert!(failure.command.ends_with("exit 1 ***"), "{failure}");
        assert_eq!(failure.stdout, "*** ***\n");
        assert_eq!(failure.stderr, "***\nread: ***\n");
        assert!(!format!("{error:?}{error}").contains("hunter2"));
    }

    #[test]
    fn long_input_is_passed_completely() {
        let text = Run::new("wc").arg("-c").input(vec![b'x'; 1 << 20]).text().unwrap();
        assert_eq!(text, "1048576");
    }

    #[test]
    fn the_environment_and_the_working_directory_are_set() {
        assert_eq!(sh("echo $NAME; pwd").env("NAME", "value").in_folder("/").text().unwrap(), "value\n/");
    }

    #[test]
    fn the_error_about_a_missing_or_slow_program_has_its_command_line() {
        let error = Run::new("/nonexistent/program").arg("x").output().unwrap_err();
        assert!(error.is_not_found());
        assert!(error.to_string().starts_with("could not run `/nonexistent/program x`: "), "{error}");
        let error = Run::new("sleep").arg("600").within(Duration::from_millis(20)).output().unwrap_err();
        assert_eq!(error.to_string(), "`sleep 600` did not end within 20ms");
        assert_eq!(error.clone().to_string(), error.to_string());
    }

    #[test]
    fn any_outcome_returns_the_output_for_any_exit_code() {
        assert_eq!(sh("exit 7").any_outcome().unwrap().status.code(), Some(7));
    }

    #[test]
    fn a_failure_can_be_constructed_in_a_test() {
        let failure = Failure::new("nginx -t", 1, "");
        assert_eq!(Error::Failed(failure).to_string(), "`nginx -t` exited with code 1 without a message");
    }
}
