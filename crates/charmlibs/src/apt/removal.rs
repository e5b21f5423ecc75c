//! Removal of packages.

use super::{Apt, Error};

/// Remove the package `name`, unless it is not installed.
///
/// # Errors
/// See [`Apt::remove_package`].
pub fn remove_package(name: &str) -> Result<(), Error> {
    Apt::new().remove_package(name)
}

/// Remove the packages `names` that are installed, in one run.
///
/// # Errors
/// See [`Apt::remove_packages`].
pub fn remove_packages(names: &[&str]) -> Result<(), Error> {
    Apt::new().remove_packages(names)
}

impl Apt {
    /// Remove the package `name`, unless it is not installed. Its configuration files are kept.
    ///
    /// # Errors
    /// [`Error::Failed`]: it could not be removed. [`Error::Locked`]: another process kept the lock.
    pub fn remove_package(&self, name: &str) -> Result<(), Error> {
        self.remove_packages(&[name])
    }

    /// Remove the packages `names` that are installed, in one run of `apt-get`. Their configuration files are kept.
    ///
    /// # Errors
    /// As [`Apt::remove_package`].
    pub fn remove_packages(&self, names: &[&str]) -> Result<(), Error> {
        let mut installed = Vec::new();
        for &name in names {
            match self.status(name)? {
                // This includes packages that are half-installed or not configured.
                Some(status) if !matches!(status.state.as_str(), "not-installed" | "config-files") => {
                    installed.push(name);
                }
                _ => tracing::debug!(package = name, "not installed"),
            }
        }
        if installed.is_empty() {
            return Ok(());
        }
        let packages = installed.join(", ");
        let args: Vec<_> = std::iter::once("remove").chain(installed).collect();
        self.apt_get("remove", Some(&packages), &args)?;
        tracing::info!(packages, "removed");
        Ok(())
    }
}
