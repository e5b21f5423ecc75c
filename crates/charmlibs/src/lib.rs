#![doc = include_str!("../README.md")]

#[cfg(feature = "pathops")]
mod accounts;
#[cfg(feature = "apt")]
pub mod apt;
#[cfg(feature = "pathops")]
pub mod pathops;
pub mod process;
#[cfg(feature = "snap")]
pub mod snap;
#[cfg(feature = "systemd")]
pub mod systemd;
