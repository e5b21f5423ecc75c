//! The capabilities of a provider.

use serde::{Deserialize, Serialize};

/// The capabilities of a provider's server. `None` means unknown: neither yes nor no.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Capabilities {
    /// Whether certificates can have IP addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_ip_sans: Option<bool>,
    /// Whether certificates can have wildcards, such as `*.example.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_wildcard_dns: Option<bool>,
    /// Whether certificates can have subdomains of the allowed domains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_subdomain: Option<bool>,
    /// Whether CA certificates can be requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_ca_certificates: Option<bool>,
    /// The allowed domains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_domains: Option<Vec<String>>,
    /// The kind of server, such as `acme`, `vault` or `self-signed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_type: Option<String>,
}

impl Capabilities {
    /// Set whether certificates can have IP addresses.
    #[must_use]
    pub fn supports_ip_sans(mut self, supported: bool) -> Self {
        self.supports_ip_sans = Some(supported);
        self
    }

    /// Set whether certificates can have wildcards.
    #[must_use]
    pub fn supports_wildcard_dns(mut self, supported: bool) -> Self {
        self.supports_wildcard_dns = Some(supported);
        self
    }

    /// Set whether certificates can have subdomains.
    #[must_use]
    pub fn supports_subdomain(mut self, supported: bool) -> Self {
        self.supports_subdomain = Some(supported);
        self
    }

    /// Set whether CA certificates can be requested.
    #[must_use]
    pub fn supports_ca_certificates(mut self, supported: bool) -> Self {
        self.supports_ca_certificates = Some(supported);
        self
    }

    /// Set the allowed domains.
    #[must_use]
    pub fn allowed_domains<D: Into<String>>(mut self, domains: impl IntoIterator<Item = D>) -> Self {
        self.allowed_domains = Some(domains.into_iter().map(Into::into).collect());
        self
    }

    /// Set the kind of server.
    #[must_use]
    pub fn provider_type(mut self, kind: impl Into<String>) -> Self {
        self.provider_type = Some(kind.into());
        self
    }
}
