//! Functions for interacting with tinyproxy.
//!
//! The module keeps no state: it reads everything from the machine, so that nothing can become stale between two
//! hooks. It is not a general wrapper for tinyproxy: it manages tinyproxy on Ubuntu as this charm needs it.

mod error;
mod process;

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use charmlibs::apt::Apt;
use charmlibs::pathops;
use nix::sys::signal::Signal;

pub use error::Error;
use process::Process;

/// The Debian package with the tinyproxy executable. It has no service that would start it.
const PACKAGE: &str = "tinyproxy-bin";
const PROGRAM: &str = "tinyproxy";
/// How long the program may take until it exits. It needs 2 ms to print its version or to go to the background.
const EXIT_TIMEOUT: Duration = Duration::from_secs(3);
/// tinyproxy's default config file.
const CONFIG_FILE: &str = "/etc/tinyproxy/tinyproxy.conf";
/// The PID file that the charm sets in the config.
const PID_FILE: &str = "/var/run/tinyproxy.pid";

/// What the charm needs from its workload. [`Tinyproxy`] is the real one; tests use a mock.
pub trait Workload {
    /// Ensure that tinyproxy is configured to serve `/SLUG/` on `port`. Return whether the config has changes that a
    /// running tinyproxy has not read yet.
    ///
    /// # Errors
    /// The config file could not be written. It is then unchanged.
    fn ensure_config(&mut self, port: u16, slug: &str) -> Result<bool, Error>;

    /// The version of the installed tinyproxy, such as `1.11.0`.
    ///
    /// # Errors
    /// tinyproxy could not run, or did not print its version.
    fn version(&self) -> Result<String, Error>;

    /// Install the tinyproxy executable.
    ///
    /// # Errors
    /// apt could not install it.
    fn install(&mut self) -> Result<(), Error>;

    /// Whether the tinyproxy executable is available.
    fn is_installed(&self) -> bool;

    /// Whether tinyproxy is running.
    fn is_running(&self) -> bool;

    /// Ask tinyproxy to reload its config. Its process and its connections stay.
    ///
    /// # Errors
    /// tinyproxy is not running, or could not be signalled.
    fn reload_config(&mut self) -> Result<(), Error>;

    /// Start tinyproxy, unless it is running. It takes a moment until [`Workload::is_running`] returns true.
    ///
    /// # Errors
    /// tinyproxy failed to start, or its port is taken.
    fn start(&mut self) -> Result<(), Error>;

    /// Ask tinyproxy to stop, if it is running. It takes a moment until [`Workload::is_running`] returns false.
    ///
    /// # Errors
    /// tinyproxy could not be signalled.
    fn stop(&mut self) -> Result<(), Error>;

    /// Uninstall the tinyproxy executable and remove the files that it and this charm made.
    ///
    /// # Errors
    /// apt could not remove the package, or a file could not be removed.
    fn uninstall(&mut self) -> Result<(), Error>;
}

/// tinyproxy on a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tinyproxy {
    root: PathBuf,
    timeout: Duration,
}

/// tinyproxy on this machine.
impl Default for Tinyproxy {
    fn default() -> Self {
        Self::at("/")
    }
}

impl Tinyproxy {
    /// tinyproxy on the machine with the root folder `root`. Its files, its executables and its package tools are
    /// below that folder, but its processes are always those of this machine.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), timeout: Duration::from_millis(500) }
    }

    /// How long tinyproxy may take to be ready for a signal or to stop. After that, [`Workload::reload_config`] fails,
    /// and [`Workload::stop`] returns and leaves the waiting to its caller. The default, 0.5 s, is about 50 times what
    /// tinyproxy needs.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The path of the config file.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.under_root(Path::new(CONFIG_FILE))
    }

    /// The path of the PID file.
    #[must_use]
    pub fn pid_file(&self) -> PathBuf {
        self.under_root(Path::new(PID_FILE))
    }

    fn under_root(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The first executable named `program` in the folders of `PATH`.
    fn which(&self, program: &str) -> Option<PathBuf> {
        let folders = env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
        env::split_paths(&folders).filter(|folder| folder.is_absolute()).find_map(|folder| {
            let path = self.under_root(&folder).join(program);
            let found = fs::metadata(&path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0);
            found.then_some(path)
        })
    }

    /// Run tinyproxy until it exits. The daemon exits when it has gone to the background. The timeout is there because
    /// Juju would wait forever for a hook that hangs.
    fn run(&self, args: &[&str]) -> Result<Output, Error> {
        let program = self.which(PROGRAM).ok_or(Error::NotInstalled)?;
        let output = charmlibs::process::output_within(Command::new(&program).args(args), EXIT_TIMEOUT)
            .map_err(|error| Error::Run { program: program.clone(), error })?;
        if output.status.success() { Ok(output) } else { Err(Error::failed(&program, args, &output)) }
    }

    fn apt(&self) -> Apt {
        if self.root == Path::new("/") { Apt::new() } else { Apt::in_folder(self.root.join("usr/bin")) }
    }

    /// The process in the PID file, if it is alive and is tinyproxy.
    fn process(&self) -> Option<Process> {
        let path = self.pid_file();
        if is_not_a_file(&path) {
            tracing::warn!("{} is not a file", path.display());
            return None;
        }
        match fs::read(&path) {
            Ok(text) => Process::from_pid_file(&text).filter(|process| process.runs(PROGRAM)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!("could not read {}: {error}", path.display());
                None
            }
        }
    }

    /// Whether the config file was written after tinyproxy last read it. That happens if a hook is killed before it
    /// asks tinyproxy to reload. tinyproxy writes the PID file when it starts, and [`Self::record_config_read`] updates
    /// its time, so that is when the config was last read.
    fn has_unread_config(&self) -> bool {
        let time = |path: PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
        match (time(self.config_file()), time(self.pid_file())) {
            (Some(config), Some(pid)) => config > pid,
            _ => false,
        }
    }

    fn record_config_read(&self) -> Result<(), Error> {
        let path = self.pid_file();
        let file = fs::File::open(&path);
        file.and_then(|file| file.set_modified(SystemTime::now())).map_err(|error| Error::Touch { path, error })
    }

    /// Check that the port of the config is free.
    ///
    /// tinyproxy opens the port only after it went to the background, so its error about a port that is taken is lost,
    /// and its exit code is 0. If only the IPv4 port is taken, tinyproxy runs on IPv6, and another program answers on
    /// IPv4.
    fn check_port(&self) -> Result<(), Error> {
        let Ok(config) = fs::read_to_string(self.config_file()) else { return Ok(()) };
        let Some(port) = config.lines().find_map(|line| line.strip_prefix("Port ")?.trim().parse().ok()) else {
            return Ok(());
        };
        for address in
            [SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)), SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))]
        {
            match TcpListener::bind(address) {
                Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(Error::Port { port, error }),
                // For example, a machine without IPv6. Leave it to tinyproxy to try.
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }
}

