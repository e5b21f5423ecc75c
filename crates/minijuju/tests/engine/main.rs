//! minijuju as a whole: small charms of shell, deployed on real machines. These tests make namespaces, mounts and bridges,
//! so they need root; without, they say that they are skipped.

mod actions;
mod damage;
mod faults;
mod files;
mod lifecycle;
mod privacy;
mod relations;
mod rig;
mod secrets;
mod storage;
mod surroundings;
