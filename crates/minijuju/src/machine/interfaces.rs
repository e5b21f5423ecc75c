//! Network interfaces of this computer, from `/sys/class/net`.

use std::fs;
use std::path::Path;

/// Prefix of every bridge of machines, for all data folders.
pub(super) const BRIDGE_PREFIX: &str = "mjbr-";

pub(super) fn exists(interface: &str) -> bool {
    Path::new("/sys/class/net").join(interface).exists()
}

pub(super) fn names() -> impl Iterator<Item = String> {
    fs::read_dir("/sys/class/net")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
}

/// Whether an interface is up and attached to the bridge.
pub(super) fn is_attached(interface: &str, bridge: &str) -> bool {
    let master = fs::read_link(format!("/sys/class/net/{interface}/master"));
    is_up(interface) && master.is_ok_and(|master| master.file_name().is_some_and(|name| name == bridge))
}

/// Whether an interface is up (`IFF_UP`, the lowest bit of its flags).
pub(super) fn is_up(interface: &str) -> bool {
    fs::read_to_string(format!("/sys/class/net/{interface}/flags"))
        .ok()
        .and_then(|flags| u32::from_str_radix(flags.trim().trim_start_matches("0x"), 16).ok())
        .is_some_and(|flags| flags & 1 == 1)
}

/// The MTU of this computer's default route. Larger packets would get lost on the way back to a machine.
pub(super) fn default_route_mtu() -> u32 {
    let routes = fs::read_to_string("/proc/net/route").unwrap_or_default();
    default_device(&routes)
        .and_then(|device| fs::read_to_string(format!("/sys/class/net/{device}/mtu")).ok()?.trim().parse().ok())
        .map_or(1500, |mtu: u32| mtu.clamp(576, 1500))
}

/// The device of the first line whose destination is 0.0.0.0.
fn default_device(routes: &str) -> Option<&str> {
    routes.lines().find_map(|line| {
        let mut fields = line.split_whitespace();
        let device = fields.next()?;
        (fields.next()? == "00000000").then_some(device)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_route_s_device_is_found() {
        let routes = "Iface\tDestination\tGateway\neth1\t000200C0\t00000000\nwlan0\t00000000\t010200C0\n";
        assert_eq!(default_device(routes), Some("wlan0"));
        assert_eq!(default_device("Iface\tDestination\n"), None);
    }
}
