//! Open ports.

use super::{Scene, listed};
use emulator::OpenedPort;

pub(super) fn check(scene: &Scene<'_>, wrong: &mut Vec<String>) {
    let ports: Vec<OpenedPort> = scene.state.all_opened_ports().into_iter().collect();
    for (index, OpenedPort { port, endpoint }) in ports.iter().enumerate() {
        if port.bounds().is_some_and(|(from, to)| from > to) {
            wrong.push(format!("{port} cannot be open: a range goes from its first port to its last"));
        }
        if !endpoint.is_empty() && !scene.meta.relations.contains_key(endpoint) {
            let known = listed(scene.meta.relations.keys());
            wrong.push(format!("{port} is open for {endpoint:?}, which is not an endpoint in the metadata: {known}"));
        }
        for OpenedPort { port: other, .. } in &ports[..index] {
            if port.overlaps(other) && port != other {
                wrong.push(format!("{other} and {port} overlap: Juju refuses to open the second"));
            }
        }
    }
}
