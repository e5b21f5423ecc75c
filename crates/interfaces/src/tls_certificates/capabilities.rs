//! What a provider can do.

use serde::{Deserialize, Serialize};

/// What a provider's server can do, as far as the provider says. What it leaves open is not known: that is neither yes nor no.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Capabilities {
    /// Whether certificates can be for addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_ip_sans: Option<bool>,
    /// Whether they can be for wildcards, such as `*.example.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_wildcard_dns: Option<bool>,
    /// Whether they can be for subdomains of the allowed domains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_subdomain: Option<bool>,
    /// Whether they can be those of CAs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_ca_certificates: Option<bool>,
    /// The domains that they can be for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_domains: Option<Vec<String>>,
    /// What kind of server it is, such as `acme`, `vault` or `self-signed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_type: Option<String>,
}

impl Capabilities {
    /// With certificates for addresses, or without.
    #[must_use]
    pub fn supports_ip_sans(mut self, supports: bool) -> Self {
        self.supports_ip_sans = Some(supports);
        self
    }

    /// With certificates for wildcards, or without.
    #[must_use]
    pub fn supports_wildcard_dns(mut self, supports: bool) -> Self {
        self.supports_wildcard_dns = Some(supports);
        self
    }

    /// With certificates for subdomains, or without.
    #[must_use]
    pub fn supports_subdomain(mut self, supports: bool) -> Self {
        self.supports_subdomain = Some(supports);
        self
    }

    /// With certificates of CAs, or without.
    #[must_use]
    pub fn supports_ca_certificates(mut self, supports: bool) -> Self {
        self.supports_ca_certificates = Some(supports);
        self
    }

    /// For these domains alone.
    #[must_use]
    pub fn allowed_domains<D: Into<String>>(mut self, domains: impl IntoIterator<Item = D>) -> Self {
        self.allowed_domains = Some(domains.into_iter().map(Into::into).collect());
        self
    }

    /// Of this kind of server.
    #[must_use]
    pub fn provider_type(mut self, kind: impl Into<String>) -> Self {
        self.provider_type = Some(kind.into());
        self
    }
}
