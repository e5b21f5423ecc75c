//! Tests of minijuju as a whole, with small shell charms on real machines. They create namespaces, mounts and bridges,
//! so they need root, and run only with `cargo test -- --include-ignored`.

mod actions;
mod cross_model;
mod debug_hooks;
mod detached_storage;
mod failures;
mod files;
#[path = "../fixture/mod.rs"]
mod fixture;
mod hook_process;
mod juju_exec;
mod keep;
mod lifecycle;
mod links;
mod output;
mod privacy;
mod recovery;
mod refresh;
mod relations;
mod rig;
mod secrets;
mod ssh_keys;
mod storage;
mod summary;
mod versions;
