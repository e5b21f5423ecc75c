//! Adding, removing and querying packages.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use super::output::{Reason, error_lines};
use super::{Error, Failure};
use crate::process;

const APT_GET: &str = "apt-get";
const APT_CACHE: &str = "apt-cache";
const DPKG_QUERY: &str = "dpkg-query";
/// How often to retry a lock that `apt-get` itself does not wait for.
const LOCK_POLL_INTERVAL: Duration = Duration::from_millis(200);
/// The number of attempts to download, in addition to `apt-get`'s own retries.
const MAX_DOWNLOAD_ATTEMPTS: u32 = 3;

/// Download the lists of packages from the machine's package sources.
///
/// # Errors
/// See [`Apt::update`].
pub fn update() -> Result<(), Error> {
    Apt::new().update()
}

/// Install the package `name`, unless it is installed.
///
/// # Errors
/// See [`Apt::add_package`].
pub fn add_package(name: &str) -> Result<(), Error> {
    Apt::new().add_package(name)
}

/// Install the package `name` in exactly this version, unless it is installed.
///
/// # Errors
/// See [`Apt::add_package_version`].
pub fn add_package_version(name: &str, version: &str) -> Result<(), Error> {
    Apt::new().add_package_version(name, version)
}

/// Install the packages `names` that are not installed, in one run. `NAME=VERSION` requests exactly this version.
///
/// # Errors
/// See [`Apt::add_packages`].
pub fn add_packages(names: &[&str]) -> Result<(), Error> {
    Apt::new().add_packages(names)
}

/// Upgrade the package `name` to the newest version in the package sources, or install it.
///
/// # Errors
/// See [`Apt::upgrade_package`].
pub fn upgrade_package(name: &str) -> Result<(), Error> {
    Apt::new().upgrade_package(name)
}

/// The version of the package `name` that the package sources would install, if they have it.
///
/// # Errors
/// See [`Apt::candidate_version`].
pub fn candidate_version(name: &str) -> Result<Option<String>, Error> {
    Apt::new().candidate_version(name)
}

/// The installed version of the package `name`, such as `1.11.0-1`; `None` if it is not installed.
///
/// # Errors
/// See [`Apt::installed_version`].
pub fn installed_version(name: &str) -> Result<Option<String>, Error> {
    Apt::new().installed_version(name)
}

/// The package tools of a machine.
///
/// ```no_run
/// use std::time::Duration;
/// use charmlibs::apt::Apt;
///
/// let apt = Apt::new().lock_timeout(Duration::from_secs(30));
/// apt.add_package_version("tinyproxy-bin", "1.11.0-1")?;
/// assert_eq!(apt.installed_version("tinyproxy-bin")?.as_deref(), Some("1.11.0-1"));
/// # Ok::<(), charmlibs::apt::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apt {
    folder: Option<PathBuf>,
    pub(super) config_folder: PathBuf,
    lock_timeout: Duration,
    download_pause: Duration,
}

impl Default for Apt {
    fn default() -> Self {
        Self {
            folder: None,
            config_folder: "/etc/apt".into(),
            lock_timeout: Duration::from_mins(5),
            download_pause: Duration::from_secs(2),
        }
    }
}

