//! Tests of real machines. They create namespaces, mounts and bridges, so they need root, and run only with `cargo
//! test -- --include-ignored`.

mod base;
mod boot;
mod faults;
#[path = "../../../tests/fixture/mod.rs"]
mod fixture;
mod isolation;
mod limits;
mod network;
mod processes;
mod rig;
mod snap;
