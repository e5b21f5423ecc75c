//! What both sides write to their databags, with JSON values.

use ops::{Databag, Model, Relation};
use serde::{Deserialize, Serialize};

use super::{Capabilities, Certificate, CertificateSigningRequest, Error, Mode, PrivateKey};

/// What the provider's leader writes for its application.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct ProviderData {
    #[serde(default)]
    pub(super) certificates: Vec<CertificateEntry>,
    #[serde(default)]
    pub(super) request_errors: Vec<ErrorEntry>,
    #[serde(default)]
    pub(super) capabilities: Option<Capabilities>,
}

impl ProviderData {
    /// What this unit's application has written. Only the leader can read it.
    pub(super) fn load(databag: &Databag) -> Result<Self, ops::Error> {
        databag.load()
    }

    /// Write it, and keep other keys of the databag.
    pub(super) fn save(&self, databag: &Databag) -> Result<(), ops::Error> {
        set_list(databag, "certificates", &self.certificates)?;
        set_list(databag, "request_errors", &self.request_errors)?;
        let capabilities = self.capabilities.as_ref().map(serde_json::to_string).transpose().unwrap_or_default();
        databag.set("capabilities", &capabilities.unwrap_or_default())
    }
}

/// An issued certificate. The published schema requires all of these keys, even if they are null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CertificateEntry {
    pub(super) ca: String,
    pub(super) certificate_signing_request: String,
    pub(super) certificate: String,
    #[serde(default)]
    pub(super) chain: Option<Vec<String>>,
    /// Not used by current requirers, which check the expiry themselves.
    #[serde(default)]
    pub(super) recommended_expiry_notification_time: Option<i64>,
    #[serde(default)]
    pub(super) revoked: Option<bool>,
}

impl CertificateEntry {
    pub(super) fn answers(&self, request: &CertificateSigningRequest) -> bool {
        self.certificate_signing_request.trim() == request.pem()
            || CertificateSigningRequest::from_pem(&self.certificate_signing_request)
                .is_ok_and(|other| other == *request)
    }

    /// Check that the certificate is what was requested, and return it.
    pub(super) fn verify(
        &self,
        request: &SentRequest,
        key: &PrivateKey,
        origin: &Origin,
    ) -> Result<Certificate, Error> {
        let certificate = Certificate::from_pem(&self.certificate)?;
        let Origin { relation, provider } = origin.clone();
        let common_name = request.request.content().common_name;
        if !certificate.matches_private_key(key) {
            return Err(Error::KeyMismatch { relation, provider, common_name });
        }
        let kind = |ca| if ca { "the certificate of a CA" } else { "a certificate that is no CA's" };
        if certificate.is_ca() != request.ca {
            let (sent, requested) = (kind(certificate.is_ca()), kind(request.ca));
            return Err(Error::CaMismatch { relation, provider, common_name, sent, requested });
        }
        Ok(certificate)
    }
}

/// The provider and the relation.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) relation: String,
    pub(super) provider: String,
}

/// Why the provider does not sign a request.
///
/// The Python library calls the request `csr`, the published schema `certificate_signing_request`. Both are written,
/// and either is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ErrorEntry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    csr: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate_signing_request: Option<String>,
    pub(super) error: RequestError,
}

impl ErrorEntry {
    pub(super) fn new(request: &CertificateSigningRequest, error: RequestError) -> Self {
        let pem = Some(request.pem().to_owned());
        Self { csr: pem.clone(), certificate_signing_request: pem, error }
    }

    /// The request, in PEM.
    pub(super) fn request(&self) -> &str {
        self.csr.as_deref().or(self.certificate_signing_request.as_deref()).unwrap_or_default().trim()
    }
}

/// Why a provider does not sign a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RequestError {
    /// The error's code: 101 for an IP address, 102 for a domain, 103 for a wildcard that is not allowed, 201 for an
    /// unavailable server, 999 for others.
    pub code: i64,
    /// The code's name, such as `DOMAIN_NOT_ALLOWED`.
    pub name: String,
    /// The message for users.
    pub message: String,
    /// Further details.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The provider's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The endpoint of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
}

impl RequestError {
    /// An error with this code and name.
    pub fn new(code: i64, name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, name: name.into(), message: message.into(), reason: None, provider: None, endpoint: None }
    }
}

/// The requests of a unit, or of an application (set by its leader).
#[derive(Debug, Default, Deserialize)]
struct RequirerData {
    #[serde(default)]
    certificate_signing_requests: Vec<RequestEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RequestEntry {
    certificate_signing_request: String,
    #[serde(default)]
    ca: Option<bool>,
}

/// A request that was sent.
#[derive(Clone, Debug)]
pub(super) struct SentRequest {
    pub(super) request: CertificateSigningRequest,
    pub(super) ca: bool,
}

impl SentRequest {
    fn entry(&self) -> RequestEntry {
        RequestEntry { certificate_signing_request: self.request.pem().to_owned(), ca: Some(self.ca) }
    }
}

/// The requests in a databag. Invalid ones are ignored: they get no certificate.
pub(super) fn load_requests(databag: &Databag) -> Result<Vec<SentRequest>, ops::Error> {
    let data: RequirerData = databag.load()?;
    let mut sent = Vec::new();
    for RequestEntry { certificate_signing_request, ca } in data.certificate_signing_requests {
        match CertificateSigningRequest::from_pem(&certificate_signing_request) {
            Ok(request) => sent.push(SentRequest { request, ca: ca.unwrap_or(false) }),
            Err(error) => tracing::warn!("{databag:?}: {error}"),
        }
    }
    Ok(sent)
}

/// Write the requests to a databag.
pub(super) fn save_requests(databag: &Databag, sent: &[SentRequest]) -> Result<(), ops::Error> {
    let entries: Vec<_> = sent.iter().map(SentRequest::entry).collect();
    set_list(databag, "certificate_signing_requests", &entries)
}

/// An empty list removes the key, as in the Python library.
fn set_list<T: Serialize>(databag: &Databag, key: &str, list: &[T]) -> Result<(), ops::Error> {
    let text = if list.is_empty() { String::new() } else { serde_json::to_string(list).unwrap_or_default() };
    databag.set(key, &text)
}

/// The databag with the requests of this unit or of its application.
pub(super) fn requests_databag(relation: &Relation, mode: Mode) -> Databag {
    match mode {
        Mode::Unit => relation.unit_data(),
        Mode::App => relation.app_data(),
    }
}

/// Whether this unit can write that databag: only the leader can write the application's.
pub(super) fn can_write(model: &Model, mode: Mode) -> Result<bool, ops::Error> {
    match mode {
        Mode::Unit => Ok(true),
        Mode::App => model.is_leader(),
    }
}
