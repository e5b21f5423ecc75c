//! Holding packages at their version.

use super::packages::failure;
use super::{Apt, Error};

const APT_MARK: &str = "apt-mark";

/// Hold the package `name`: it is neither upgraded nor removed until [`unhold`].
///
/// # Errors
/// See [`Apt::hold`].
pub fn hold(name: &str) -> Result<bool, Error> {
    Apt::new().hold(name)
}

/// Release the package `name` that was held by [`hold`].
///
/// # Errors
/// See [`Apt::unhold`].
pub fn unhold(name: &str) -> Result<bool, Error> {
    Apt::new().unhold(name)
}

impl Apt {
    /// Hold the package `name`: it is neither upgraded nor removed until [`Apt::unhold`]. Returns whether it was not
    /// held before. Requesting another version of a held package is an error.
    ///
    /// # Errors
    /// [`Error::Failed`]: there is no such package. See [`Error`] for others.
    pub fn hold(&self, name: &str) -> Result<bool, Error> {
        self.mark("hold", name, true)
    }

    /// Release the package `name` that was held by [`Apt::hold`]. Returns whether it was held.
    ///
    /// # Errors
    /// As [`Apt::hold`].
    pub fn unhold(&self, name: &str) -> Result<bool, Error> {
        self.mark("unhold", name, false)
    }

    /// The held packages.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn held(&self) -> Result<Vec<String>, Error> {
        let output = self.run(APT_MARK, &["showhold"])?;
        if !output.status.success() {
            return Err(Error::Failed(failure("list held packages", None, APT_MARK, &output)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    }

    fn mark(&self, operation: &'static str, name: &str, held: bool) -> Result<bool, Error> {
        self.installed_version(name)?;
        if self.held()?.iter().any(|package| package == name) == held {
            return Ok(false);
        }
        let output = self.run(APT_MARK, &[operation, name])?;
        if !output.status.success() {
            return Err(Error::Failed(failure(operation, Some(name), APT_MARK, &output)));
        }
        Ok(true)
    }
}
