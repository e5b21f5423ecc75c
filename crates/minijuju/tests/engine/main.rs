//! Tests of minijuju as a whole, with small shell charms on real machines. They create namespaces, mounts and bridges,
//! so they need root, and run only with `cargo test -- --include-ignored`.

mod across_models;
mod actions;
mod answers;
mod damage;
mod debug_hooks;
mod detached_storage;
mod faults;
mod files;
#[path = "../fixture/mod.rs"]
mod fixture;
mod juju_exec;
mod keep;
mod lifecycle;
mod links;
mod privacy;
mod refresh;
mod relations;
mod reports;
mod rig;
mod secrets;
mod ssh_keys;
mod storage;
mod surroundings;
mod versions;
