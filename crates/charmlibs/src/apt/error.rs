//! What can go wrong with packages.

use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use crate::{pathops, process};

/// Why packages are not as they should be.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Debian has no such names or versions, so it is not given to `apt-get`, which would take some of them as patterns
    /// or as something else to do (`vim-` removes vim).
    #[error("'{text}' is not a {kind}")]
    Name {
        /// `package name` or `package version`.
        kind: &'static str,
        /// What was given.
        text: String,
    },
    /// A program could not be started.
    #[error("could not run {program}: {error}")]
    Start {
        /// `apt-get` or `dpkg-query`.
        program: &'static str,
        /// Why not.
        error: Arc<io::Error>,
    },
    /// No package source of the machine has this package, or not in this version.
    #[error("{0}")]
    PackageNotFound(Failure),
    /// Another process held the lock of apt or dpkg for longer than the time allowed.
    #[error("{failure} (another process held the lock for {} s)", waited.as_secs())]
    Locked {
        /// What `apt-get` said at last.
        failure: Failure,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Anything else that `apt-get` or `dpkg-query` failed with.
    #[error("{0}")]
    Failed(Failure),
    /// What should be the key of a repository is none.
    #[error("the key of the repository {repository} is not an OpenPGP public key")]
    Key {
        /// The repository.
        repository: String,
    },
    /// The file of a package source does not have it any more.
    #[error("{} has no package source {uri}", path.display())]
    NoSource {
        /// The file.
        path: PathBuf,
        /// Where the source is.
        uri: String,
    },
    /// The file of a repository or its key could not be written, read or removed.
    #[error(transparent)]
    File(#[from] pathops::Error),
    /// `apt-get` succeeded, but the package is not there.
    #[error("failed to install package {package}: apt-get succeeded, but dpkg knows {}", match found {
        Some(version) => format!("version {version}"),
        None => "no such package".to_owned(),
    })]
    NotInstalled {
        /// The package, with `=VERSION` where one was asked for.
        package: String,
        /// The version that is installed instead.
        found: Option<String>,
    },
}

impl Error {
    /// What the program that failed said, if it ran.
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
    pub(super) doing: String,
    pub(super) package: Option<String>,
    pub(super) program: &'static str,
    pub(super) status: ExitStatus,
    pub(super) lines: Vec<String>,
}

impl Failure {
    /// A failure as `program` would have had it, for a test of what a charm makes of it.
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
        doing: impl Into<String>,
        package: Option<&str>,
        program: &'static str,
        code: u8,
        lines: &[&str],
    ) -> Self {
        Self {
            doing: doing.into(),
            package: package.map(str::to_owned),
            program,
            status: ExitStatus::from_raw(i32::from(code) << 8),
            lines: lines.iter().map(|&line| line.to_owned()).collect(),
        }
    }

    /// The package that this is about, with `=VERSION` where one was asked for; several with commas between them. `None` for
    /// [`update`](super::update).
    #[must_use]
    pub fn package(&self) -> Option<&str> {
        self.package.as_deref()
    }

    /// The exit code; `None` if a signal ended the program. `apt-get` has one code for all that goes wrong: 100.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The program's own words: its lines that name an error, or else the last that it printed.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

/// One line, for the log: `failed to install package NAME: apt-get exited with code 100: E: …`.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.doing)?;
        if let Some(package) = &self.package {
            write!(f, " {} {package}", if package.contains(", ") { "packages" } else { "package" })?;
        }
        write!(f, ": {} {}", self.program, process::outcome(self.status))?;
        if self.lines.is_empty() { f.write_str(" and said nothing") } else { write!(f, ": {}", self.lines.join("; ")) }
    }
}
