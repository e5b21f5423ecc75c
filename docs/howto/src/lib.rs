//! The code of the how-to guides in the folder above, one module each. A test checks that each guide shows its
//! module's code word for word.

ops::charm!("charmcraft.yaml");

pub mod actions;
pub mod config;
pub mod databases;
pub mod failures;
pub mod leadership;
pub mod libraries;
pub mod logging;
pub mod machine;
pub mod observability;
pub mod ports;
pub mod relations;
pub mod resource;
pub mod secrets;
pub mod storage;
pub mod stored_state;
pub mod systemd;
pub mod testing;
pub mod tls;

#[cfg(test)]
mod guides;

/// The charm in the README, which must compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
