//! Tests of real machines. They create namespaces, mounts and bridges, so they need root, and run only with `cargo
//! test -- --include-ignored`.

mod boot;
mod faults;
#[path = "../../../tests/fixture/mod.rs"]
mod fixture;
mod isolation;
mod network;
mod processes;
mod rig;
mod snap;
