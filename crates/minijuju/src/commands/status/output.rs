//! The data of `juju status`, with Juju's field names in JSON and YAML.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::commands::offers::output::OfferEndpoint;
use crate::commands::storage::output::CombinedStorage;
use crate::format::serialize_even_if_empty;
use crate::store::Life;
use crate::store::relation::Scope;

/// Everything in `juju status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FullStatus {
    pub model: ModelStatus,
    /// By ID, such as `0`.
    pub machines: BTreeMap<String, MachineStatus>,
    /// By name. Includes subordinates, without their units.
    pub applications: BTreeMap<String, ApplicationStatus>,
    /// Consumed offers of other models, by name.
    #[serde(rename = "application-endpoints", skip_serializing_if = "BTreeMap::is_empty")]
    pub remote_applications: BTreeMap<String, RemoteApplicationStatus>,
    /// Offers to other models, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub offers: BTreeMap<String, OfferStatus>,
    /// For `--relations` in the table. In JSON and YAML, relations are in [`ApplicationStatus::relations`].
    #[serde(skip)]
    pub relations: Vec<RelationStatus>,
    /// Always in JSON and YAML (`{}` if empty). In the table only with `--storage`, and if there is any.
    #[serde(serialize_with = "serialize_even_if_empty", skip_serializing_if = "Option::is_none")]
    pub storage: Option<CombinedStorage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<ControllerStatus>,
}

/// The model.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ModelStatus {
    /// The name without its owner.
    pub name: String,
    /// `iaas`, for machine models.
    pub r#type: String,
    pub controller: String,
    /// Such as `localhost`.
    pub cloud: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    pub version: String,
    /// `available`, or why not.
    #[serde(rename = "model-status")]
    pub status: StatusInfo,
    /// `unsupported`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sla: String,
}

/// The controller.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ControllerStatus {
    /// Its time of day, by [`Clock::time_of_day`](crate::format::Clock::time_of_day).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub timestamp: String,
}

/// The status of a machine, an agent or a workload.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StatusInfo {
    /// Such as `active`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub current: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Why a model is not available.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When it was set, by [`Clock::since`](crate::format::Clock::since).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub since: String,
    /// The agent's version of Juju. Only in the status of agents.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
}

impl StatusInfo {
    #[must_use]
    pub fn new(current: impl Into<String>, message: impl Into<String>, since: impl Into<String>) -> StatusInfo {
        StatusInfo { current: current.into(), message: message.into(), since: since.into(), ..StatusInfo::default() }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[allow(clippy::struct_field_names, reason = "Juju's names")]
pub struct MachineStatus {
    /// The machine's agent: `pending`, `started` or `down`, with the agent's version.
    #[serde(rename = "juju-status")]
    pub juju_status: StatusInfo,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hostname: String,
    /// The address or name to reach it by.
    #[serde(rename = "dns-name", skip_serializing_if = "String::is_empty")]
    pub dns_name: String,
    #[serde(rename = "ip-addresses", skip_serializing_if = "Vec::is_empty")]
    pub ip_addresses: Vec<String>,
    /// The cloud's ID for it (`juju-8e7bd9-0`); `pending` before it exists.
    #[serde(rename = "instance-id", skip_serializing_if = "String::is_empty")]
    pub instance_id: String,
    /// The cloud's name for it, if that is more readable than the ID.
    #[serde(rename = "display-name", skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// The instance: `running`, with the message `Running`.
    #[serde(rename = "machine-status")]
    pub machine_status: StatusInfo,
    /// The status of changes to the instance's profile: `applied`.
    #[serde(rename = "modification-status")]
    pub modification_status: StatusInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// By name, such as `eth0`.
    #[serde(rename = "network-interfaces", skip_serializing_if = "BTreeMap::is_empty")]
    pub network_interfaces: BTreeMap<String, NetworkInterface>,
    /// The requested constraints, such as `arch=amd64`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub constraints: String,
    /// The actual hardware, such as `arch=amd64 cores=0 mem=0M virt-type=container`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hardware: String,
    /// The units on it, for `juju machines`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
    /// The number of its processes, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<usize>,
    /// Its disk usage in bytes, if requested.
    #[serde(rename = "disk-bytes", skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NetworkInterface {
    #[serde(rename = "ip-addresses")]
    pub ip_addresses: Vec<String>,
    #[serde(rename = "mac-address")]
    pub mac_address: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub gateway: String,
    #[serde(rename = "dns-nameservers", skip_serializing_if = "Vec::is_empty")]
    pub dns_nameservers: Vec<String>,
    /// The network space, such as `alpha`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub space: String,
    #[serde(rename = "is-up")]
    pub is_up: bool,
}

/// A base, such as `ubuntu` with channel `22.04`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Base {
    /// Such as `ubuntu`.
    pub name: String,
    /// Such as `22.04`.
    pub channel: String,
}

impl std::fmt::Display for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.name, self.channel)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ApplicationStatus {
    /// The charm's name, or its URL (`local:tinyproxy-0`) for a local charm.
    pub charm: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// `local`.
    #[serde(rename = "charm-origin")]
    pub charm_origin: String,
    /// The name in the charm's metadata.
    #[serde(rename = "charm-name")]
    pub charm_name: String,
    /// The charm's revision in this model: 0 at first, one more after each refresh.
    #[serde(rename = "charm-rev")]
    pub charm_rev: i64,
    /// The charm's channel; empty for a local charm.
    #[serde(rename = "charm-channel", skip_serializing_if = "String::is_empty")]
    pub charm_channel: String,
    /// The content of the charm's `version` file.
    #[serde(rename = "charm-version", skip_serializing_if = "String::is_empty")]
    pub charm_version: String,
    /// The charm's LXD profile.
    #[serde(rename = "charm-profile", skip_serializing_if = "String::is_empty")]
    pub charm_profile: String,
    /// A newer charm in the store.
    #[serde(rename = "can-upgrade-to", skip_serializing_if = "String::is_empty")]
    pub can_upgrade_to: String,
    /// The requested number of units, in container models.
    #[serde(skip_serializing_if = "is_zero")]
    pub scale: i64,
    /// Its address, in container models.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
    pub exposed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    /// As set by the leader, or derived from its units.
    #[serde(rename = "application-status")]
    pub status: StatusInfo,
    /// Related applications, by this side's endpoint.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub relations: BTreeMap<String, Vec<ApplicationRelation>>,
    /// The principal applications of a subordinate.
    #[serde(rename = "subordinate-to", skip_serializing_if = "Vec::is_empty")]
    pub subordinate_to: Vec<String>,
    /// By name. A subordinate's units are listed under their principals.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, UnitStatus>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The space of each endpoint; `""` stands for all others.
    #[serde(rename = "endpoint-bindings", skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoint_bindings: BTreeMap<String, String>,
}

fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

/// A related application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApplicationRelation {
    /// The other application; for a peer relation, this one.
    #[serde(rename = "related-application", skip_serializing_if = "String::is_empty")]
    pub related_application: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub interface: String,
    pub scope: Scope,
}

/// A consumed application of another model.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RemoteApplicationStatus {
    /// The offer's URL, with its controller.
    pub url: String,
    /// By name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, OfferEndpoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    /// Its status in the other model.
    #[serde(rename = "application-status")]
    pub status: StatusInfo,
    /// Related applications, by its endpoint.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub relations: BTreeMap<String, Vec<String>>,
}

/// An offer to other models.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OfferStatus {
    pub application: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub charm: String,
    /// The number of relations to it.
    #[serde(rename = "total-connected-count", skip_serializing_if = "is_zero")]
    pub total_connected: usize,
    /// How many of them have units.
    #[serde(rename = "active-connected-count", skip_serializing_if = "is_zero")]
    pub active_connected: usize,
    /// By name.
    pub endpoints: BTreeMap<String, OfferEndpoint>,
}

/// One unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct UnitStatus {
    /// As set by the charm.
    #[serde(rename = "workload-status")]
    pub workload_status: StatusInfo,
    /// The unit's agent: `executing` or `idle`, with the agent's version.
    #[serde(rename = "juju-status")]
    pub juju_status: StatusInfo,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub leader: bool,
    /// The previous charm, while the unit is being refreshed.
    #[serde(rename = "upgrading-from", skip_serializing_if = "String::is_empty")]
    pub upgrading_from: String,
    /// The machine's ID; empty for a subordinate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub machine: String,
    /// Such as `8000/tcp`, `80-82/tcp` or `icmp`.
    #[serde(rename = "open-ports", skip_serializing_if = "Vec::is_empty")]
    pub open_ports: Vec<String>,
    #[serde(rename = "public-address", skip_serializing_if = "String::is_empty")]
    pub public_address: String,
    /// Its internal address, in container models.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Its subordinate units, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub subordinates: BTreeMap<String, UnitStatus>,
}

/// A line of `juju status --relations`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelationStatus {
    /// `application:endpoint` of the provider. For a peer relation, of both sides.
    pub provider: String,
    /// `application:endpoint` of the requirer.
    pub requirer: String,
    pub interface: String,
    /// `regular`, `peer` or `subordinate`.
    pub kind: String,
    /// `joining`, `joined`, `broken`, `suspended`, `error`.
    pub status: String,
    pub message: String,
}
