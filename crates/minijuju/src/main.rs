//! Run Juju charms on any Linux machine in seconds, without Juju.
fn main() {}
