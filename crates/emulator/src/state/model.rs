//! The model, and the cloud that it is in.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The model that the unit is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Its UUID.
    pub uuid: String,
    /// What `credential-get` says; without it the application is not trusted.
    #[serde(default)]
    pub cloud_spec: Option<CloudSpec>,
}

impl Default for Model {
    fn default() -> Self {
        Self { name: "model".to_owned(), uuid: "bd6c5d1a-4a4e-4d5c-8c55-6f3f2f3c9a10".to_owned(), cloud_spec: None }
    }
}

/// A cloud and how to reach it, for a charm that is trusted with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudSpec {
    /// The type of the cloud, such as `lxd`.
    pub cloud_type: String,
    /// Its name.
    pub name: String,
    /// The region.
    #[serde(default)]
    pub region: String,
    /// The address of its API.
    #[serde(default)]
    pub endpoint: String,
    /// The address of its identity service.
    #[serde(default)]
    pub identity_endpoint: String,
    /// The address of its storage service.
    #[serde(default)]
    pub storage_endpoint: String,
    /// How to log in.
    #[serde(default)]
    pub credential: Option<CloudCredential>,
    /// Certificates to trust.
    #[serde(default)]
    pub ca_certificates: Vec<String>,
    /// Whether certificates are not to be checked.
    #[serde(default)]
    pub skip_tls_verify: bool,
    /// Whether the controller is in this cloud too.
    #[serde(default)]
    pub is_controller_cloud: bool,
}

impl CloudSpec {
    /// A cloud of a type, named `localhost`.
    pub fn new(cloud_type: impl Into<String>) -> Self {
        Self { cloud_type: cloud_type.into(), name: "localhost".to_owned(), ..Self::default() }
    }

    /// With a credential.
    #[must_use]
    pub fn credential(mut self, credential: CloudCredential) -> Self {
        self.credential = Some(credential);
        self
    }
}

/// How to log in to a cloud. Its attributes are not shown by [`fmt::Debug`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudCredential {
    /// The way to log in.
    pub auth_type: String,
    /// What it needs.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Names of attributes that are kept back.
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
