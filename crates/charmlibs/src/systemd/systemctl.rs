//! Runs `systemctl` and `journalctl`.

use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use super::{Error, ServiceFailure};
use crate::process::Run;

/// The number of journal lines in an error.
const JOURNAL_LINES: usize = 10;
/// The time limit for reading a few lines of the journal.
const JOURNAL_TIMEOUT: Duration = Duration::from_secs(20);

/// A machine's systemd.
///
/// ```no_run
/// use std::time::Duration;
/// use charmlibs::systemd::Systemd;
///
/// let systemd = Systemd::new().timeout(Duration::from_mins(20));
/// systemd.start("postgresql")?;
/// # Ok::<(), charmlibs::systemd::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Systemd {
    folder: Option<PathBuf>,
    pub(super) unit_folder: PathBuf,
    timeout: Duration,
}

impl Default for Systemd {
    fn default() -> Self {
        Self { folder: None, unit_folder: "/etc/systemd/system".into(), timeout: Duration::from_mins(5) }
    }
}

impl Systemd {
    /// The programs on `PATH`, each with a time limit of five minutes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The programs in `folder`, for tests.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..Self::default() }
    }

    /// Where unit files are written; by default `/etc/systemd/system`.
    #[must_use]
    pub fn unit_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.unit_folder = folder.into();
        self
    }

    /// How long a service may take to start, stop or reload.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    pub(super) fn service_failure(&self, operation: &'static str, name: &str, reason: String) -> Error {
        Error::Service(ServiceFailure { operation, unit: name.to_owned(), reason, journal: self.journal(name) })
    }

    /// The last lines of the unit's journal, or why they cannot be read: the error is about something else.
    fn journal(&self, name: &str) -> Vec<String> {
        let run = |args: &[&str]| {
            let run = Run::new(self.program_path("journalctl")).args(args).env("LC_ALL", "C").within(JOURNAL_TIMEOUT);
            run.text()
        };
        // The service's last messages may still be on their way.
        let lines = format!("--lines={JOURNAL_LINES}");
        let unit = format!("--unit={name}");
        let text = run(&["--sync"]).and_then(|_| run(&["--quiet", "--no-pager", "--output=cat", &lines, &unit]));
        match text {
            Ok(text) => text.lines().map(str::to_owned).collect(),
            Err(error) => vec![format!("(could not be read: {error})")],
        }
    }

    pub(super) fn systemctl(&self, args: &[&str]) -> Result<Output, Error> {
        let run = Run::new(self.program_path("systemctl")).args(["--no-ask-password", "--no-pager"]).args(args);
        run.env("LC_ALL", "C").within(self.timeout).output().map_err(|error| match error.failure() {
            Some(failure) if is_systemd_missing(&failure.stderr) => {
                Error::NotRunning { reason: failure.stderr.lines().next().unwrap_or_default().trim().to_owned() }
            }
            None if error.is_not_found() => Error::NotRunning { reason: "the program systemctl is missing".to_owned() },
            _ => Error::Program(error),
        })
    }

    fn program_path(&self, program: &str) -> PathBuf {
        self.folder.as_ref().map_or_else(|| PathBuf::from(program), |folder| folder.join(program))
    }
}

fn is_systemd_missing(stderr: &str) -> bool {
    stderr.contains("System has not been booted with systemd") || stderr.contains("Failed to connect to bus")
}

/// Letters, digits and `:-_.\@` are allowed in a unit's name.
pub(super) fn check_name(name: &str) -> Result<&str, Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
    if name.is_empty() || name.len() > 255 || name.starts_with(['-', '.']) || !name.bytes().all(allowed) {
        return Err(Error::Name { name: name.to_owned() });
    }
    Ok(name)
}
