//! The model, and its cloud.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The unit's model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The model's name, without its owner.
    pub name: String,
    /// Its UUID.
    pub uuid: String,
    /// The result of `credential-get`; `None` if the application is not trusted.
    #[serde(default)]
    pub cloud_spec: Option<CloudSpec>,
}

impl Default for Model {
    fn default() -> Self {
        Self { name: "model".to_owned(), uuid: "bd6c5d1a-4a4e-4d5c-8c55-6f3f2f3c9a10".to_owned(), cloud_spec: None }
    }
}

/// A cloud and its API, for a trusted charm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudSpec {
    /// The type of the cloud, such as `lxd`.
    pub cloud_type: String,
    /// The cloud's name in Juju.
    pub name: String,
    /// The region, such as `us-east-1`.
    #[serde(default)]
    pub region: String,
    /// The URL of its API.
    #[serde(default)]
    pub endpoint: String,
    /// The URL of its identity service.
    #[serde(default)]
    pub identity_endpoint: String,
    /// The URL of its storage service.
    #[serde(default)]
    pub storage_endpoint: String,
    /// The credential to log in with.
    #[serde(default)]
    pub credential: Option<CloudCredential>,
    /// The CA certificates to trust, in PEM format.
    #[serde(default)]
    pub ca_certificates: Vec<String>,
    /// Whether certificates are not verified.
    #[serde(default)]
    pub skip_tls_verify: bool,
    /// Whether the controller is in this cloud.
    #[serde(default)]
    pub is_controller_cloud: bool,
}

impl CloudSpec {
    /// A cloud of this type, named `localhost`.
    pub fn new(cloud_type: impl Into<String>) -> Self {
        Self { cloud_type: cloud_type.into(), name: "localhost".to_owned(), ..Self::default() }
    }

    /// Set the credential.
    #[must_use]
    pub fn credential(mut self, credential: CloudCredential) -> Self {
        self.credential = Some(credential);
        self
    }
}

/// A credential for a cloud. [`fmt::Debug`] does not show its attributes.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudCredential {
    /// The type of authentication, such as `certificate`.
    pub auth_type: String,
    /// The attributes that this type needs.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// The names of redacted attributes.
    #[serde(default)]
    pub redacted: Vec<String>,
}

impl fmt::Debug for CloudCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.attributes.keys().collect();
        f.debug_struct("CloudCredential")
            .field("auth_type", &self.auth_type)
            .field("attributes", &names)
            .finish_non_exhaustive()
    }
}
