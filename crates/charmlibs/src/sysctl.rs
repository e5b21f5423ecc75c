//! Kernel parameters, such as `vm.swappiness`, that persist after a reboot.
//!
//! Each charm on a machine has its own file in `/etc/sysctl.d`, `90-juju-NAME`. All of them are merged into
//! `95-juju-sysctl.conf`, which the machine reads when it boots. These are the same files as in the Python library of
//! this name, so that charms of both kinds can share a machine. If two charms want different values of a parameter,
//! the second one gets an error.
//!
//! ```no_run
//! use charmlibs::sysctl::Config;
//!
//! let config = Config::new("opensearch");
//! config.configure(&[("vm.max_map_count", "262144"), ("vm.swappiness", "0")])?;
//! config.remove()?;
//! # Ok::<(), charmlibs::sysctl::Error>(())
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::pathops;

const FILE_PREFIX: &str = "90-juju-";
const MERGED_FILE: &str = "95-juju-sysctl.conf";
const MERGED_FILE_HEADER: &str =
    "# Merged from the files 90-juju-* of this folder, one for each charm on this machine.\n";

/// Why kernel parameters could not be set. They are unchanged then.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not a valid name of a charm or a parameter, or not a valid value.
    #[error("'{text}' is not {kind}")]
    Invalid {
        /// Such as `a kernel parameter`.
        kind: &'static str,
        /// The invalid text.
        text: String,
    },
    /// Another charm on the machine requires another value.
    #[error("{charm} has set the kernel parameter {key} to {value}, so it cannot be {requested}")]
    Conflict {
        /// The other charm's name.
        charm: String,
        /// The parameter.
        key: String,
        /// The other charm's value.
        value: String,
        /// The requested value.
        requested: String,
    },
    /// The kernel has no such parameter.
    #[error("this machine has no kernel parameter {key}")]
    NotFound {
        /// The parameter's name.
        key: String,
    },
    /// The kernel refused the value.
    #[error("could not set the kernel parameter {key} to '{value}': {error}")]
    Apply {
        /// The parameter.
        key: String,
        /// The value.
        value: String,
        /// The reason. In a container, most parameters cannot be set.
        error: Arc<io::Error>,
    },
    /// A file could not be written, read or removed.
    #[error(transparent)]
    File(#[from] pathops::Error),
}

/// The current value of a kernel parameter, as one line.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Apply`] if it is write-only.
pub fn get(key: &str) -> Result<String, Error> {
    read_parameter(Path::new("/proc/sys"), key)
}

/// The kernel parameters of one charm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    name: String,
    folder: PathBuf,
    proc: PathBuf,
}

impl Config {
    /// The parameters of the charm `name`. If several units of an application can share a machine, include the unit's
    /// number.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), folder: "/etc/sysctl.d".into(), proc: "/proc/sys".into() }
    }

    /// Use other folders than `/etc/sysctl.d` and `/proc/sys`, for tests.
    #[must_use]
    pub fn in_folders(mut self, folder: impl Into<PathBuf>, proc: impl Into<PathBuf>) -> Self {
        (self.folder, self.proc) = (folder.into(), proc.into());
        self
    }

    /// Set these parameters, now and at boot, in place of those that this charm set before. Returns whether anything
    /// changed. Parameters that are no longer named keep their value until the machine reboots.
    ///
    /// # Errors
    /// See [`Error`]. No parameter is changed then.
    pub fn configure(&self, parameters: &[(&str, &str)]) -> Result<bool, Error> {
        let path = self.path()?;
        let requested: BTreeMap<String, String> = parameters
            .iter()
            .map(|(key, value)| Ok((checked_key(key)?, normalized_value(value)?)))
            .collect::<Result<_, Error>>()?;
        for (charm, values) in self.other_charms()? {
            for (key, value) in values {
                if let Some(requested) = requested.get(&key).filter(|requested| **requested != value) {
                    return Err(Error::Conflict { charm, key, value, requested: requested.clone() });
                }
            }
        }
        let applied = self.apply(&requested)?;
        let text =
            requested.iter().fold(format!("# {}\n", self.name), |text, (key, value)| format!("{text}{key}={value}\n"));
        let written = pathops::ensure_contents(path, text)?;
        Ok(self.merge()? || written || applied)
    }

    /// Remove this charm's parameters. Returns whether there were any. They keep their values until the machine
    /// reboots.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn remove(&self) -> Result<bool, Error> {
        let removed = pathops::remove(self.path()?)?;
        if removed {
            self.merge()?;
        }
        Ok(removed)
    }

    /// Set all parameters that differ, or none.
    fn apply(&self, requested: &BTreeMap<String, String>) -> Result<bool, Error> {
        let mut previous = Vec::new();
        for (key, value) in requested {
            let current = read_parameter(&self.proc, key)?;
            if current != *value {
                previous.push((key, current));
            }
        }
        let write = |key: &str, value: &str| {
            fs::write(parameter_path(&self.proc, key), format!("{value}\n")).map_err(|error| Error::Apply {
                key: key.to_owned(),
                value: value.to_owned(),
                error: error.into(),
            })
        };
        for (done, (key, _)) in previous.iter().enumerate() {
            if let Err(error) = write(key, &requested[*key]) {
                for (key, value) in &previous[..done] {
                    if let Err(error) = write(key, value) {
                        tracing::warn!("{error}, which it was before");
                    }
                }
                return Err(error);
            }
            tracing::info!(key, value = requested[*key], "set the kernel parameter");
        }
        Ok(!previous.is_empty())
    }

    fn path(&self) -> Result<PathBuf, Error> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if self.name.is_empty() || !self.name.bytes().all(allowed) {
            return Err(Error::Invalid { kind: "a name for a file", text: self.name.clone() });
        }
        Ok(self.folder.join(format!("{FILE_PREFIX}{}", self.name)))
    }

    /// The parameters of other charms, by charm.
    fn other_charms(&self) -> Result<BTreeMap<String, BTreeMap<String, String>>, Error> {
        let mut charms = self.files_by_charm()?;
        charms.remove(&self.name);
        Ok(charms.into_iter().map(|(name, text)| (name, parse(&text))).collect())
    }

    /// The content of each charm's file, by charm.
    fn files_by_charm(&self) -> Result<BTreeMap<String, String>, Error> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            entries => entries.map_err(pathops::Error::step("read the folder", &self.folder))?,
        };
        let mut charms = BTreeMap::new();
        for entry in entries {
            let entry = entry.map_err(pathops::Error::step("read the folder", &self.folder))?;
            let name = entry.file_name().to_string_lossy().strip_prefix(FILE_PREFIX).map(str::to_owned);
            if let Some(name) = name {
                let text = fs::read_to_string(entry.path()).map_err(pathops::Error::step("read", &entry.path()))?;
                charms.insert(name, text);
            }
        }
        Ok(charms)
    }

    fn merge(&self) -> Result<bool, Error> {
        let text = self.files_by_charm()?.values().fold(MERGED_FILE_HEADER.to_owned(), |merged, text| merged + text);
        Ok(pathops::ensure_contents(self.folder.join(MERGED_FILE), text)?)
    }
}

