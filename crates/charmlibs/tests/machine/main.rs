//! The libraries on real machines, each of which is thrown away after its test.

mod rig;
mod systemd;
