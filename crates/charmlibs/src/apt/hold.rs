//! Packages that stay as they are.

use super::packages::failure;
use super::{Apt, Error};

const APT_MARK: &str = "apt-mark";

/// Have the package `name` neither upgraded nor removed, until [`unhold`].
///
/// # Errors
/// See [`Apt::hold`].
pub fn hold(name: &str) -> Result<bool, Error> {
    Apt::new().hold(name)
}

/// Undo [`hold`].
///
/// # Errors
/// See [`Apt::unhold`].
pub fn unhold(name: &str) -> Result<bool, Error> {
    Apt::new().unhold(name)
}

impl Apt {
    /// Have the package `name` neither upgraded nor removed, until [`Apt::unhold`]; and return whether that is new. A held
    /// package stays also where it is asked for in another version: that is an error.
    ///
    /// # Errors
    /// [`Error::Failed`]: there is no such package. See [`Error`] for others.
    pub fn hold(&self, name: &str) -> Result<bool, Error> {
        self.mark("hold", name, true)
    }

    /// Undo [`Apt::hold`], and return whether the package was held.
    ///
    /// # Errors
    /// As [`Apt::hold`].
    pub fn unhold(&self, name: &str) -> Result<bool, Error> {
        self.mark("unhold", name, false)
    }

    /// The packages that are held.
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

    fn mark(&self, doing: &'static str, name: &str, held: bool) -> Result<bool, Error> {
        self.installed_version(name)?;
        if self.held()?.iter().any(|it| it == name) == held {
            return Ok(false);
        }
        let output = self.run(APT_MARK, &[doing, name])?;
        if !output.status.success() {
            return Err(Error::Failed(failure(doing, Some(name), APT_MARK, &output)));
        }
        Ok(true)
    }
}
