//! Certificates.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use x509_cert::der::oid::db::rfc4519;
use x509_cert::der::{DecodePem as _, Encode as _};
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};

use super::request::{add_names, attribute};
use super::{CertificateRequest, Error, PrivateKey};

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
        attribute(self.certificate.tbs_certificate().subject(), rfc4519::CN).unwrap_or_default()
    }

    /// The host names that it is valid for.
    #[must_use]
    pub fn dns_names(&self) -> BTreeSet<String> {
        self.names().dns_names
    }

    /// The IP addresses that it is valid for.
    #[must_use]
    pub fn ip_addresses(&self) -> BTreeSet<IpAddr> {
        self.names().ip_addresses
    }

    fn names(&self) -> CertificateRequest {
        let mut content = CertificateRequest::new("");
        if let Ok(Some((_, names))) = self.certificate.tbs_certificate().get_extension::<SubjectAltName>() {
            add_names(&mut content, &names);
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
    pub fn is_for(&self, key: &PrivateKey) -> bool {
        self.public_der() == key.public_der()
    }

    pub(super) fn public_der(&self) -> Vec<u8> {
        self.certificate.tbs_certificate().subject_public_key_info().to_der().unwrap_or_default()
    }

    pub(super) fn subject(&self) -> &x509_cert::name::Name {
        self.certificate.tbs_certificate().subject()
    }

    /// The time after this share of the period from `from` until it expires.
    pub(super) fn after(&self, part: f64, from: SystemTime) -> SystemTime {
        let left = self.not_after().duration_since(from).unwrap_or_default();
        from + left.mul_f64(part)
    }

    /// Whether it should have been renewed by now, but is still valid.
    pub(super) fn is_overdue(&self, now: SystemTime) -> bool {
        let ends = self.not_after();
        let due = self.after(OVERDUE, self.not_before());
        due <= now && now + Duration::from_secs(1) <= ends
    }
}

/// After this share of its life, a certificate is renewed at the next event even if Juju has not sent
/// `secret-expired`.
const OVERDUE: f64 = 0.95;
