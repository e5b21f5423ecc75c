//! Machines, for real: these tests make namespaces, mounts and bridges, so they need root; without, they say that they
//! are skipped.

mod faults;
mod isolation;
mod network;
mod processes;
mod rig;
