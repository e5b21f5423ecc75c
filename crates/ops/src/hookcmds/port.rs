//! `open-port`, `close-port` and `opened-ports`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Command, Error, Result, Runner};

/// A port, a range of ports, or ICMP, which Juju can open for an exposed application. Charms and tests use the same
/// type.
#[doc(alias("TCPPort", "UDPPort", "ICMPPort", "OpenedPort"))]
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Port {
    /// ICMP, which has no ports.
    Icmp,
    /// TCP ports: the first and the last.
    Tcp(u16, u16),
    /// UDP ports: the first and the last.
    Udp(u16, u16),
}

impl Port {
    /// One TCP port.
    #[must_use]
    pub fn tcp(port: u16) -> Self {
        Self::Tcp(port, port)
    }

    /// One UDP port.
    #[must_use]
    pub fn udp(port: u16) -> Self {
        Self::Udp(port, port)
    }

    /// A range of TCP ports.
    #[must_use]
    pub fn tcp_range(ports: RangeInclusive<u16>) -> Self {
        Self::Tcp(*ports.start(), *ports.end())
    }

    /// A range of UDP ports.
    #[must_use]
    pub fn udp_range(ports: RangeInclusive<u16>) -> Self {
        Self::Udp(*ports.start(), *ports.end())
    }

    /// ICMP.
    #[must_use]
    pub fn icmp() -> Self {
        Self::Icmp
    }

    /// The protocol, by Juju's word for it: `tcp`, `udp` or `icmp`.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        match self {
            Self::Icmp => "icmp",
            Self::Tcp(..) => "tcp",
            Self::Udp(..) => "udp",
        }
    }

    /// The first and the last port; `None` for ICMP.
    #[must_use]
    pub fn bounds(&self) -> Option<(u16, u16)> {
        match *self {
            Self::Icmp => None,
            Self::Tcp(from, to) | Self::Udp(from, to) => Some((from, to)),
        }
    }

    /// Whether the ranges share a port. Juju does not open overlapping ranges.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Icmp, Self::Icmp) => true,
            (Self::Tcp(from, to), Self::Tcp(start, end)) | (Self::Udp(from, to), Self::Udp(start, end)) => {
                to >= start && end >= from
            }
            (Self::Icmp | Self::Tcp(..) | Self::Udp(..), _) => false,
        }
    }
}

/// Formatted as in Juju: `8000/tcp`, `8000-8010/udp`, `icmp`.
impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = self.protocol();
        let Some((from, to)) = self.bounds() else { return f.write_str(protocol) };
        if from == to { write!(f, "{from}/{protocol}") } else { write!(f, "{from}-{to}/{protocol}") }
    }
}

/// A text is not a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a port such as 8000/tcp, 8000-8010/udp or icmp")]
pub struct InvalidPort(String);

impl FromStr for Port {
    type Err = InvalidPort;

    fn from_str(text: &str) -> std::result::Result<Self, InvalidPort> {
        let invalid = || InvalidPort(text.to_owned());
        if text == "icmp" {
            return Ok(Self::Icmp);
        }
        let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let (from, to) = ports.split_once('-').unwrap_or((ports, ports));
        let number = |port: &str| port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(invalid);
        let (from, to) = (number(from)?, number(to)?);
        match protocol {
            _ if to < from => Err(invalid()),
            "tcp" => Ok(Self::Tcp(from, to)),
            "udp" => Ok(Self::Udp(from, to)),
            _ => Err(invalid()),
        }
    }
}

impl From<Port> for String {
    fn from(port: Port) -> Self {
        port.to_string()
    }
}

impl TryFrom<String> for Port {
    type Error = InvalidPort;

    fn try_from(text: String) -> std::result::Result<Self, InvalidPort> {
        text.parse()
    }
}

fn port_command(name: &'static str, port: Port, endpoints: &[&str]) -> Command {
    let command = Command::new(name);
    let command =
        if endpoints.is_empty() { command } else { command.args(["--endpoints".to_owned(), endpoints.join(",")]) };
    command.arg(port.to_string())
}

/// `open-port`: for all endpoints, or for those named.
pub fn open_port(runner: &dyn Runner, port: Port, endpoints: &[&str]) -> Result<()> {
    port_command("open-port", port, endpoints).run(runner)
}

/// `close-port`: for all endpoints, or for those named.
pub fn close_port(runner: &dyn Runner, port: Port, endpoints: &[&str]) -> Result<()> {
    port_command("close-port", port, endpoints).run(runner)
}

/// `opened-ports`: the ports that this unit has opened.
pub fn opened_ports(runner: &dyn Runner) -> Result<Vec<Port>> {
    let command = Command::new("opened-ports").arg("--format=json");
    let command_line = command.to_string();
    let ports: Vec<String> = command.json(runner)?;
    ports
        .iter()
        .map(|port| {
            port.parse().map_err(|error: InvalidPort| Error::Output {
                command: command_line.clone(),
                reason: error.to_string().into(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_overlap_if_they_share_a_port_of_one_protocol() {
        let range = Port::tcp_range(80..=90);
        for (other, overlaps) in [
            (Port::tcp(80), true),
            (Port::tcp(90), true),
            (Port::tcp_range(1..=100), true),
            (Port::tcp(91), false),
            (Port::udp(85), false),
            (Port::icmp(), false),
        ] {
            assert_eq!((range.overlaps(&other), other.overlaps(&range)), (overlaps, overlaps), "{other}");
        }
        assert!(Port::icmp().overlaps(&Port::icmp()));
    }

    #[test]
    fn ports_are_written_as_juju_writes_them() {
        for (port, text) in [(Port::tcp(8000), "8000/tcp"), (Port::Udp(1, 65535), "1-65535/udp"), (Port::Icmp, "icmp")]
        {
            assert_eq!(port.to_string(), text);
            assert_eq!(text.parse(), Ok(port));
        }
        assert_eq!("80".parse(), Ok(Port::tcp(80)));
        assert_eq!(Port::udp_range(1..=9), Port::Udp(1, 9));
        for wrong in ["0/tcp", "65536", "9-8/tcp", "80/sctp", "", "http"] {
            assert_eq!(wrong.parse::<Port>(), Err(InvalidPort(wrong.to_owned())));
        }
    }
}
