//! Ports that a unit has opened.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// A transport protocol that Juju opens ports for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// ICMP, which knows no ports.
    Icmp,
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// The word that Juju uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Icmp => "icmp",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// An open port or a range of ports, for all endpoints or for one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[doc(alias("TCPPort", "UDPPort", "ICMPPort"))]
pub struct Port {
    /// The protocol.
    pub protocol: Protocol,
    /// The first port; -1 for ICMP.
    pub from: i32,
    /// The last port; -1 for ICMP.
    pub to: i32,
    /// The endpoint that it is open for; empty for all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
}

impl Port {
    /// A TCP port.
    #[must_use]
    pub fn tcp(port: u16) -> Self {
        Self::range(Protocol::Tcp, port..=port)
    }

    /// A UDP port.
    #[must_use]
    pub fn udp(port: u16) -> Self {
        Self::range(Protocol::Udp, port..=port)
    }

    /// ICMP.
    #[must_use]
    pub fn icmp() -> Self {
        Self { protocol: Protocol::Icmp, from: -1, to: -1, endpoint: String::new() }
    }

    /// A range of TCP ports.
    #[must_use]
    pub fn tcp_range(ports: RangeInclusive<u16>) -> Self {
        Self::range(Protocol::Tcp, ports)
    }

    /// A range of UDP ports.
    #[must_use]
    pub fn udp_range(ports: RangeInclusive<u16>) -> Self {
        Self::range(Protocol::Udp, ports)
    }

    fn range(protocol: Protocol, ports: RangeInclusive<u16>) -> Self {
        Self { protocol, from: i32::from(*ports.start()), to: i32::from(*ports.end()), endpoint: String::new() }
    }

    /// Open for one endpoint only.
    #[must_use]
    pub fn on_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// Whether both are the same ports and protocol, whatever the endpoints.
    #[must_use]
    pub fn same_range(&self, other: &Self) -> bool {
        (self.protocol, self.from, self.to) == (other.protocol, other.from, other.to)
    }

    /// Whether they share a port.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.protocol == other.protocol && self.to >= other.from && other.to >= self.from
    }
}

/// As `opened-ports` shows it: `80/tcp`, `8000-8010/udp`, `icmp`. The endpoint is left out.
impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = self.protocol.as_str();
        match self.protocol {
            Protocol::Icmp => f.write_str(protocol),
            _ if self.from == self.to => write!(f, "{}/{protocol}", self.from),
            _ => write!(f, "{}-{}/{protocol}", self.from, self.to),
        }
    }
}
