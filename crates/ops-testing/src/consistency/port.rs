//! Open ports.

use super::{Scenario, listed};
use emulator::OpenedPort;

pub(super) fn check(scenario: &Scenario<'_>, problems: &mut Vec<String>) {
    let ports: Vec<OpenedPort> = scenario.state.all_opened_ports().into_iter().collect();
    for (index, OpenedPort { port, endpoint }) in ports.iter().enumerate() {
        if port.bounds().is_some_and(|(from, to)| from > to) {
            problems.push(format!("{port} cannot be open: a range goes from its first port to its last"));
        }
        if !endpoint.is_empty() && !scenario.meta.relations.contains_key(endpoint) {
            let known = listed(scenario.meta.relations.keys());
            problems
                .push(format!("{port} is open for {endpoint:?}, which is not an endpoint in the metadata: {known}"));
        }
        for OpenedPort { port: other, .. } in &ports[..index] {
            if port.overlaps(other) && port != other {
                problems.push(format!("{other} and {port} overlap: Juju refuses to open the second"));
            }
        }
    }
}
