//! Networks.

use ops::hookcmds::Network;

/// The network of a binding without one in the state: a single address, 192.0.2.0, which is reserved for
/// documentation.
pub(crate) fn default_network() -> Network {
    Network::new("192.0.2.0").egress_subnets(["192.0.2.0/24"])
}
