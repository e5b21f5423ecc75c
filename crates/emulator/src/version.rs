//! The supported versions of Juju.

use std::fmt;
use std::str::FromStr;

/// A version of Juju. Code that depends on the version calls [`is_4`](Self::is_4) where it matters.
///
/// ```
/// use emulator::JujuVersion;
///
/// let version: JujuVersion = "4.0.15".parse()?;
/// assert!(version.is_4());
/// assert_eq!(version.to_string(), "4.0.15");
/// assert!(!JujuVersion::default().is_4());
/// # Ok::<(), emulator::UnknownVersion>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JujuVersion {
    major: u32,
    minor: u32,
    patch: u32,
}

/// A version that is not supported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Juju version {0:?} is not known: it may be 3.6 or 4.0, with a third number or without")]
pub struct UnknownVersion(String);

impl JujuVersion {
    /// Juju 3.6, the long-term release.
    pub const V3_6: Self = Self { major: 3, minor: 6, patch: 12 };

    /// Juju 4.0.
    pub const V4_0: Self = Self { major: 4, minor: 0, patch: 15 };

    /// Whether it is Juju 4.
    #[must_use]
    pub const fn is_4(self) -> bool {
        self.major == 4
    }
}

impl Default for JujuVersion {
    fn default() -> Self {
        Self::V3_6
    }
}

impl FromStr for JujuVersion {
    type Err = UnknownVersion;

    /// `3.6` and `4.0` mean the releases whose behaviour was copied; `4.0.7` means itself.
    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let unknown = || UnknownVersion(text.to_owned());
        for known in [Self::V3_6, Self::V4_0] {
            let Some(rest) = text.strip_prefix(&format!("{}.{}", known.major, known.minor)) else { continue };
            if rest.is_empty() {
                return Ok(known);
            }
            let digits = rest.strip_prefix('.').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
            let patch = digits.and_then(|digits| digits.parse().ok()).ok_or_else(unknown)?;
            return Ok(Self { patch, ..known });
        }
        Err(unknown())
    }
}

impl fmt::Display for JujuVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_known_series_with_or_without_a_patch_number() {
        assert_eq!("3.6".parse(), Ok(JujuVersion::V3_6));
        assert_eq!("4.0".parse(), Ok(JujuVersion::V4_0));
        assert_eq!("4.0.7".parse::<JujuVersion>().unwrap().to_string(), "4.0.7");
        assert!(JujuVersion::V3_6 < JujuVersion::V4_0);
    }

    #[test]
    fn an_unknown_version_is_refused_with_the_known_ones() {
        for text in ["", "4", "4.1", "2.9.1", "4.0.x", "4.0.", "4.05", "3.60", "4.0.15-ubuntu"] {
            let error = text.parse::<JujuVersion>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("Juju version {text:?} is not known: it may be 3.6 or 4.0")), "{error}");
        }
    }
}
