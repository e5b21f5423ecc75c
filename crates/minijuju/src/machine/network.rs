//! The machines' network: a bridge on this computer, with a way out through it.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::record::{Record, read_json, write_json};
use super::tool::Tool;
use super::{Error, Result};

const FORWARD: &str = "/proc/sys/net/ipv4/ip_forward";

/// What `ip_forward` was before the first bridge of any data folder, for the last one to put back. Both forget it with a
/// reboot.
const FORWARD_WAS: &str = "/run/minijuju/ip_forward";

/// Bridges of all data folders begin so.
const BRIDGE: &str = "mjbr-";

/// The network of one data folder's machines. Its names come from the folder's path, so that two folders do not meet.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// Where its address is kept.
    file: PathBuf,
    tag: String,
}

/// The first three numbers of the machines' addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Subnet {
    second: u8,
    third: u8,
}

impl Subnet {
    pub(super) const fn host(self, number: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, self.second, self.third, number)
    }

    pub(super) const fn gateway(self) -> Ipv4Addr {
        self.host(1)
    }

    /// Whether a route's destination, as `ip route` prints it, reaches into it.
    fn meets(self, destination: &str) -> bool {
        let (address, prefix) = destination.split_once('/').unwrap_or((destination, "32"));
        let (Ok(address), Ok(prefix)) = (address.parse::<Ipv4Addr>(), prefix.parse::<u32>()) else { return false };
        // A default route goes everywhere, and every other route goes before it.
        let Some(mask) = (prefix > 0).then(|| u32::MAX << (32 - prefix.min(24))) else { return false };
        address.to_bits() & mask == self.host(0).to_bits() & mask
    }
}

impl Network {
    pub(super) fn new(data: &Path) -> Self {
        let mut hasher = DefaultHasher::new();
        data.hash(&mut hasher);
        Self { file: data.join("network.json"), tag: format!("{:06x}", hasher.finish() & 0x00ff_ffff) }
    }

    fn bridge(&self) -> String {
        format!("{BRIDGE}{}", self.tag)
    }

    fn table(&self) -> String {
        format!("minijuju_{}", self.tag)
    }

    /// The name of the host's end of a machine's cable. Names of network devices have at most 15 bytes.
    pub(super) fn interface(&self, number: u8) -> String {
        format!("mj{}-{number}", self.tag)
    }

    /// Make what is missing of the network. Repeated, it changes nothing that works.
    ///
    /// The rules are given anew each time, because a firewall that is loaded again flushes them.
    pub(super) fn ensure(&self) -> Result<Subnet> {
        let bridge = self.bridge();
        let known = read_json::<Subnet>(&self.file)?;
        // The bridge is set up last: where it is up, all before it was done.
        let subnet = match known {
            Some(subnet) if is_up(&bridge) => subnet,
            _ => {
                self.remove_bridge()?;
                let subnet = self.choose(known)?;
                write_json(&self.file, &subnet)?;
                ip(
                    "make the machines' bridge",
                    &format!(
                        "link add {bridge} type bridge\naddr add {}/24 dev {bridge}\nlink set {bridge} up\n",
                        subnet.gateway()
                    ),
                )?;
                subnet
            }
        };
        self.ensure_rules(subnet)?;
        forward()?;
        Ok(subnet)
    }

    /// Addresses that leave through this computer take its own, as in a home's router.
    fn ensure_rules(&self, subnet: Subnet) -> Result<()> {
        let (table, network) = (self.table(), format!("{}/24", subnet.host(0)));
        let rules = format!(
            "table ip {table} {{}}\n\
             delete table ip {table}\n\
             table ip {table} {{\n\
             chain postrouting {{\n\
             type nat hook postrouting priority srcnat;\n\
             ip saddr {network} ip daddr != {network} masquerade\n\
             }}\n}}\n"
        );
        Tool::Nft.run(Path::new("/"), &["-f", "-"], &rules, "let machines reach the network")?;
        Ok(())
    }

