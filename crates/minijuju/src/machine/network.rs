//! The machines' network: a bridge on this computer that routes to the outside.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::ignore_missing;
use super::host_program::HostProgram;
use super::interfaces::{self, BRIDGE_PREFIX, default_route_mtu, exists, is_attached, is_up};
use super::lock::Lock;
use super::record::{Record, read_json, write_json};
use super::{Error, Result, firewall};

/// The network of one data folder's machines. Its names derive from the folder's path, so that two folders do not
/// collide.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// The file that keeps its subnet.
    file: PathBuf,
    tag: String,
}

/// The first three bytes of the machines' addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Subnet {
    second: u8,
    third: u8,
}

impl Subnet {
    /// The address with this last byte.
    pub(super) const fn address(self, number: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, self.second, self.third, number)
    }

    pub(super) const fn gateway(self) -> Ipv4Addr {
        self.address(1)
    }

    /// Whether a route's destination, as `ip route` prints it, overlaps with the subnet.
    fn overlaps(self, destination: &str) -> bool {
        let (address, prefix) = destination.split_once('/').unwrap_or((destination, "32"));
        let (Ok(address), Ok(prefix)) = (address.parse::<Ipv4Addr>(), prefix.parse::<u32>()) else { return false };
        // A default route covers everything, but more specific routes take precedence.
        let Some(mask) = (prefix > 0).then(|| u32::MAX << (32 - prefix.min(24))) else { return false };
        address.to_bits() & mask == self.address(0).to_bits() & mask
    }
}

impl Network {
    pub(super) fn new(data: &Path) -> Self {
        // FNV-1a: stable across compiler versions, unlike the standard library's hash.
        let bytes = data.as_os_str().as_encoded_bytes().iter();
        let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        Self { file: data.join("network.json"), tag: format!("{:06x}", (hash >> 24) ^ (hash & 0x00ff_ffff)) }
    }

    /// Six hexadecimal digits that identify the data folder.
    pub(super) fn tag(&self) -> &str {
        &self.tag
    }

    fn bridge(&self) -> String {
        format!("{BRIDGE_PREFIX}{}", self.tag)
    }

    /// The MAC address of a machine, or of the bridge for number 1. Addresses that the kernel chooses change: the
    /// bridge's with each machine, and that of an IP address with each machine that gets it. A program that remembers
    /// the old one would reach nobody for seconds. The first byte marks the address as locally administered.
    pub(super) fn mac_address(&self, number: u8) -> String {
        format!("02:6d:{}:{}:{}:{number:02x}", &self.tag[..2], &self.tag[2..4], &self.tag[4..])
    }

    fn table(&self) -> String {
        format!("minijuju_{}", self.tag)
    }

    /// The name of the host's end of a machine's veth pair. Linux limits names of network devices to 15 bytes.
    pub(super) fn interface(&self, number: u8) -> String {
        format!("mj{}-{number}", self.tag)
    }

    /// Create what is missing of the network, and change nothing else. Returns a warning if the user must do something.
    pub(super) fn ensure(&self, lock: &Lock) -> Result<(Subnet, Option<String>)> {
        let bridge = self.bridge();
        let previous = read_json::<Subnet>(&self.file)?;
        let subnet = match previous {
            Some(subnet) if is_up(&bridge) => subnet,
            _ => {
                // The file is written last: if it and the bridge exist, all else was done.
                self.remove_subnet_file()?;
                self.remove_bridge(lock)?;
                let subnet = self.choose_subnet(previous)?;
                let gateway = subnet.gateway();
                ip(
                    lock,
                    "make the machines' bridge",
                    &format!(
                        "link add {bridge} address {} type bridge\naddr add {gateway}/24 dev {bridge}\n\
                         link set {bridge} up\n",
                        self.mac_address(1)
                    ),
                )?;
                write_json(&self.file, &subnet)?;
                subnet
            }
        };
        let warning = firewall::open(lock, &self.table(), &bridge, &format!("{}/24", subnet.address(0)))?;
        Ok((subnet, warning))
    }

