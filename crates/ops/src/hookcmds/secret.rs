//! `secret-add`, `-get`, `-grant`, `-ids`, `-info-get`, `-remove`, `-revoke` and `-set`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::text::yaml;
use super::{Command, Error, Result, Runner};
use crate::time::to_rfc3339;

/// How often a secret must be rotated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Rotate {
    /// Never.
    #[default]
    Never,
    /// Every hour.
    Hourly,
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every year.
    Yearly,
}

impl Rotate {
    /// Juju's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::Yearly => "yearly",
        }
    }
}

/// The time between two rotations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interval {
    /// A number of hours.
    Hours(u32),
    /// A number of calendar months.
    Months(u32),
}

impl Rotate {
    /// The time between two rotations; `None` for [`Rotate::Never`].
    #[must_use]
    pub fn interval(self) -> Option<Interval> {
        match self {
            Self::Never => None,
            Self::Hourly => Some(Interval::Hours(1)),
            Self::Daily => Some(Interval::Hours(24)),
            Self::Weekly => Some(Interval::Hours(7 * 24)),
            Self::Monthly => Some(Interval::Months(1)),
            Self::Quarterly => Some(Interval::Months(3)),
            Self::Yearly => Some(Interval::Months(12)),
        }
    }
}

impl fmt::Display for Rotate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text is not a rotation policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a rotation policy: Juju knows never, hourly, daily, weekly, monthly, quarterly and yearly")]
pub struct UnknownRotate(String);

impl FromStr for Rotate {
    type Err = UnknownRotate;

    fn from_str(name: &str) -> std::result::Result<Self, UnknownRotate> {
        [Self::Never, Self::Hourly, Self::Daily, Self::Weekly, Self::Monthly, Self::Quarterly, Self::Yearly]
            .into_iter()
            .find(|rotate| rotate.as_str() == name)
            .ok_or_else(|| UnknownRotate(name.to_owned()))
    }
}

/// The owner of a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SecretOwner {
    /// The application: its leader manages the secret.
    #[default]
    Application,
    /// This unit.
    Unit,
}

impl SecretOwner {
    fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Unit => "unit",
        }
    }
}

impl fmt::Display for SecretOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// When a revision of a secret expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expiry {
    /// At a point in time; whole seconds.
    At(SystemTime),
    /// After a duration from now; whole seconds.
    In(Duration),
}

/// The options of `secret-add` and `secret-set`. An omitted one does not change, or is empty for a new secret.
#[derive(Clone, Default)]
pub struct NewSecret<'a> {
    /// The keys and values.
    pub content: Option<&'a BTreeMap<String, String>>,
    /// The owner's label for the secret.
    pub label: Option<&'a str>,
    /// The owner's description.
    pub description: Option<&'a str>,
    /// When this revision expires.
    pub expire: Option<Expiry>,
    /// How often it must be rotated.
    pub rotate: Option<Rotate>,
    /// The secret's owner.
    pub owner: SecretOwner,
}

impl NewSecret<'_> {
    fn command(&self, name: &'static str) -> Command {
        let mut command = Command::new(name);
        for (flag, value) in [("--label", self.label), ("--description", self.description)] {
            if let Some(value) = value {
                command = command.args([flag, value]);
            }
        }
        match self.expire {
            Some(Expiry::At(time)) => command = command.args(["--expire".to_owned(), to_rfc3339(time)]),
            Some(Expiry::In(span)) => {
                command = command.args(["--expire".to_owned(), format!("{}s", span.as_secs())]);
            }
            None => {}
        }
        if let Some(rotate) = self.rotate {
            command = command.args(["--rotate", rotate.as_str()]);
        }
        command.args(["--owner", self.owner.as_str()])
    }
}

/// A file that only this user can read, removed when it is dropped. Command lines are visible to everyone in `/proc`
/// and in logs, so a secret's content is passed in a file.
struct ContentFile(PathBuf);

impl ContentFile {
    fn write(content: &BTreeMap<String, String>) -> std::io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("ops-secret-{}-{count}", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(mut file) => {
                    let written = Self(path);
                    file.write_all(yaml(content).as_bytes())?;
                    return Ok(written);
                }
                // Left by a killed process that had the same PID.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for ContentFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!("could not remove {}, which holds a secret: {error}", self.0.display());
        }
    }
}

fn with_content<T>(
    command: Command,
    content: Option<&BTreeMap<String, String>>,
    run: impl FnOnce(Command) -> Result<T>,
) -> Result<T> {
    let Some(content) = content else { return run(command) };
    let command_line = command.to_string();
    let file = ContentFile::write(content)
        .map_err(|error| Error::Start { command: command_line, reason: error.to_string().into() })?;
    run(command.args(["--file".to_owned(), file.0.to_string_lossy().into_owned()]))
}

