//! minijuju as a whole: small charms of shell, deployed on real machines. These tests make namespaces, mounts and bridges,
//! so they need root, and are ignored until they are asked for: `cargo test -- --include-ignored`.

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
mod rig;
mod secrets;
mod ssh_keys;
mod storage;
mod surroundings;
mod versions;