impl Workload for Tinyproxy {
    fn ensure_config(&mut self, port: u16, slug: &str) -> Result<bool, Error> {
        // For the format, see https://manpages.ubuntu.com/manpages/jammy/en/man5/tinyproxy.conf.5.html
        let config = format!(
            "PidFile \"{PID_FILE}\"\n\
             Port {port}\n\
             Timeout 600\n\
             ReverseOnly Yes\n\
             ReversePath \"/{slug}/\" \"http://www.example.com/\"\n"
        );
        // Do not write through a link: its target may not be the charm's file.
        let changed = pathops::Options::new().replace_link().ensure_contents(self.config_file(), config)?;
        Ok(changed || self.has_unread_config())
    }

    /// The version in `tinyproxy 1.11.0`, the output of `tinyproxy -v`. Other output is an error, because `juju
    /// status` shows the version.
    fn version(&self) -> Result<String, Error> {
        let output = self.run(&["-v"])?;
        let invalid_version = || Error::Version { output: String::from_utf8_lossy(&output.stdout).trim().to_owned() };
        let text = std::str::from_utf8(&output.stdout).map_err(|_| invalid_version())?;
        let version = text.strip_prefix(PROGRAM).ok_or_else(invalid_version)?.trim();
        if version.starts_with(|first: char| first.is_ascii_digit()) && version.chars().all(|c| c.is_ascii_graphic()) {
            Ok(version.to_owned())
        } else {
            Err(invalid_version())
        }
    }

    fn install(&mut self) -> Result<(), Error> {
        let apt = self.apt();
        apt.update()?;
        apt.add_package(PACKAGE)?;
        // If this fails, the charm goes into error status, and Juju's logs show, for example:
        // failed to install package tinyproxy-bin: apt-get exited with code 100: E: Unable to locate package tinyproxy-bin
        Ok(())
    }

    fn is_installed(&self) -> bool {
        self.which(PROGRAM).is_some()
    }

    fn is_running(&self) -> bool {
        self.process().is_some()
    }

    fn reload_config(&mut self) -> Result<(), Error> {
        let process = self.process().ok_or(Error::NotRunning)?;
        // SIGUSR1 doesn't end the process. It asks the process to reload its config.
        // See https://manpages.ubuntu.com/manpages/jammy/en/man8/tinyproxy.8.html#signals
        process.wait_for_handler(Signal::SIGUSR1, self.timeout)?;
        if process.signal(Signal::SIGUSR1)? { self.record_config_read() } else { Err(Error::NotRunning) }
    }

    fn start(&mut self) -> Result<(), Error> {
        if let Some(process) = self.process() {
            tracing::debug!(pid = process.id(), "tinyproxy is running already");
            return Ok(());
        }
        let path = self.pid_file();
        if is_not_a_file(&path) {
            return Err(Error::InvalidPidFile { path });
        }
        self.check_port()?;
        self.run(&[]).map(drop)
    }

    fn stop(&mut self) -> Result<(), Error> {
        if let Some(process) = self.process() {
            process.terminate(PROGRAM, self.timeout)?;
        }
        Ok(())
    }

    /// The config folder is removed only if it is empty: files of others stay, and so does the folder.
    fn uninstall(&mut self) -> Result<(), Error> {
        self.apt().remove_package(PACKAGE)?;
        let config_file = self.config_file();
        for path in [&self.pid_file(), &config_file] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::Remove { path: path.clone(), error });
                }
                Ok(()) | Err(_) => {}
            }
        }
        let folder = config_file.parent().unwrap_or(&self.root);
        match fs::remove_dir(folder) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
                tracing::info!("left {}: there are other files in it", folder.display());
                Ok(())
            }
            Err(error) => Err(Error::Remove { path: folder.to_path_buf(), error }),
        }
    }
}

/// Whether the path is something other than a file. Opening a FIFO would block until its other end is opened.
fn is_not_a_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file())
}
