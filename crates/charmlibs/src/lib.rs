#![doc = include_str!("../README.md")]

#[cfg(any(feature = "passwd", feature = "pathops"))]
mod accounts;
#[cfg(feature = "apt")]
pub mod apt;
#[cfg(feature = "passwd")]
pub mod passwd;
#[cfg(feature = "pathops")]
pub mod pathops;
pub mod process;
#[cfg(feature = "snap")]
pub mod snap;
#[cfg(feature = "sysctl")]
pub mod sysctl;
#[cfg(feature = "systemd")]
pub mod systemd;
