//! Ports that a unit has opened.

use std::collections::BTreeSet;

use ops::Port;

use super::State;

/// An open port, for all endpoints or for one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpenedPort {
    /// A port or a range of ports.
    pub port: Port,
    /// The endpoint that it is open for; empty for all endpoints.
    pub endpoint: String,
}

impl OpenedPort {
    /// The same port, for all endpoints.
    #[must_use]
    pub(crate) fn for_all_endpoints(&self) -> Self {
        Self { port: self.port, endpoint: String::new() }
    }
}

impl State {
    /// All open ports, with their endpoints.
    #[must_use]
    pub fn all_opened_ports(&self) -> BTreeSet<OpenedPort> {
        let for_all = self.opened_ports.iter().map(|port| OpenedPort { port: *port, endpoint: String::new() });
        let for_one = self.endpoint_ports.iter().flat_map(|(endpoint, ports)| {
            ports.iter().map(|port| OpenedPort { port: *port, endpoint: endpoint.clone() })
        });
        for_all.chain(for_one).collect()
    }

    /// Replace all open ports.
    #[must_use]
    pub fn with_all_opened_ports(mut self, ports: impl IntoIterator<Item = OpenedPort>) -> Self {
        self.set_opened_ports(ports);
        self
    }

    pub(crate) fn set_opened_ports(&mut self, ports: impl IntoIterator<Item = OpenedPort>) {
        self.opened_ports.clear();
        self.endpoint_ports.clear();
        for OpenedPort { port, endpoint } in ports {
            if endpoint.is_empty() {
                self.opened_ports.insert(port);
            } else {
                self.endpoint_ports.entry(endpoint).or_default().insert(port);
            }
        }
    }
}
