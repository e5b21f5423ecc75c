//! The libraries on real machines, each of which is thrown away after its test.

mod apt;
mod rig;
mod snap;
mod systemd;
