//! Open ports.

use super::{Scene, listed};
use emulator::{Port, Protocol};

pub(super) fn check(scene: &Scene<'_>, wrong: &mut Vec<String>) {
    let ports: Vec<&Port> = scene.state.opened_ports.iter().collect();
    for (index, port) in ports.iter().enumerate() {
        let in_range = match port.protocol {
            Protocol::Icmp => port.from == -1 && port.to == -1,
            _ => 0 <= port.from && port.from <= port.to && port.to <= 65_535,
        };
        if !in_range {
            wrong.push(format!("{port} cannot be open: make ports with Port::tcp, udp, icmp, tcp_range or udp_range"));
        }
        if !port.endpoint.is_empty() && !scene.meta.relations.contains_key(&port.endpoint) {
            let known = listed(scene.meta.relations.keys());
            wrong
                .push(format!("{port} is open for {:?}, which is no endpoint of the metadata: {known}", port.endpoint));
        }
        for other in &ports[..index] {
            if port.overlaps(other) && !port.same_range(other) {
                wrong.push(format!("{other} and {port} overlap: Juju refuses to open the second"));
            }
        }
    }
}
