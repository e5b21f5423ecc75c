//! What `juju status` knows, with the names of Juju's formatted JSON and YAML.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::commands::storage::output::CombinedStorage;
use crate::format::though_empty;
use crate::store::Life;
use crate::store::relation::Scope;

/// The whole of `juju status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FullStatus {
    pub model: ModelStatus,
    /// The machines, by id (`0`).
    pub machines: BTreeMap<String, MachineStatus>,
    /// The applications, by name. Subordinates are among them, without units of their own.
    pub applications: BTreeMap<String, ApplicationStatus>,
    /// What is consumed of other models' offers, by name.
    #[serde(rename = "application-endpoints", skip_serializing_if = "BTreeMap::is_empty")]
    pub remote_applications: BTreeMap<String, RemoteApplicationStatus>,
    /// What is offered to other models, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub offers: BTreeMap<String, OfferStatus>,
    /// The relations, shown by `--relations` in the table only; [`ApplicationStatus::relations`] has them elsewhere.
    #[serde(skip)]
    pub relations: Vec<RelationStatus>,
    /// The storage: always in JSON and YAML (empty there as `{}`), in the table after `--storage` if there is any.
    #[serde(serialize_with = "though_empty", skip_serializing_if = "Option::is_none")]
    pub storage: Option<CombinedStorage>,
    /// What the controller says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<ControllerStatus>,
}

/// The model that a status is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ModelStatus {
    /// The name without its owner.
    pub name: String,
    /// `iaas`: a model of machines.
    pub r#type: String,
    /// The controller's name.
    pub controller: String,
    /// The cloud's name (`localhost`).
    pub cloud: String,
    /// The cloud's region.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// The model's Juju version.
    pub version: String,
    /// `available`, or why not.
    #[serde(rename = "model-status")]
    pub status: StatusInfo,
    /// `unsupported`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sla: String,
}

/// What the controller says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ControllerStatus {
    /// Its time of day, by [`Clock::time_of_day`](crate::format::Clock::time_of_day).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub timestamp: String,
}

/// One status: a machine's, an agent's, a workload's.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StatusInfo {
    /// The status's name (`active`).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub current: String,
    /// What goes with it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Why a model is not available.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Since when, by [`Clock::since`](crate::format::Clock::since).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub since: String,
    /// The agent's Juju version, in the status of agents only.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Whether it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
}

impl StatusInfo {
    /// A status with its message and time.
    #[must_use]
    pub fn new(current: impl Into<String>, message: impl Into<String>, since: impl Into<String>) -> StatusInfo {
        StatusInfo { current: current.into(), message: message.into(), since: since.into(), ..StatusInfo::default() }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[allow(clippy::struct_field_names, reason = "Juju's names")]
pub struct MachineStatus {
    /// Its agent: `pending`, `started`, `down`, with the agent's version.
    #[serde(rename = "juju-status")]
    pub juju_status: StatusInfo,
    /// Its host name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hostname: String,
    /// The address (or name) to reach it by.
    #[serde(rename = "dns-name", skip_serializing_if = "String::is_empty")]
    pub dns_name: String,
    /// Every address.
    #[serde(rename = "ip-addresses", skip_serializing_if = "Vec::is_empty")]
    pub ip_addresses: Vec<String>,
    /// The cloud's id for it (`juju-8e7bd9-0`), `pending` before it exists.
    #[serde(rename = "instance-id", skip_serializing_if = "String::is_empty")]
    pub instance_id: String,
    /// The cloud's name for it, where that is nicer than the id.
    #[serde(rename = "display-name", skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// The instance: `running` with the message `Running`.
    #[serde(rename = "machine-status")]
    pub machine_status: StatusInfo,
    /// Changes to the instance's profile: `applied`.
    #[serde(rename = "modification-status")]
    pub modification_status: StatusInfo,
    /// Its operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// Its network devices, by name (`eth0`).
    #[serde(rename = "network-interfaces", skip_serializing_if = "BTreeMap::is_empty")]
    pub network_interfaces: BTreeMap<String, NetworkInterface>,
    /// What was asked of the cloud for it (`arch=amd64`).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub constraints: String,
    /// What the cloud gave (`arch=amd64 cores=0 mem=0M virt-type=container`).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hardware: String,
    /// The units on it, as `juju machines` shows them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
    /// What it takes up on this computer, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<usize>,
    /// The size of its disk, in bytes.
    #[serde(rename = "disk-bytes", skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
}

/// A network device of a machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NetworkInterface {
    #[serde(rename = "ip-addresses")]
    pub ip_addresses: Vec<String>,
    /// Its hardware address.
    #[serde(rename = "mac-address")]
    pub mac_address: String,
    /// Where packets for elsewhere go.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub gateway: String,
    /// Its name servers.
    #[serde(rename = "dns-nameservers", skip_serializing_if = "Vec::is_empty")]
    pub dns_nameservers: Vec<String>,
    /// The Juju network space it is in (`alpha`).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub space: String,
    /// Whether it is up.
    #[serde(rename = "is-up")]
    pub is_up: bool,
}

/// An operating system: `ubuntu` on channel `22.04`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Base {
    /// `ubuntu`.
    pub name: String,
    /// `22.04`.
    pub channel: String,
}

