//! The application's version, leadership, logging, reboots, the goal state, credentials, resources and networks.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text::{MAX_ARGUMENT, MAX_MESSAGE, argument, without_nul};
use super::{Command, RebootTime, Result, Runner};

/// `application-version-set`: the workload's version, as `juju status` shows it.
pub fn application_version_set(runner: &dyn Runner, version: &str) -> Result<()> {
    Command::new("application-version-set")
        .args(["--", &argument("the workload's version", version, MAX_MESSAGE)])
        .run(runner)
}

/// `is-leader`: whether this unit is the leader. If so, it stays the leader for at least 30 seconds.
pub fn is_leader(runner: &dyn Runner) -> Result<bool> {
    Command::new("is-leader").arg("--format=json").json(runner)
}

/// The levels of Juju's log, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// `TRACE`
    Trace,
    /// `DEBUG`
    Debug,
    /// `INFO`
    Info,
    /// `WARNING`
    Warning,
    /// `ERROR`
    Error,
    /// `CRITICAL`
    Critical,
}

impl LogLevel {
    /// All levels, in ascending order.
    pub const ALL: [Self; 6] = [Self::Trace, Self::Debug, Self::Info, Self::Warning, Self::Error, Self::Critical];

    /// Juju's name of the level.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }
}

/// A word that is not a level of Juju's log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a level of Juju's log")]
pub struct UnknownLogLevel(pub String);

/// Parses as Juju does: in any case, and with `WARN` for `WARNING`.
impl FromStr for LogLevel {
    type Err = UnknownLogLevel;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownLogLevel> {
        if text.eq_ignore_ascii_case("WARN") {
            return Ok(Self::Warning);
        }
        let level = Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(text));
        level.ok_or_else(|| UnknownLogLevel(text.to_owned()))
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// `juju-log`: log a line for `juju debug-log`. A line that is too long for a command line is logged in pieces.
pub fn juju_log(runner: &dyn Runner, level: LogLevel, message: &str) -> Result<()> {
    let message = without_nul(message);
    let mut rest = &*message;
    loop {
        let mut end = rest.len().min(MAX_ARGUMENT);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        Command::new("juju-log").args(["--log-level", level.as_str(), "--", &rest[..end]]).run(runner)?;
        rest = &rest[end..];
        if rest.is_empty() {
            return Ok(());
        }
    }
}

/// `juju-reboot`: reboot the machine after the hook, or at once, which stops the hook and runs it again later.
pub fn juju_reboot(runner: &dyn Runner, time: RebootTime) -> Result<()> {
    let command = Command::new("juju-reboot");
    match time {
        RebootTime::AfterHook => command.run(runner),
        RebootTime::Now => command.arg("--now").run(runner),
    }
}

/// The planned units and relations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct GoalState {
    /// The units of this application, by name.
    #[serde(default)]
    pub units: BTreeMap<String, Goal>,
    /// For each endpoint, the remote applications and units, by name.
    #[serde(default)]
    pub relations: BTreeMap<String, BTreeMap<String, Goal>>,
}

/// One unit or application in a [`GoalState`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Goal {
    /// Its state, such as `active`, `waiting` or `dying`.
    pub status: String,
    /// When it changed, in Juju's format: `2026-11-22 08:15:01Z`.
    #[serde(default)]
    pub since: String,
}

/// `goal-state`: the planned units and relations.
pub fn goal_state(runner: &dyn Runner) -> Result<GoalState> {
    Command::new("goal-state").arg("--format=json").json(runner)
}

/// The model's cloud and its credential. Juju gives it only to trusted applications.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "kebab-case")]
pub struct CloudSpec {
    /// The cloud's type, such as `lxd` or `openstack`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The cloud's name.
    pub name: String,
    /// The region, such as `us-east-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The URL of the cloud's API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The URL of the identity service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_endpoint: Option<String>,
    /// The URL of the storage service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_endpoint: Option<String>,
    /// The credential to log in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CloudCredential>,
    /// The cloud's CA certificates, in PEM format.
    #[serde(default, rename = "cacertificates")]
    pub ca_certificates: Vec<String>,
    /// Whether the cloud's certificate is not verified.
    #[serde(default)]
    pub skip_tls_verify: bool,
    /// Whether the controller runs in this cloud.
    #[serde(default)]
    pub is_controller_cloud: bool,
}

/// A cloud's credential. Its attributes are secret: `Debug` does not show them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "kebab-case")]
pub struct CloudCredential {
    /// Such as `certificate` or `userpass`.
    pub auth_type: String,
    /// The attributes of the credential, by name.
    #[serde(default, rename = "attrs")]
    pub attributes: BTreeMap<String, String>,
    /// The attributes that Juju redacted.
    #[serde(default)]
    pub redacted: Vec<String>,
}

