//! Networks.

use serde::{Deserialize, Serialize};

/// An address of a network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The IP address.
    pub value: String,
    /// A host name for it.
    #[serde(default)]
    pub hostname: String,
    /// The subnet that it is in.
    #[serde(default)]
    pub cidr: String,
}

impl Address {
    /// The address `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::default() }
    }
}

/// A network interface with its addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BindAddress {
    /// Its addresses.
    pub addresses: Vec<Address>,
    /// Its name.
    #[serde(default)]
    pub interface_name: String,
    /// Its hardware address.
    #[serde(default)]
    pub mac_address: String,
}

/// What `network-get` says of one endpoint or extra binding.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Network {
    /// The endpoint or extra binding; empty for the network of all that have none of their own.
    pub binding_name: String,
    /// Interfaces to listen on.
    pub bind_addresses: Vec<BindAddress>,
    /// Addresses that others reach this unit at.
    pub ingress_addresses: Vec<String>,
    /// Subnets that others see this unit's connections come from.
    pub egress_subnets: Vec<String>,
}

impl Network {
    /// A network with one address, 192.0.2.0, which is set aside for documentation.
    pub fn new(binding_name: impl Into<String>) -> Self {
        Self::with_address(binding_name, "192.0.2.0").egress_subnets(["192.0.2.0/24"])
    }

    /// A network with one interface that has one address.
    pub fn with_address(binding_name: impl Into<String>, address: impl Into<String>) -> Self {
        let address = address.into();
        Self {
            binding_name: binding_name.into(),
            ingress_addresses: vec![address.clone()],
            egress_subnets: Vec::new(),
            bind_addresses: vec![BindAddress { addresses: vec![Address::new(address)], ..BindAddress::default() }],
        }
    }

    /// With these interfaces.
    #[must_use]
    pub fn bind_addresses(mut self, addresses: impl IntoIterator<Item = BindAddress>) -> Self {
        self.bind_addresses = addresses.into_iter().collect();
        self
    }

    /// With these addresses for others.
    #[must_use]
    pub fn ingress_addresses<A: Into<String>>(mut self, addresses: impl IntoIterator<Item = A>) -> Self {
        self.ingress_addresses = addresses.into_iter().map(Into::into).collect();
        self
    }

    /// With these subnets of outgoing connections.
    #[must_use]
    pub fn egress_subnets<S: Into<String>>(mut self, subnets: impl IntoIterator<Item = S>) -> Self {
        self.egress_subnets = subnets.into_iter().map(Into::into).collect();
        self
    }
}