impl Apt {
    /// The tools on `PATH`, with a lock timeout of five minutes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tools in `folder`, such as those of a test.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..Self::default() }
    }

    /// Where repositories and their keys are written; by default `/etc/apt`.
    #[must_use]
    pub fn config_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.config_folder = folder.into();
        self
    }

    /// How long to wait while another process holds the lock of apt or dpkg; by default five minutes.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// The pause before the first retry of a failed download, by default 2 s. The second retry waits twice as long.
    #[must_use]
    pub fn download_pause(mut self, pause: Duration) -> Self {
        self.download_pause = pause;
        self
    }

    /// Download the lists of packages from the machine's package sources.
    ///
    /// # Errors
    /// A source could not be read ([`Error::Failed`], after a few tries), or another process kept the lock.
    pub fn update(&self) -> Result<(), Error> {
        // Not `--error-on=any`, which apt before 2.1 refuses: it ignores unknown options that are given like this.
        self.apt_get("update the package lists", None, &["-o", "APT::Update::Error-Mode=any", "update"])
    }

    /// Install the package `name`, unless any version of it is installed. If no package source has it, the package
    /// lists are updated, and it is tried once more.
    ///
    /// # Errors
    /// [`Error::PackageNotFound`]: no package source has it. [`Error::Failed`]: it could not be downloaded (after a few
    /// tries) or installed. [`Error::Locked`]: another process kept the lock.
    pub fn add_package(&self, name: &str) -> Result<(), Error> {
        self.install_missing(&[PackageRequest { name, version: None }])
    }

    /// Install the packages `names` that are not installed, in one run of `apt-get`. `NAME=VERSION` requests exactly
    /// this version, as with [`Apt::add_package_version`].
    ///
    /// # Errors
    /// As [`Apt::add_package`]. If `apt-get` could not even start, no package was installed.
    pub fn add_packages(&self, names: &[&str]) -> Result<(), Error> {
        let parse = |name: &&'_ str| match name.split_once('=') {
            Some((name, version)) => (name.to_owned(), Some(version.to_owned())),
            None => ((*name).to_owned(), None),
        };
        let requests: Vec<_> = names.iter().map(parse).collect();
        let requests: Vec<_> =
            requests.iter().map(|(name, version)| PackageRequest { name, version: version.as_deref() }).collect();
        self.install_missing(&requests)
    }

    /// Upgrade the package `name` to the newest version in the package sources (as of the last [`Apt::update`]), or
    /// install it.
    ///
    /// # Errors
    /// As [`Apt::add_package`].
    pub fn upgrade_package(&self, name: &str) -> Result<(), Error> {
        self.status(name)?;
        self.apt_get("upgrade", Some(name), &["install", name])
    }

    /// Install the package `name` in exactly this `version`, such as `1.11.0-1`, unless it is installed. An older
    /// version is upgraded. A newer one is not changed, and is an error: a package's data seldom survives a downgrade.
    ///
    /// # Errors
    /// As [`Apt::add_package`].
    pub fn add_package_version(&self, name: &str, version: &str) -> Result<(), Error> {
        self.install_missing(&[PackageRequest { name, version: Some(version) }])
    }

    /// The version of the package `name` that apt would install, as of the last [`Apt::update`]. `None` if no source
    /// has the package. It is the newest version, unless apt is configured to prefer another, or a newer one is
    /// installed.
    ///
    /// # Errors
    /// [`Error::Start`] or [`Error::Failed`]: `apt-cache` failed.
    pub fn candidate_version(&self, name: &str) -> Result<Option<String>, Error> {
        check_name(name)?;
        let output = self.run(APT_CACHE, &["policy", name])?;
        if !output.status.success() {
            return Err(Error::Failed(failure("look for", Some(name), APT_CACHE, &output)));
        }
        let stdout = String::from_utf8_lossy(&output.stdout);
        let version = stdout.lines().find_map(|line| line.trim_start().strip_prefix("Candidate: "));
        Ok(version.filter(|version| *version != "(none)").map(str::to_owned))
    }

    /// The installed version of the package `name`, such as `1.11.0-1`. `None` if it is not completely installed, or
    /// was removed except for its configuration files.
    ///
    /// # Errors
    /// [`Error::Start`] or [`Error::Failed`]: `dpkg-query` failed.
    pub fn installed_version(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(self.status(name)?.filter(|status| status.state == "installed").map(|status| status.version))
    }

    fn install_missing(&self, requests: &[PackageRequest<'_>]) -> Result<(), Error> {
        let mut missing = Vec::new();
        for request in requests {
            if let Some(version) = request.version {
                check_characters("package version", version, |byte| {
                    byte.is_ascii_alphanumeric() || b".+-~:".contains(&byte)
                })?;
            }
            let installed = self.installed_version(request.name)?;
            if request.is_satisfied_by(installed.as_deref()) {
                tracing::debug!(package = request.name, version = installed, "already installed");
            } else {
                missing.push((request, request.to_argument()));
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let packages: Vec<_> = missing.iter().map(|(_, package)| package.as_str()).collect();
        let names = packages.join(", ");
        let args: Vec<_> = std::iter::once("install").chain(packages).collect();
        let install = || self.apt_get("install", Some(&names), &args);
        match install() {
            Err(Error::PackageNotFound(failure)) => {
                tracing::info!(names, "{failure}; updating the package lists to try once more");
                self.update()?;
                install()?;
            }
            result => result?,
        }
        for (request, package) in missing {
            // apt-get treats an unknown name as a pattern: `tinyproxy.bin` would install tinyproxy-bin.
            let installed = self.installed_version(request.name)?;
            if !request.is_satisfied_by(installed.as_deref()) {
                return Err(Error::NotInstalled { package, found: installed });
            }
            tracing::info!(package = request.name, version = installed, "installed");
        }
        Ok(())
    }

    /// dpkg's status of the package `name`.
    pub(super) fn status(&self, name: &str) -> Result<Option<Status>, Error> {
        check_name(name)?;
        let output = self.run(DPKG_QUERY, &["--show", "--showformat=${db:Status-Status} ${Version}\\n", name])?;
        if output.status.success() {
            let stdout = String::from_utf8_lossy(&output.stdout);
            // One line per architecture.
            let mut lines: Vec<_> = stdout.lines().filter_map(|line| line.split_once(' ')).collect();
            lines.sort_by_key(|(state, _)| *state != "installed");
            return Ok(lines
                .first()
                .map(|(state, version)| Status { state: (*state).to_owned(), version: (*version).to_owned() }));
        }
        if output.status.code() == Some(1) && String::from_utf8_lossy(&output.stderr).contains("no packages found") {
            return Ok(None);
        }
        Err(Error::Failed(failure("look for", Some(name), DPKG_QUERY, &output)))
    }

    /// Run `apt-get`, and retry it where that can help.
    pub(super) fn apt_get(&self, operation: &'static str, package: Option<&str>, args: &[&str]) -> Result<(), Error> {
        let started = Instant::now();
        let mut attempts = 1;
        let mut logged = false;
        loop {
            // apt-get itself waits for dpkg's lock, but not for its other locks, and older versions wait for none.
            let remaining = self.lock_timeout.saturating_sub(started.elapsed());
            let timeout = format!("DPkg::Lock::Timeout={}", remaining.as_secs());
            let mut command = vec!["-y", "-q", "--option=Dpkg::Options::=--force-confold"];
            command.extend(["-o", "Dpkg::Use-Pty=0", "-o", "Acquire::Retries=3", "-o", &timeout]);
            command.extend(args);
            tracing::debug!("running {APT_GET} {}", command.join(" "));
            let output = self.run(APT_GET, &command)?;
            if output.status.success() {
                return Ok(());
            }
            let failure = failure(operation, package, APT_GET, &output);
            match Reason::from_output(&output) {
                Reason::Locked if started.elapsed() >= self.lock_timeout => {
                    return Err(Error::Locked { failure, waited: started.elapsed() });
                }
                Reason::Locked => {
                    if !logged {
                        tracing::info!("waiting for another process to release its lock: {}", failure.lines.join("; "));
                        logged = true;
                    }
                    thread::sleep(LOCK_POLL_INTERVAL.min(self.lock_timeout.saturating_sub(started.elapsed())));
                }
                Reason::Download if attempts < MAX_DOWNLOAD_ATTEMPTS => {
                    tracing::warn!("{failure}; trying again");
                    thread::sleep(self.download_pause * attempts);
                    attempts += 1;
                }
                Reason::NotFound if package.is_some() => return Err(Error::PackageNotFound(failure)),
                Reason::NotFound | Reason::Download | Reason::Other => return Err(Error::Failed(failure)),
            }
        }
    }

    pub(super) fn run(&self, program: &'static str, args: &[&str]) -> Result<Output, Error> {
        let path = self.folder.as_ref().map_or_else(|| PathBuf::from(program), |folder| folder.join(program));
        let mut command = Command::new(path);
        // In English, because the output is parsed.
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C");
        process::output(&mut command).map_err(|error| Error::Start { program, error: error.into() })
    }
}

/// A requested package.
#[derive(Clone, Copy)]
struct PackageRequest<'a> {
    name: &'a str,
    version: Option<&'a str>,
}

impl PackageRequest<'_> {
    /// Whether `installed` satisfies the request.
    fn is_satisfied_by(self, installed: Option<&str>) -> bool {
        match self.version {
            Some(version) => installed == Some(version),
            None => installed.is_some(),
        }
    }

    /// In `apt-get`'s syntax.
    fn to_argument(self) -> String {
        self.version.map_or_else(|| self.name.to_owned(), |version| format!("{}={version}", self.name))
    }
}

/// A line of dpkg's database.
pub(super) struct Status {
    /// `installed`, `config-files`, `half-configured`, and so on.
    pub(super) state: String,
    version: String,
}

fn check_name(name: &str) -> Result<(), Error> {
    check_characters("package name", name, |byte| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte))?;
    // `apt-get install vim-` removes vim.
    if name.ends_with('-') {
        return Err(Error::Name { kind: "package name", text: name.to_owned() });
    }
    Ok(())
}

pub(super) fn check_characters(kind: &'static str, text: &str, allowed: impl Fn(u8) -> bool) -> Result<(), Error> {
    if text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.bytes().all(allowed) {
        return Ok(());
    }
    Err(Error::Name { kind, text: text.to_owned() })
}

pub(super) fn failure(
    operation: impl Into<String>,
    package: Option<&str>,
    program: &'static str,
    output: &Output,
) -> Failure {
    Failure {
        operation: operation.into(),
        package: package.map(str::to_owned),
        program,
        status: output.status,
        lines: error_lines(output),
    }
}
