//! Machines, for real: these tests make namespaces, mounts and bridges, so they need root, and are ignored until they are
//! asked for: `cargo test -- --include-ignored`.

mod boot;
mod faults;
#[path = "../../../tests/fixture/mod.rs"]
mod fixture;
mod isolation;
mod network;
mod processes;
mod rig;
mod snap;
