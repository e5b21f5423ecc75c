//! Runs hook commands.

use std::fmt;
use std::io;
use std::io::Write as _;
use std::ops::Deref;
use std::process;

use serde::de::DeserializeOwned;

/// A hook command to run: its name, arguments and standard input.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    name: &'static str,
    args: Vec<String>,
    stdin: Option<Vec<u8>>,
    secret: bool,
    secret_values: bool,
}

impl Command {
    /// The hook command `name`, such as `"config-get"`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, args: Vec::new(), stdin: None, secret: false, secret_values: false }
    }

    /// Add an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Add arguments.
    #[must_use]
    pub fn args<A: Into<String>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Set its standard input, which is empty by default.
    #[must_use]
    pub fn stdin(mut self, stdin: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(stdin.into());
        self
    }

    /// Mark its output as secret: an [`Error`] does not show its standard output.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Mark the values of its `key=value` arguments as secret: an [`Error`] shows only the keys.
    #[must_use]
    pub fn secret_values(mut self) -> Self {
        self.secret_values = true;
        self
    }

    /// The command's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// The command's arguments, without its name.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        &self.args
    }

    /// Its standard input.
    #[must_use]
    pub fn input(&self) -> Option<&[u8]> {
        self.stdin.as_deref()
    }

    /// Run it and return its standard output.
    ///
    /// # Errors
    /// It could not be started, exited with a code other than 0, or printed something that is not UTF-8.
    pub fn output(self, runner: &dyn Runner) -> Result<String> {
        let output = match runner.run(&self) {
            Ok(output) => output,
            Err(error) => return Err(Error::Start { command: self.to_string(), reason: error.to_string().into() }),
        };
        if output.code != 0 {
            return Err(Error::Failed {
                command: self.to_string(),
                code: output.code,
                stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned().into(),
            });
        }
        String::from_utf8(output.stdout)
            .map_err(|_| Error::Output { command: self.to_string(), reason: "it is not UTF-8".to_owned().into() })
    }

    /// Run it and ignore its output.
    ///
    /// # Errors
    /// As [`Command::output`].
    pub fn run(self, runner: &dyn Runner) -> Result<()> {
        self.output(runner).map(drop)
    }

    /// Run it, with `--format=json` already among its arguments, and parse its output.
    ///
    /// # Errors
    /// As [`Command::output`]; or the output is not JSON for a `T`.
    pub fn json<T: DeserializeOwned>(self, runner: &dyn Runner) -> Result<T> {
        let command = self.to_string();
        let secret = self.secret;
        let text = self.output(runner)?;
        serde_json::from_str(&text).map_err(|error| {
            let reason = match (text.trim().is_empty(), secret) {
                (true, _) => "it is empty".to_owned(),
                // serde_json's message may quote a value.
                (false, true) => format!("line {}, column {}", error.line(), error.column()),
                (false, false) => format!("{error}: {}", excerpt(text.trim())),
            };
            Error::Output { command, reason: reason.into() }
        })
    }

    /// As [`Command::json`], but the default value if Juju prints null, as it does for an empty map.
    pub(super) fn json_or_default<T: DeserializeOwned + Default>(self, runner: &dyn Runner) -> Result<T> {
        let command = self.to_string();
        let value: serde_json::Value = self.json(runner)?;
        if value.is_null() {
            return Ok(T::default());
        }
        serde_json::from_value(value).map_err(|error| Error::Output { command, reason: error.to_string().into() })
    }
}

/// At most 200 characters of `text`, for an error message.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The command line, with long arguments cut.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        for arg in &self.args {
            match arg.split_once('=') {
                Some((key, _)) if self.secret_values => write!(f, " {}=…", excerpt(key))?,
                _ => write!(f, " {}", excerpt(arg))?,
            }
        }
        Ok(())
    }
}

/// As [`fmt::Display`]; standard input is never shown.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({self})")
    }
}

/// The output and exit code of a hook command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The exit code. Juju's hook commands use 0, 1 (failed) and 2 (wrong arguments). A signal counts as 128 plus its
    /// number.
    pub code: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

/// Runs hook commands: Juju's, or emulated ones.
pub trait Runner: Send + Sync {
    /// Run `command` to its end.
    ///
    /// # Errors
    /// The command could not be started.
    fn run(&self, command: &Command) -> io::Result<Output>;
}

/// Runs hook commands from `PATH` as processes, as in Juju's hooks.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessRunner;

impl Runner for ProcessRunner {
    fn run(&self, command: &Command) -> io::Result<Output> {
        let stdin = match command.stdin {
            Some(_) => process::Stdio::piped(),
            None => process::Stdio::null(),
        };
        let mut child = process::Command::new(command.name)
            .args(&command.args)
            .stdin(stdin)
            .stdout(process::Stdio::piped())
            .stderr(process::Stdio::piped())
            .spawn()?;
        if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), &command.stdin) {
            // Hook commands read all input before they print, so this cannot block on a full output pipe. If one exits
            // without reading, its exit code is the better error.
            if let Err(error) = pipe.write_all(bytes)
                && error.kind() != io::ErrorKind::BrokenPipe
            {
                return Err(error);
            }
        }
        let output = child.wait_with_output()?;
        let code = output.status.code().unwrap_or_else(|| {
            use std::os::unix::process::ExitStatusExt as _;
            128 + output.status.signal().unwrap_or(0)
        });
        Ok(Output { code, stdout: output.stdout, stderr: output.stderr })
    }
}

/// A hook command failed. Its source, a [`Reason`], says why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It could not be started.
    #[error("could not run `{command}`")]
    Start {
        /// The command line.
        command: String,
        /// Why not.
        #[source]
        reason: Reason,
    },
    /// It exited with a code other than 0.
    #[error("`{command}` failed with exit code {code}")]
    Failed {
        /// The command line.
        command: String,
        /// Its exit code.
        code: i32,
        /// What it printed on standard error, trimmed.
        #[source]
        stderr: Reason,
    },
    /// Its output was not as expected.
    #[error("`{command}` printed invalid output")]
    Output {
        /// The command line.
        command: String,
        /// What is wrong with the output.
        #[source]
        reason: Reason,
    },
}

/// Why a hook command failed: the source of every such [`Error`]. It identifies a failed hook command in a chain of
/// errors that are transparent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", if text.is_empty() { "it gave no reason" } else { text })]
pub struct Reason {
    text: String,
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self { text }
    }
}

impl Deref for Reason {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// The result of a hook command.
pub type Result<T> = std::result::Result<T, Error>;