/// `secret-add`: add a secret. Returns its ID, such as `secret:9m4e2mr0ui3e8a215n4g`.
pub fn secret_add(runner: &dyn Runner, secret: &NewSecret<'_>) -> Result<String> {
    with_content(secret.command("secret-add"), secret.content, |command| {
        command.output(runner).map(|id| id.trim().to_owned())
    })
}

/// `secret-set`: add a revision to a secret, or change its metadata.
pub fn secret_set(runner: &dyn Runner, id: &str, secret: &NewSecret<'_>) -> Result<()> {
    with_content(secret.command("secret-set").arg(id), secret.content, |command| command.run(runner))
}

/// The revision of a secret to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretGet {
    /// The revision that this unit tracks: the latest one when it first read or last refreshed the secret.
    Tracked,
    /// The latest, which this unit tracks from now on.
    Refresh,
    /// The latest, without tracking it.
    Peek,
}

/// `secret-get`: a secret's content, by ID or by label, or by ID together with a new label.
pub fn secret_get(
    runner: &dyn Runner,
    id: Option<&str>,
    label: Option<&str>,
    which: SecretGet,
) -> Result<BTreeMap<String, String>> {
    let mut command = Command::new("secret-get").arg("--format=json").secret();
    if let Some(id) = id {
        command = command.arg(id);
    }
    if let Some(label) = label {
        command = command.args(["--label", label]);
    }
    command = match which {
        SecretGet::Tracked => command,
        SecretGet::Refresh => command.arg("--refresh"),
        SecretGet::Peek => command.arg("--peek"),
    };
    command.json(runner)
}

/// `secret-grant`: give the remote application of a relation, or one remote unit, access to a secret.
pub fn secret_grant(runner: &dyn Runner, id: &str, relation: u32, unit: Option<&str>) -> Result<()> {
    grant_command("secret-grant", id, relation, unit).run(runner)
}

/// `secret-revoke`: revoke that access.
pub fn secret_revoke(runner: &dyn Runner, id: &str, relation: u32, unit: Option<&str>) -> Result<()> {
    grant_command("secret-revoke", id, relation, unit).run(runner)
}

fn grant_command(name: &'static str, id: &str, relation: u32, unit: Option<&str>) -> Command {
    let mut command = Command::new(name).args(["--relation".to_owned(), relation.to_string()]);
    if let Some(unit) = unit {
        command = command.args(["--unit", unit]);
    }
    command.arg(id)
}

/// `secret-ids`: the secrets that this unit or its application owns.
pub fn secret_ids(runner: &dyn Runner) -> Result<Vec<String>> {
    // If there are none, Juju prints null.
    Command::new("secret-ids").arg("--format=json").json::<Option<_>>(runner).map(Option::unwrap_or_default)
}

/// The metadata of a secret, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SecretInfo {
    /// The ID, without `secret:`.
    #[serde(skip)]
    pub id: String,
    /// The number of the latest revision.
    pub revision: u32,
    /// The owner's label for the secret.
    #[serde(default)]
    pub label: String,
    /// The secret's owner.
    pub owner: SecretOwner,
    /// The owner's description.
    #[serde(default)]
    pub description: String,
    /// How often it must be rotated.
    #[serde(default)]
    pub rotation: Rotate,
    /// When the latest revision expires.
    #[serde(default, deserialize_with = "time")]
    pub expiry: Option<SystemTime>,
    /// When the next rotation is due.
    #[serde(default, deserialize_with = "time")]
    pub rotates: Option<SystemTime>,
}

fn time<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<SystemTime>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    match crate::time::from_rfc3339(&text) {
        Some(time) => Ok(Some(time)),
        None => Err(serde::de::Error::custom(format!("{text:?} is not a time as in RFC 3339"))),
    }
}

/// `secret-info-get`: the metadata of a secret that this unit or its application owns, by ID or by label.
pub fn secret_info_get(runner: &dyn Runner, id: Option<&str>, label: Option<&str>) -> Result<SecretInfo> {
    let mut command = Command::new("secret-info-get").arg("--format=json");
    if let Some(id) = id {
        command = command.arg(id);
    } else if let Some(label) = label {
        command = command.args(["--label", label]);
    }
    let command_line = command.to_string();
    let secrets: BTreeMap<String, SecretInfo> = command.json(runner)?;
    let (id, info) = secrets
        .into_iter()
        .next()
        .ok_or_else(|| Error::Output { command: command_line, reason: "it names no secret".to_owned().into() })?;
    Ok(SecretInfo { id, ..info })
}

/// `secret-remove`: remove one revision of a secret, or the whole secret.
pub fn secret_remove(runner: &dyn Runner, id: &str, revision: Option<u32>) -> Result<()> {
    let mut command = Command::new("secret-remove").arg(id);
    if let Some(revision) = revision {
        command = command.args(["--revision".to_owned(), revision.to_string()]);
    }
    command.run(runner)
}
