//! `credential-get`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Command, Result, Runner};

/// The model's cloud and its credential. Juju gives it only to trusted applications.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "kebab-case")]
pub struct CloudSpec {
    /// The cloud's type, such as `lxd` or `openstack`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The cloud's name.
    pub name: String,
    /// The region, such as `us-east-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The URL of the cloud's API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The URL of the identity service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_endpoint: Option<String>,
    /// The URL of the storage service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_endpoint: Option<String>,
    /// The credential to log in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CloudCredential>,
    /// The cloud's CA certificates, in PEM format.
    #[serde(default, rename = "cacertificates")]
    pub ca_certificates: Vec<String>,
    /// Whether the cloud's certificate is not verified.
    #[serde(default)]
    pub skip_tls_verify: bool,
    /// Whether the controller runs in this cloud.
    #[serde(default)]
    pub is_controller_cloud: bool,
}

/// A cloud's credential. Its attributes are secret: `Debug` does not show them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "kebab-case")]
pub struct CloudCredential {
    /// Such as `certificate` or `userpass`.
    pub auth_type: String,
    /// The attributes of the credential, by name.
    #[serde(default, rename = "attrs")]
    pub attributes: BTreeMap<String, String>,
    /// The attributes that Juju redacted.
    #[serde(default)]
    pub redacted: Vec<String>,
}

impl fmt::Debug for CloudSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudSpec").field("kind", &self.kind).field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for CloudCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudCredential").field("auth_type", &self.auth_type).finish_non_exhaustive()
    }
}

/// `credential-get`: the model's cloud, with its credential.
pub fn credential_get(runner: &dyn Runner) -> Result<CloudSpec> {
    Command::new("credential-get").arg("--format=json").secret().json(runner)
}