    /// The previous subnet if it is still free, else the first free one.
    fn choose_subnet(&self, previous: Option<Subnet>) -> Result<Subnet> {
        let routes = HostProgram::Ip.run(
            Path::new("/"),
            &["-4", "route", "show", "table", "all"],
            "",
            "see which networks are in use",
        )?;
        let used: Vec<&str> = routes
            .lines()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                let first = words.next()?;
                // "local 10.0.0.1 dev lo …", "broadcast …", "unreachable …": the address is the second word.
                if first.starts_with(|letter: char| letter.is_ascii_digit()) { Some(first) } else { words.next() }
            })
            .collect();
        let seed = u8::from_str_radix(&self.tag[..2], 16).unwrap_or_default();
        let candidates = (0..=255u8).map(|step| Subnet { second: 190, third: seed.wrapping_add(step) });
        let more_candidates = (0..=255u8).map(|step| Subnet { second: seed.wrapping_add(step), third: 111 });
        previous
            .into_iter()
            .chain(candidates)
            .chain(more_candidates)
            .find(|subnet| !used.iter().any(|route| subnet.overlaps(route)))
            .ok_or(Error::NoFreeNetwork)
    }

    /// Connect a machine to the bridge; `pid` is its init process.
    pub(super) fn attach(&self, lock: &Lock, record: &Record, pid: u32) -> Result<()> {
        let (bridge, interface) = (self.bridge(), &record.interface);
        let operation = format!("plug machine {} into the network", record.id);
        detach(lock, interface)?;
        ip(
            lock,
            &operation,
            &format!(
                "link add {interface} type veth peer name eth0 address {} netns {pid}\n\
                 link set {interface} master {bridge} up\n",
                self.mac_address(record.number)
            ),
        )?;
        let ip = HostProgram::Ip.find()?;
        let inside = format!(
            "link set lo up\naddr add {}/24 dev eth0\nlink set eth0 mtu {} up\nroute add default via {}\n",
            record.address,
            default_route_mtu(),
            record.gateway
        );
        let target = pid.to_string();
        let args = ["--target", &target, "--net", &ip.to_string_lossy(), "-batch", "-"];
        HostProgram::Nsenter.run_locked(lock, &args, &inside, &operation)
    }

    /// Whether the network is as [`ensure`](Self::ensure) made it, and these machines are connected.
    pub(super) fn is_intact<'a>(&self, mut machines: impl Iterator<Item = &'a Record>) -> bool {
        let bridge = self.bridge();
        is_up(&bridge)
            && machines.all(|record| is_attached(&record.interface, &bridge))
            && firewall::is_open(&self.table(), &bridge)
    }

    /// Reconnect a machine whose veth pair is gone or detached; `pid` is its init process.
    pub(super) fn reattach(&self, lock: &Lock, record: &Record, pid: u32) -> Result<()> {
        let (bridge, interface) = (self.bridge(), &record.interface);
        if is_attached(interface, &bridge) {
            return Ok(());
        }
        if exists(interface) {
            return ip(lock, "plug a machine in again", &format!("link set {interface} master {bridge} up\n"));
        }
        self.attach(lock, record, pid)
    }

    /// Whether any part of it exists.
    pub(super) fn exists(&self) -> bool {
        exists(&self.bridge()) || self.file.exists()
    }

    /// Remove the network, complete or not.
    pub(super) fn remove(&self, lock: &Lock) -> Result<()> {
        for interface in interfaces::names().filter(|name| name.starts_with(&format!("mj{}-", self.tag))) {
            detach(lock, &interface)?;
        }
        self.remove_bridge(lock)?;
        firewall::close(lock, &self.table(), &self.bridge())?;
        self.remove_subnet_file()
    }

    fn remove_subnet_file(&self) -> Result<()> {
        fs::remove_file(&self.file).or_else(ignore_missing).map_err(Error::file("remove", &self.file))
    }

    fn remove_bridge(&self, lock: &Lock) -> Result<()> {
        let bridge = self.bridge();
        if exists(&bridge) {
            ip(lock, "remove the machines' bridge", &format!("link del {bridge}\n"))?;
        }
        Ok(())
    }
}

/// Remove the host's end of a veth pair, and the machine's end with it.
pub(super) fn detach(lock: &Lock, interface: &str) -> Result<()> {
    if !exists(interface) {
        return Ok(());
    }
    // The kernel may have removed it already, if its machine has just ended.
    ip(lock, "unplug a machine", &format!("link del {interface}\n"))
        .or_else(|error| if exists(interface) { Err(error) } else { Ok(()) })
}

fn ip(lock: &Lock, operation: &str, batch: &str) -> Result<()> {
    HostProgram::Ip.run_locked(lock, &["-batch", "-"], batch, operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBNET: Subnet = Subnet { second: 190, third: 7 };

    #[test]
    fn routes_into_the_subnet_overlap_with_it() {
        for route in ["10.190.7.0/24", "10.190.7.9", "10.190.7.128/25", "10.0.0.0/8", "10.190.0.0/16"] {
            assert!(SUBNET.overlaps(route), "{route}");
        }
    }

    #[test]
    fn other_routes_do_not_overlap_with_the_subnet() {
        for route in ["default", "0.0.0.0/0", "10.190.8.0/24", "10.191.0.0/16", "192.0.2.0/24", "10.190.8.7", "lo"] {
            assert!(!SUBNET.overlaps(route), "{route}");
        }
    }

    #[test]
    fn names_of_devices_fit_and_differ_by_data_folder() {
        let (one, two) = (Network::new(Path::new("/a")), Network::new(Path::new("/b")));
        assert!(one.bridge().len() <= 15 && one.interface(254).len() <= 15);
        assert_ne!(one.bridge(), two.bridge());
        assert_ne!(one.interface(2), two.interface(2));
        assert!(!one.interface(2).starts_with(BRIDGE_PREFIX));
    }
}
