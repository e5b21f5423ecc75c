//! Debian packages, through `apt-get` and `dpkg-query`.
//!
//! The functions here run the machine's own programs. If another process holds the lock of apt or dpkg (on a fresh
//! Ubuntu machine: `unattended-upgrades`), they wait for up to five minutes. [`Apt`] has the same functions as
//! methods, with other limits. They never ask questions: `apt-get` runs without a terminal, and keeps configuration
//! files that were edited.
//!
//! A hook can run again at any time. So adding a package that is installed, or removing one that is not, succeeds
//! without running `apt-get`.

mod error;
mod hold;
mod output;
mod packages;
mod removal;
mod repository;
mod sources;
mod version;

pub use error::{Error, Failure};
pub use hold::{hold, unhold};
pub use packages::{
    Apt, add_package, add_package_version, add_packages, candidate_version, installed_version, update, upgrade_package,
};
pub use removal::{remove_package, remove_packages};
pub use repository::{Repository, add_ppa, add_repository, remove_repository};
pub use sources::{Source, disable_source, enable_source, sources};
pub use version::compare_versions;
