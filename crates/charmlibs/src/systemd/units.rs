//! Unit files.

use super::systemctl::check_name;
use super::{Error, Systemd};
use crate::pathops;

/// Ensure that the unit `name` has this `content`, and that systemd has loaded it. Returns whether the file changed.
///
/// # Errors
/// See [`Systemd::ensure_unit`].
pub fn ensure_unit(name: &str, content: &str) -> Result<bool, Error> {
    Systemd::new().ensure_unit(name, content)
}

/// Stop the unit `name`, and remove its file. Returns whether it existed.
///
/// # Errors
/// See [`Systemd::remove_unit`].
pub fn remove_unit(name: &str) -> Result<bool, Error> {
    Systemd::new().remove_unit(name)
}

impl Systemd {
    /// Ensure that the unit `name` has this `content`, and that systemd has loaded it. Returns whether the file
    /// changed. The name is one such as `web.service`, or `nginx.service.d/limits.conf` for a drop-in that changes a
    /// package's unit. A running service is not restarted: do that if the file changed.
    ///
    /// # Errors
    /// [`Error::Name`]: it lacks a suffix such as `.service`. [`Error::File`]: it could not be written, and is
    /// unchanged. See [`Error`] for others.
    pub fn ensure_unit(&self, name: &str, content: &str) -> Result<bool, Error> {
        let unit = unit_of_file(name)?;
        let changed = pathops::ensure_contents(self.unit_folder.join(name), content)?;
        // Also if a hook was killed after it had written the file.
        if changed || self.state(unit)?.needs_daemon_reload {
            self.daemon_reload()?;
        }
        Ok(changed)
    }

    /// Stop and disable the unit `name`, and remove its file. Returns whether it existed.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn remove_unit(&self, name: &str) -> Result<bool, Error> {
        let unit = unit_of_file(name)?;
        let path = self.unit_folder.join(name);
        if !path.is_file() {
            return Ok(false);
        }
        if unit == name {
            self.stop(unit)?;
            self.disable(unit)?;
        }
        let removed = pathops::remove(path)?;
        self.daemon_reload()?;
        Ok(removed)
    }
}

/// The unit that the file `name` belongs to.
fn unit_of_file(name: &str) -> Result<&str, Error> {
    const UNIT_TYPES: [&str; 8] = ["service", "socket", "timer", "mount", "path", "target", "slice", "automount"];
    let invalid = || Error::Name { name: name.to_owned() };
    let unit = match name.split_once(".d/") {
        Some((unit, drop_in)) => {
            check_name(drop_in).map_err(|_| invalid())?;
            if drop_in.strip_suffix(".conf").is_none() {
                return Err(invalid());
            }
            unit
        }
        None => name,
    };
    let (_, unit_type) = check_name(unit).map_err(|_| invalid())?.rsplit_once('.').ok_or_else(invalid)?;
    if UNIT_TYPES.contains(&unit_type) { Ok(unit) } else { Err(invalid()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_of_a_file_is_found_and_other_paths_are_refused() {
        assert_eq!(unit_of_file("web.service").unwrap(), "web.service");
        assert_eq!(unit_of_file("web@.service").unwrap(), "web@.service");
        assert_eq!(unit_of_file("nginx.service.d/limits.conf").unwrap(), "nginx.service");
        for name in [
            "web",
            "../web.service",
            "a/web.service",
            "web.service.d/../../x.conf",
            "web.service.d/x",
            "-x.service",
            "",
        ] {
            let error = unit_of_file(name).unwrap_err();
            assert_eq!(error.to_string(), format!("'{name}' is not the name of a unit"));
        }
    }
}