    /// The network of last time if it is still free, else the first free one.
    fn choose(&self, known: Option<Subnet>) -> Result<Subnet> {
        let routes = Tool::Ip.run(
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
                // "local 10.0.0.1 dev lo …", "broadcast …", "unreachable …": the address comes second.
                if first.starts_with(|letter: char| letter.is_ascii_digit()) { Some(first) } else { words.next() }
            })
            .collect();
        let seed = u8::from_str_radix(&self.tag[..2], 16).unwrap_or_default();
        let tries = (0..=255u8).map(|step| Subnet { second: 190, third: seed.wrapping_add(step) });
        let more = (0..=255u8).map(|step| Subnet { second: seed.wrapping_add(step), third: 111 });
        known
            .into_iter()
            .chain(tries)
            .chain(more)
            .find(|subnet| !used.iter().any(|route| subnet.meets(route)))
            .ok_or(Error::NoFreeNetwork)
    }

    /// Plug a machine into the bridge; `pid` is its first process.
    pub(super) fn plug(&self, record: &Record, pid: u32) -> Result<()> {
        let (bridge, interface) = (self.bridge(), &record.interface);
        let doing = format!("plug machine {} into the network", record.id);
        unplug(interface)?;
        ip(
            &doing,
            &format!(
                "link add {interface} type veth peer name eth0 netns {pid}\nlink set {interface} master {bridge} up\n"
            ),
        )?;
        let ip = Tool::Ip.find()?;
        let inside = format!(
            "link set lo up\naddr add {}/24 dev eth0\nlink set eth0 up\nroute add default via {}\n",
            record.address, record.gateway
        );
        let target = pid.to_string();
        let args = ["--target", &target, "--net", &ip.to_string_lossy(), "-batch", "-"];
        Tool::Nsenter.run(Path::new("/"), &args, &inside, &doing)?;
        Ok(())
    }

    /// Whether anything of it is there.
    pub(super) fn exists(&self) -> bool {
        exists(&self.bridge()) || self.file.exists()
    }

    /// Take it all away, also halves of it.
    pub(super) fn remove(&self) -> Result<()> {
        for interface in interfaces().filter(|name| name.starts_with(&format!("mj{}-", self.tag))) {
            unplug(&interface)?;
        }
        let table = self.table();
        // Declared before it is deleted, so that deleting it cannot fail where it is not there.
        let rules = format!("table ip {table} {{}}\ndelete table ip {table}\n");
        Tool::Nft.run(Path::new("/"), &["-f", "-"], &rules, "remove the machines' network rules")?;
        self.remove_bridge()?;
        stop_forward()?;
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", &self.file)(error)),
            _ => Ok(()),
        }
    }

    fn remove_bridge(&self) -> Result<()> {
        let bridge = self.bridge();
        if exists(&bridge) {
            ip("remove the machines' bridge", &format!("link del {bridge}\n"))?;
        }
        Ok(())
    }

    /// What stands in the machines' way out, for a person to mend.
    ///
    /// A rule of ours that accepts cannot help: each table of nftables may drop a packet, whatever another one said.
    pub(super) fn note(&self) -> Option<String> {
        let args = ["list", "chain", "ip", "filter", "FORWARD"];
        // No such chain: nothing in the way. Other failures say nothing about it either.
        let chain = Tool::Nft.run(Path::new("/"), &args, "", "read the firewall").ok()?;
        let bridge = self.bridge();
        (chain.contains("policy drop") && !chain.contains(&bridge)).then(|| {
            format!(
                "this computer's firewall (Docker's or ufw's) drops what machines send out; let it pass with `iptables -I \
                 FORWARD -i {bridge} -j ACCEPT; iptables -I FORWARD -o {bridge} -j ACCEPT`"
            )
        })
    }
}

/// Remove the host's end of a cable, which removes the machine's end too.
pub(super) fn unplug(interface: &str) -> Result<()> {
    if exists(interface) {
        ip("unplug a machine", &format!("link del {interface}\n"))?;
    }
    Ok(())
}

fn ip(doing: &str, batch: &str) -> Result<()> {
    Tool::Ip.run(Path::new("/"), &["-batch", "-"], batch, doing)?;
    Ok(())
}

fn exists(interface: &str) -> bool {
    Path::new("/sys/class/net").join(interface).exists()
}

fn interfaces() -> impl Iterator<Item = String> {
    fs::read_dir("/sys/class/net")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
}

/// Whether the device is set up (`IFF_UP`, the lowest bit of its flags).
fn is_up(interface: &str) -> bool {
    fs::read_to_string(format!("/sys/class/net/{interface}/flags"))
        .ok()
        .and_then(|flags| u32::from_str_radix(flags.trim().trim_start_matches("0x"), 16).ok())
        .is_some_and(|flags| flags & 1 == 1)
}

/// Let this computer pass packets on, and remember what it did before.
fn forward() -> Result<()> {
    let now = fs::read_to_string(FORWARD).map_err(Error::file("read", FORWARD))?;
    if now.trim() == "1" {
        return Ok(());
    }
    fs::write(FORWARD_WAS, now.trim()).map_err(Error::file("write", FORWARD_WAS))?;
    fs::write(FORWARD, "1").map_err(Error::file("write", FORWARD))
}

/// Undo [`forward`], unless another data folder's machines still need it.
fn stop_forward() -> Result<()> {
    if interfaces().any(|name| name.starts_with(BRIDGE)) {
        return Ok(());
    }
    let Ok(was) = fs::read_to_string(FORWARD_WAS) else { return Ok(()) };
    fs::write(FORWARD, was).map_err(Error::file("write", FORWARD))?;
    fs::remove_file(FORWARD_WAS).map_err(Error::file("remove", FORWARD_WAS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBNET: Subnet = Subnet { second: 190, third: 7 };

    #[test]
    fn routes_into_the_subnet_are_seen() {
        for route in ["10.190.7.0/24", "10.190.7.9", "10.190.7.128/25", "10.0.0.0/8", "10.190.0.0/16"] {
            assert!(SUBNET.meets(route), "{route}");
        }
    }

    #[test]
    fn other_routes_are_not_in_the_way() {
        for route in ["default", "0.0.0.0/0", "10.190.8.0/24", "10.191.0.0/16", "192.0.2.0/24", "10.190.8.7", "lo"] {
            assert!(!SUBNET.meets(route), "{route}");
        }
    }

    #[test]
    fn names_of_devices_fit_and_differ_by_data_folder() {
        let (one, two) = (Network::new(Path::new("/a")), Network::new(Path::new("/b")));
        assert!(one.bridge().len() <= 15 && one.interface(254).len() <= 15);
        assert_ne!(one.bridge(), two.bridge());
        assert_ne!(one.interface(2), two.interface(2));
        assert!(!one.interface(2).starts_with(BRIDGE));
    }
}
