use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use crate::{pathops, process};

/// Why an operation on packages failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Debian allows no such name or version. It is not passed to `apt-get`, which would treat some of them as
    /// patterns or as other commands (`vim-` removes vim).
    #[error("'{text}' is not a {kind}")]
    Name {
        /// Such as `package name` or `package version`.
        kind: &'static str,
        /// The invalid text.
        text: String,
    },
    /// A program could not be started.
    #[error("could not run {program}: {error}")]
    Start {
        /// `apt-get` or `dpkg-query`.
        program: &'static str,
        /// The error of the operating system.
        error: Arc<io::Error>,
    },
    /// No package source has this package, or not in this version.
    #[error("{0}")]
    PackageNotFound(Failure),
    /// Another process held the lock of apt or dpkg for too long.
    #[error("{failure} (another process held the lock for {} s)", waited.as_secs())]
    Locked {
        /// The last failure of `apt-get`.
        failure: Failure,
        /// How long `apt-get` was retried.
        waited: Duration,
    },
    /// Another failure of `apt-get` or `dpkg-query`.
    #[error("{0}")]
    Failed(Failure),
    /// The key of a repository is not valid.
    #[error("the key of the repository {repository} is not an OpenPGP public key")]
    Key {
        /// The repository's name.
        repository: String,
    },
    /// The file of a package source does not have it any more.
    #[error("{} has no package source {uri}", path.display())]
    SourceNotFound {
        /// The file.
        path: PathBuf,
        /// Where the source is.
        uri: String,
    },
    /// The file of a repository or its key could not be written, read or removed.
    #[error(transparent)]
    File(#[from] pathops::Error),
    /// `apt-get` succeeded, but the package is not installed.
    #[error("failed to install package {package}: apt-get succeeded, but dpkg knows {}", match found {
        Some(version) => format!("version {version}"),
        None => "no such package".to_owned(),
    })]
    NotInstalled {
        /// The package, with `=VERSION` if a version was requested.
        package: String,
        /// The version that is installed instead, if any.
        found: Option<String>,
    },
}

impl Error {
    /// The output of the failed program, if it ran.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::PackageNotFound(failure) | Self::Failed(failure) | Self::Locked { failure, .. } => Some(failure),
            _ => None,
        }
    }
}

/// A program that ran and failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub(super) operation: String,
    pub(super) package: Option<String>,
    pub(super) program: &'static str,
    pub(super) status: ExitStatus,
    pub(super) lines: Vec<String>,
}

impl Failure {
    /// A failure as if from `program`, to test how a charm handles it.
    ///
    /// ```
    /// use charmlibs::apt::{Error, Failure};
    ///
    /// let failure = Failure::new("install", Some("nginx"), "apt-get", 100, &["E: Unable to locate package nginx"]);
    /// let error = Error::PackageNotFound(failure);
    /// assert_eq!(
    ///     error.to_string(),
    ///     "failed to install package nginx: apt-get exited with code 100: E: Unable to locate package nginx"
    /// );
    /// ```
    #[must_use]
    pub fn new(
        operation: impl Into<String>,
        package: Option<&str>,
        program: &'static str,
        code: u8,
        lines: &[&str],
    ) -> Self {
        Self {
            operation: operation.into(),
            package: package.map(str::to_owned),
            program,
            status: ExitStatus::from_raw(i32::from(code) << 8),
            lines: lines.iter().map(|&line| line.to_owned()).collect(),
        }
    }

    /// The package, with `=VERSION` if a version was requested; several are separated by commas. `None` for
    /// [`update`](super::update).
    #[must_use]
    pub fn package(&self) -> Option<&str> {
        self.package.as_deref()
    }

    /// The exit code; `None` if the program was killed by a signal. `apt-get` has only one code for failures: 100.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The program's lines that report an error, or else its last lines.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

/// One line, for the log: `failed to install package NAME: apt-get exited with code 100: E: …`.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.operation)?;
        if let Some(package) = &self.package {
            write!(f, " {} {package}", if package.contains(", ") { "packages" } else { "package" })?;
        }
        write!(f, ": {} {}", self.program, process::outcome(self.status))?;
        if self.lines.is_empty() { f.write_str(" without a message") } else { write!(f, ": {}", self.lines.join("; ")) }
    }
}