impl std::fmt::Debug for CloudSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CloudSpec").field("kind", &self.kind).field("name", &self.name).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CloudCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CloudCredential").field("auth_type", &self.auth_type).finish_non_exhaustive()
    }
}

/// `credential-get`: the model's cloud, with its credential.
pub fn credential_get(runner: &dyn Runner) -> Result<CloudSpec> {
    Command::new("credential-get").arg("--format=json").secret().json(runner)
}

/// `resource-get`: the path of a resource's file, which Juju fetches if needed.
pub fn resource_get(runner: &dyn Runner, name: &str) -> Result<PathBuf> {
    // No --format here: it always prints only the path.
    Command::new("resource-get").arg(name).output(runner).map(|path| path.trim_end_matches('\n').into())
}

/// The addresses of a binding. Charms and tests use the same type; a test makes one with [`Network::new`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "kebab-case")]
pub struct Network {
    /// The network interfaces to bind to, with their addresses.
    #[serde(default)]
    pub bind_addresses: Vec<BindAddress>,
    /// The addresses at which others reach this unit.
    #[serde(default)]
    pub ingress_addresses: Vec<String>,
    /// The subnets of this unit's outgoing traffic.
    #[serde(default)]
    pub egress_subnets: Vec<String>,
}

/// A network interface and its addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "kebab-case")]
pub struct BindAddress {
    /// The MAC address.
    #[serde(default)]
    pub mac_address: String,
    /// Such as `eth0`.
    #[serde(default)]
    pub interface_name: String,
    /// Its addresses.
    #[serde(default)]
    pub addresses: Vec<Address>,
}

/// An address on a network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Address {
    /// The host name, or an empty string.
    #[serde(default)]
    pub hostname: String,
    /// An IPv4 or IPv6 address.
    #[serde(default, alias = "address")]
    pub value: String,
    /// Its subnet, such as `10.0.0.0/24`.
    #[serde(default)]
    pub cidr: String,
}

impl Network {
    /// A network with one interface and one address, which is also the ingress address.
    pub fn new(address: impl Into<String>) -> Self {
        let address = address.into();
        Self {
            ingress_addresses: vec![address.clone()],
            bind_addresses: vec![BindAddress::new([Address::new(address)])],
            egress_subnets: Vec::new(),
        }
    }

    /// Set the interfaces.
    #[must_use]
    pub fn bind_addresses(mut self, addresses: impl IntoIterator<Item = BindAddress>) -> Self {
        self.bind_addresses = addresses.into_iter().collect();
        self
    }

    /// Set the ingress addresses.
    #[must_use]
    pub fn ingress_addresses<A: Into<String>>(mut self, addresses: impl IntoIterator<Item = A>) -> Self {
        self.ingress_addresses = addresses.into_iter().map(Into::into).collect();
        self
    }

    /// Set the egress subnets.
    #[must_use]
    pub fn egress_subnets<S: Into<String>>(mut self, subnets: impl IntoIterator<Item = S>) -> Self {
        self.egress_subnets = subnets.into_iter().map(Into::into).collect();
        self
    }
}

impl BindAddress {
    /// An interface with these addresses.
    pub fn new(addresses: impl IntoIterator<Item = Address>) -> Self {
        Self { addresses: addresses.into_iter().collect(), ..Self::default() }
    }

    /// Set the name.
    #[must_use]
    pub fn interface_name(mut self, name: impl Into<String>) -> Self {
        self.interface_name = name.into();
        self
    }

    /// Set the MAC address.
    #[must_use]
    pub fn mac_address(mut self, address: impl Into<String>) -> Self {
        self.mac_address = address.into();
        self
    }
}

impl Address {
    /// The address `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::default() }
    }

    /// Set the host name.
    #[must_use]
    pub fn hostname(mut self, name: impl Into<String>) -> Self {
        self.hostname = name.into();
        self
    }

    /// Set the subnet.
    #[must_use]
    pub fn cidr(mut self, subnet: impl Into<String>) -> Self {
        self.cidr = subnet.into();
        self
    }
}

/// `network-get`: the addresses of a binding (an endpoint or an extra binding), or of one relation at an endpoint.
pub fn network_get(runner: &dyn Runner, binding: &str, relation_id: Option<u32>) -> Result<Network> {
    let mut command = Command::new("network-get").arg("--format=json");
    if let Some(id) = relation_id {
        command = command.args(["-r".to_owned(), id.to_string()]);
    }
    command.arg(binding).json(runner)
}

/// A value of a hook command's output that Juju omits or prints as null if it is empty.
pub(crate) fn map_or_null<T: serde::de::DeserializeOwned + Default>(value: Value) -> serde_json::Result<T> {
    if value.is_null() { Ok(T::default()) } else { serde_json::from_value(value) }
}
