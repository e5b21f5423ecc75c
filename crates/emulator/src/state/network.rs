//! Networks.

use ops::hookcmds::Network;

/// The network of a binding that a state says nothing of: one address, 192.0.2.0, which is set aside for documentation.
pub(crate) fn default_network() -> Network {
    Network::new("192.0.2.0").egress_subnets(["192.0.2.0/24"])
}
