//! Debian packages, through `apt-get` and `dpkg-query`.
//!
//! The functions here use the machine's own programs, and wait for up to five minutes while another process (on a fresh
//! Ubuntu machine: `unattended-upgrades`) holds the lock of apt or dpkg. [`Apt`] has the same as methods, for another
//! bound. Nothing ever asks a question: `apt-get` runs without a terminal, and configuration files that were changed by
//! hand are kept.
//!
//! A hook can be run again at any time, so adding a package that is installed and removing one that is not both succeed,
//! without running `apt-get`.

mod error;
mod hold;
mod output;
mod packages;
mod repository;
mod sources;
mod version;

pub use error::{Error, Failure};
pub use hold::{hold, unhold};
pub use packages::{
    Apt, add_package, add_package_version, add_packages, candidate_version, installed_version, remove_package,
    remove_packages, update, upgrade_package,
};
pub use repository::{Repository, add_ppa, add_repository, remove_repository};
pub use sources::{Source, disable_source, enable_source, sources};
pub use version::compare_versions;
