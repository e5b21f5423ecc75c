//! Tests of real machines. They create namespaces, mounts and bridges, so they need root, and run only with `cargo
//! test -- --include-ignored`.

mod base;
mod failures;
#[path = "../../../tests/fixture/mod.rs"]
mod fixture;
mod isolation;
mod network;
mod processes;
mod rig;
mod snap;
mod systemd;
mod wrappers;
