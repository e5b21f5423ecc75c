//! Certificates.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use x509_cert::der::oid::db::rfc4519;
use x509_cert::der::{DecodePem as _, Encode as _};
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};

use super::request::{add_alternative_names, subject_attribute};
use super::{CertificateRequestAttributes, Error, PrivateKey};

/// An X.509 certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    certificate: x509_cert::Certificate,
    pem: String,
}

impl Certificate {
    /// Parse a certificate in PEM.
    ///
    /// # Errors
    /// It is not a certificate.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let pem = pem.trim();
        let certificate =
            x509_cert::Certificate::from_pem(pem).map_err(|error| Error::invalid("certificate")(&error))?;
        Ok(Self { certificate, pem: pem.to_owned() })
    }

    /// The certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The subject's common name; empty if there is none.
    #[must_use]
    pub fn common_name(&self) -> String {
        subject_attribute(self.certificate.tbs_certificate().subject(), rfc4519::CN).unwrap_or_default()
    }

    /// The host names that it is valid for.
    #[must_use]
    pub fn dns_names(&self) -> BTreeSet<String> {
        self.alternative_names().dns_names
    }

    /// The IP addresses that it is valid for.
    #[must_use]
    pub fn ip_addresses(&self) -> BTreeSet<IpAddr> {
        self.alternative_names().ip_addresses
    }

    fn alternative_names(&self) -> CertificateRequestAttributes {
        let mut content = CertificateRequestAttributes::new("");
        if let Ok(Some((_, names))) = self.certificate.tbs_certificate().get_extension::<SubjectAltName>() {
            add_alternative_names(&mut content, &names);
        }
        content
    }

    /// Since when it is valid.
    #[must_use]
    pub fn not_before(&self) -> SystemTime {
        self.certificate.tbs_certificate().validity().not_before.to_system_time()
    }

    /// Until when it is valid.
    #[must_use]
    pub fn not_after(&self) -> SystemTime {
        self.certificate.tbs_certificate().validity().not_after.to_system_time()
    }

    /// Whether it is a CA certificate.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        let constraints = self.certificate.tbs_certificate().get_extension::<BasicConstraints>();
        matches!(constraints, Ok(Some((_, BasicConstraints { ca: true, .. }))))
    }

    /// Whether it belongs to this key.
    #[must_use]
    pub fn matches_private_key(&self, key: &PrivateKey) -> bool {
        self.public_key_der() == key.public_key_der()
    }

    pub(super) fn public_key_der(&self) -> Vec<u8> {
        self.certificate.tbs_certificate().subject_public_key_info().to_der().unwrap_or_default()
    }

    pub(super) fn subject(&self) -> &x509_cert::name::Name {
        self.certificate.tbs_certificate().subject()
    }

    /// The time when it must be renewed: after this share of the time from `from` until it expires.
    pub(super) fn renewal_time(&self, fraction: f64, from: SystemTime) -> SystemTime {
        let remaining = self.not_after().duration_since(from).unwrap_or_default();
        from + remaining.mul_f64(fraction)
    }

    /// Whether it should have been renewed by now, but is still valid.
    pub(super) fn is_overdue(&self, now: SystemTime) -> bool {
        let expires = self.not_after();
        let due = self.renewal_time(OVERDUE_FRACTION, self.not_before());
        due <= now && now + Duration::from_secs(1) <= expires
    }
}

/// After this share of its validity period, a certificate is renewed at the next event even if Juju has not sent
/// `secret-expired`.
const OVERDUE_FRACTION: f64 = 0.95;
