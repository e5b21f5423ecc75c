//! `network-get`.

use serde::{Deserialize, Serialize};

use super::{Command, Result, Runner};

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