impl std::fmt::Display for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.name, self.channel)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ApplicationStatus {
    /// The charm: its URL (`local:tinyproxy-0`) when it came from this computer.
    pub charm: String,
    /// The base that the charm runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// `local`.
    #[serde(rename = "charm-origin")]
    pub charm_origin: String,
    /// The name in the charm's metadata.
    #[serde(rename = "charm-name")]
    pub charm_name: String,
    /// The charm's revision in this model: 0 at first, one more at each refresh.
    #[serde(rename = "charm-rev")]
    pub charm_rev: i64,
    /// The channel the charm came from; none for a local charm.
    #[serde(rename = "charm-channel", skip_serializing_if = "String::is_empty")]
    pub charm_channel: String,
    /// What the charm's `version` file says.
    #[serde(rename = "charm-version", skip_serializing_if = "String::is_empty")]
    pub charm_version: String,
    /// The LXD profile that came with the charm.
    #[serde(rename = "charm-profile", skip_serializing_if = "String::is_empty")]
    pub charm_profile: String,
    /// A newer charm, where the store has one.
    #[serde(rename = "can-upgrade-to", skip_serializing_if = "String::is_empty")]
    pub can_upgrade_to: String,
    /// How many units were asked for, in models of containers.
    #[serde(skip_serializing_if = "is_zero")]
    pub scale: i64,
    /// Its address, in models of containers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Whether it is exposed.
    pub exposed: bool,
    /// Whether it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    /// Its status: the leader's word, or what its units' come to.
    #[serde(rename = "application-status")]
    pub status: StatusInfo,
    /// The other sides, by this side's endpoint.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub relations: BTreeMap<String, Vec<ApplicationRelation>>,
    /// The applications that this subordinate rides on.
    #[serde(rename = "subordinate-to", skip_serializing_if = "Vec::is_empty")]
    pub subordinate_to: Vec<String>,
    /// Its units, by name; a subordinate's are under their principals'.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, UnitStatus>,
    /// The workload's version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The space of each endpoint, and of `""` for all others.
    #[serde(rename = "endpoint-bindings", skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoint_bindings: BTreeMap<String, String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// What is on the other side of one of an application's endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApplicationRelation {
    /// The other application; itself for a peer relation.
    #[serde(rename = "related-application", skip_serializing_if = "String::is_empty")]
    pub related_application: String,
    /// The relation's interface.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub interface: String,
    /// Which units of the two applications it is between.
    pub scope: Scope,
}

/// An application of another model.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RemoteApplicationStatus {
    /// The offer's URL, with its controller.
    pub url: String,
    /// What can be related to, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, RemoteEndpoint>,
    /// Whether it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    /// Its status there.
    #[serde(rename = "application-status")]
    pub status: StatusInfo,
    /// The applications on the other sides, by its endpoint.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub relations: BTreeMap<String, Vec<String>>,
}

/// An endpoint that one model offers and another consumes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RemoteEndpoint {
    /// Its interface.
    pub interface: String,
    /// Its part in a relation.
    pub role: String,
}

/// What is offered to other models.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OfferStatus {
    /// The application.
    pub application: String,
    /// Its charm's URL.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub charm: String,
    /// How many relations there are to it.
    #[serde(rename = "total-connected-count", skip_serializing_if = "none")]
    pub total_connected: usize,
    /// How many of them have units.
    #[serde(rename = "active-connected-count", skip_serializing_if = "none")]
    pub active_connected: usize,
    /// Its endpoints, by name.
    pub endpoints: BTreeMap<String, RemoteEndpoint>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn none(count: &usize) -> bool {
    *count == 0
}

/// One unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct UnitStatus {
    /// What the charm says.
    #[serde(rename = "workload-status")]
    pub workload_status: StatusInfo,
    /// What the agent does: `executing`, `idle`, with the agent's version.
    #[serde(rename = "juju-status")]
    pub juju_status: StatusInfo,
    /// Whether it is the leader.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub leader: bool,
    /// The charm that a unit in the middle of a refresh comes from.
    #[serde(rename = "upgrading-from", skip_serializing_if = "String::is_empty")]
    pub upgrading_from: String,
    /// Its machine's id; none for a subordinate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub machine: String,
    /// Its opened ports (`8000/tcp`, `80-82/tcp`, `icmp`).
    #[serde(rename = "open-ports", skip_serializing_if = "Vec::is_empty")]
    pub open_ports: Vec<String>,
    #[serde(rename = "public-address", skip_serializing_if = "String::is_empty")]
    pub public_address: String,
    /// Its address inside, in models of containers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Subordinate units on it, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub subordinates: BTreeMap<String, UnitStatus>,
}

/// A relation, as a line of `juju status --relations`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelationStatus {
    /// `application:endpoint` of the provider; of both sides for a peer relation.
    pub provider: String,
    /// `application:endpoint` of the requirer.
    pub requirer: String,
    pub interface: String,
    /// `regular`, `peer` or `subordinate`.
    pub kind: String,
    /// `joining`, `joined`, `broken`, `suspended`, `error`.
    pub status: String,
    /// What goes with the status.
    pub message: String,
}