/// The lines `KEY=VALUE` of a file.
fn parse(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with(['#', ';']));
    lines
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim().to_owned(), collapse_whitespace(value)))
        .collect()
}

/// The kernel separates several numbers with tabs.
fn collapse_whitespace(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn checked_key(key: &str) -> Result<String, Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@".contains(&byte);
    if key.split(['.', '/']).any(str::is_empty) || !key.contains(['.', '/']) || !key.bytes().all(allowed) {
        return Err(Error::Invalid { kind: "a kernel parameter", text: key.to_owned() });
    }
    Ok(key.to_owned())
}

fn normalized_value(value: &str) -> Result<String, Error> {
    if value.contains(|c: char| c.is_control() && c != '\t') {
        return Err(Error::Invalid { kind: "the value of a kernel parameter", text: value.to_owned() });
    }
    Ok(collapse_whitespace(value))
}

/// `sysctl`'s rule: `.` and `/` stand for each other; the first one in the key is the separator. So the parameters of
/// the network device `eth0.1` are `net/ipv4/conf/eth0.1/…` or `net.ipv4.conf.eth0/1.…`.
fn parameter_path(proc: &Path, key: &str) -> PathBuf {
    let dots = key.find(['.', '/']).is_some_and(|first| key.as_bytes()[first] == b'.');
    let swap = |it| match it {
        '.' => '/',
        '/' => '.',
        it => it,
    };
    proc.join(if dots { key.chars().map(swap).collect() } else { key.to_owned() })
}

fn read_parameter(proc: &Path, key: &str) -> Result<String, Error> {
    let key = checked_key(key)?;
    match fs::read_to_string(parameter_path(proc, &key)) {
        Ok(text) => Ok(collapse_whitespace(&text)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::IsADirectory) => {
            Err(Error::NotFound { key })
        }
        Err(error) => Err(pathops::Error::step("read", &parameter_path(proc, &key))(error).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_a_path_by_sysctls_rule() {
        for (key, path) in [
            ("vm.swappiness", "/p/vm/swappiness"),
            ("net/ipv4/conf/eth0.1/forwarding", "/p/net/ipv4/conf/eth0.1/forwarding"),
            ("net.ipv4.conf.eth0/1.forwarding", "/p/net/ipv4/conf/eth0.1/forwarding"),
        ] {
            assert_eq!(parameter_path(Path::new("/p"), &checked_key(key).unwrap()), Path::new(path), "{key}");
        }
        for invalid in ["", "vm", "vm..x", "../x", ".vm", "vm.a b", "vm.x=1", "-w.x\n"] {
            assert!(checked_key(invalid).is_err(), "{invalid}");
        }
    }

    #[test]
    fn the_current_value_is_read_from_the_kernel() {
        assert_eq!(get("kernel.ostype").unwrap(), "Linux");
        assert_eq!(
            get("vm.no_such_thing").unwrap_err().to_string(),
            "this machine has no kernel parameter vm.no_such_thing"
        );
    }
}
