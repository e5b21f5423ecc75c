//! What charms use on their machine: [`apt`] packages, files ([`pathops`]), and programs ([`process`]).
//!
//! Nothing here knows of Juju, and nothing keeps state: each function asks the machine, and changes it if it must.
//!
//! ```no_run
//! use charmlibs::{apt, pathops};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! apt::update()?;
//! apt::add_package("tinyproxy-bin")?;
//! if pathops::ensure_contents("/etc/tinyproxy/tinyproxy.conf", "Port 8000\n")? {
//!     println!("the config changed");
//! }
//! # Ok(())
//! # }
//! ```

pub mod apt;
pub mod pathops;
pub mod process;
