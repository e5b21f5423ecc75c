//! The events of a requirer.

use std::fmt;

use ops::CustomEvent;
use serde::{Deserialize, Serialize};

/// The owner of certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Mode {
    /// Each unit has its own key and certificates.
    #[default]
    Unit,
    /// The application has one key and one set of certificates, which only the leader can read.
    App,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unit => "unit",
            Self::App => "app",
        })
    }
}

/// A certificate is available, new or renewed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CertificateAvailable {
    /// The certificate's common name.
    pub common_name: String,
    /// Whether it belongs to the unit or the application.
    #[serde(default)]
    pub mode: Mode,
}

impl CustomEvent for CertificateAvailable {
    const NAME: &'static str = "certificate_available";
}

/// The provider refuses a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CertificateDenied {
    /// The request's common name.
    pub common_name: String,
    /// The error's code.
    pub code: i64,
    /// The provider's message.
    pub message: String,
}

impl CustomEvent for CertificateDenied {
    const NAME: &'static str = "certificate_denied";
}

/// A certificate must no longer be used: it was revoked, or the relation was removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CertificateInvalidated {
    /// The certificate's common name; empty if it applies to all certificates.
    pub common_name: String,
}

impl CustomEvent for CertificateInvalidated {
    const NAME: &'static str = "certificate_invalidated";
}
