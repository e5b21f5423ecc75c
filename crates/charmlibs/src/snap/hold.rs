//! Holding snaps at their revision.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::install::snap_path;
use super::{Error, Snapd};

/// The key of snapd's config that holds all snaps.
const REFRESH_HOLD: &str = "refresh.hold";

/// Stop snapd from refreshing `snap` automatically, for some time or forever.
///
/// # Errors
/// See [`Snapd::hold`].
pub fn hold(snap: &str, duration: Option<Duration>) -> Result<(), Error> {
    Snapd::new().hold(snap, duration)
}

/// Undo [`hold`].
///
/// # Errors
/// See [`Snapd::unhold`].
pub fn unhold(snap: &str) -> Result<(), Error> {
    Snapd::new().unhold(snap)
}

/// Stop snapd from refreshing any snap automatically, for some time or forever.
///
/// # Errors
/// See [`Snapd::hold_refresh`].
pub fn hold_refresh(duration: Option<Duration>) -> Result<(), Error> {
    Snapd::new().hold_refresh(duration)
}

/// Undo [`hold_refresh`].
///
/// # Errors
/// See [`Snapd::hold_refresh`].
pub fn unhold_refresh() -> Result<(), Error> {
    Snapd::new().unhold_refresh()
}

impl Snapd {
    /// Stop snapd from refreshing `snap` automatically, for some time or forever. [`Snapd::refresh`] still works.
    ///
    /// # Errors
    /// [`Error::NotInstalled`]. See [`Error`] for others.
    pub fn hold(&self, snap: &str, duration: Option<Duration>) -> Result<(), Error> {
        let body = json!({"action": "hold", "hold-level": "general", "time": hold_until(duration)});
        self.send("POST", &snap_path(snap)?, &body, &format!("hold the snap {snap}"))
            .map_err(|error| self.or_not_installed(snap, error))
    }

    /// Undo [`Snapd::hold`].
    ///
    /// # Errors
    /// See [`Error`].
    pub fn unhold(&self, snap: &str) -> Result<(), Error> {
        self.send("POST", &snap_path(snap)?, &json!({"action": "unhold"}), &format!("unhold the snap {snap}"))
    }

    /// Stop snapd from refreshing any snap automatically, for some time or forever. This sets the system's option
    /// `refresh.hold`. [`Snapd::refresh`] still works.
    ///
    /// # Errors
    /// [`Error::Change`]: snapd refused the time. Before version 2.58 it does not support `forever`. See [`Error`] for
    /// others.
    pub fn hold_refresh(&self, duration: Option<Duration>) -> Result<(), Error> {
        self.set("system", &json!({REFRESH_HOLD: hold_until(duration)}))
    }

    /// Undo [`Snapd::hold_refresh`].
    ///
    /// # Errors
    /// See [`Error`].
    pub fn unhold_refresh(&self) -> Result<(), Error> {
        self.unset("system", &[REFRESH_HOLD])
    }
}

/// The end of a hold that starts now.
fn hold_until(duration: Option<Duration>) -> String {
    duration.map_or_else(|| "forever".to_owned(), |duration| rfc3339(SystemTime::now() + duration))
}

fn rfc3339(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Count years from March 1, so that a leap day is the last day of its year. 400 years have 146,097 days.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + next;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_rfc_3339() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }
}
