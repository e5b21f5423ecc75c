//! What a requirer tells the charm.

use ops::CustomEvent;
use serde::{Deserialize, Serialize};

/// Whose certificates they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Each unit has its own key and certificates.
    #[default]
    Unit,
    /// The application has one key and one set of certificates, which the leader alone sees.
    App,
}

/// A certificate is there, new or renewed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Available {
    /// Whom it is for.
    pub common_name: String,
    /// Whether it is the unit's or the application's.
    #[serde(default)]
    pub mode: Mode,
}

impl CustomEvent for Available {
    const NAME: &'static str = "available";
}

/// The provider refuses a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Denied {
    /// For whom.
    pub common_name: String,
    /// The error's number.
    pub code: i64,
    /// What the provider says.
    pub message: String,
}

impl CustomEvent for Denied {
    const NAME: &'static str = "denied";
}

/// A certificate must not be used any more: it was revoked, or the relation is gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Gone {
    /// Whom it was for; empty if all are gone.
    pub common_name: String,
}

impl CustomEvent for Gone {
    const NAME: &'static str = "gone";
}
