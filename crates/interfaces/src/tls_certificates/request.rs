//! Requests for certificates.

use std::collections::BTreeSet;
use std::net::IpAddr;

use p256::ecdsa::signature::{SignatureEncoding, Verifier};
use p256::pkcs8::spki::SubjectPublicKeyInfoRef;
use sha2::{Digest as _, Sha256};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{Any, Ia5String, ObjectIdentifier, PrintableString, Utf8StringRef};
use x509_cert::der::oid::AssociatedOid as _;
use x509_cert::der::oid::db::{rfc4519, rfc5912};
use x509_cert::der::pem::LineEnding;
use x509_cert::der::{Decode as _, DecodePem as _, Encode as _, EncodePem as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::request::{CertReq, ExtensionReq, RequestBuilder};

use super::{Error, PrivateKey};
use crate::hex;

/// The requested content of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct CertificateRequestAttributes {
    /// The subject's common name.
    pub common_name: String,
    /// The host names that it must be valid for.
    pub dns_names: BTreeSet<String>,
    /// The IP addresses that it must be valid for.
    pub ip_addresses: BTreeSet<IpAddr>,
    /// The subject's organization.
    pub organization: Option<String>,
    /// The subject's organizational unit.
    pub organizational_unit: Option<String>,
    /// The subject's country, as a two-letter code.
    pub country: Option<String>,
    /// The subject's state or province.
    pub state_or_province: Option<String>,
    /// The subject's locality.
    pub locality: Option<String>,
    /// Whether a CA certificate is requested.
    pub ca: bool,
}

impl CertificateRequestAttributes {
    /// Request a certificate with this common name. Modern programs ignore the common name, so also set
    /// [`dns_names`](Self::dns_names) or [`ip_addresses`](Self::ip_addresses).
    pub fn new(common_name: impl Into<String>) -> Self {
        Self {
            common_name: common_name.into(),
            dns_names: BTreeSet::new(),
            ip_addresses: BTreeSet::new(),
            organization: None,
            organizational_unit: None,
            country: None,
            state_or_province: None,
            locality: None,
            ca: false,
        }
    }

    /// Set the host names.
    #[must_use]
    pub fn dns_names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.dns_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Set the IP addresses.
    #[must_use]
    pub fn ip_addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.ip_addresses = addresses.into_iter().collect();
        self
    }

    /// Set the organization.
    #[must_use]
    pub fn organization(mut self, name: impl Into<String>) -> Self {
        self.organization = Some(name.into());
        self
    }

    /// Set the organizational unit.
    #[must_use]
    pub fn organizational_unit(mut self, name: impl Into<String>) -> Self {
        self.organizational_unit = Some(name.into());
        self
    }

    /// Set the country, as a two-letter code.
    #[must_use]
    pub fn country(mut self, code: impl Into<String>) -> Self {
        self.country = Some(code.into());
        self
    }

    /// Set the state or province.
    #[must_use]
    pub fn state_or_province(mut self, name: impl Into<String>) -> Self {
        self.state_or_province = Some(name.into());
        self
    }

    /// Set the locality.
    #[must_use]
    pub fn locality(mut self, name: impl Into<String>) -> Self {
        self.locality = Some(name.into());
        self
    }

    /// Request a CA certificate.
    #[must_use]
    pub fn ca(mut self) -> Self {
        self.ca = true;
        self
    }

    /// Sign the request. Each call gives another request, because the subject contains a unique number.
    ///
    /// # Errors
    /// A name cannot be used in a certificate.
    pub fn sign(&self, key: &PrivateKey) -> Result<CertificateSigningRequest, Error> {
        let cannot_create = |reason: &dyn std::fmt::Display| Error::CannotCreate {
            object: "the request for a certificate",
            reason: format!("{} of {}", reason, self.common_name),
        };
        let subject = self.subject(Some(&unique_identifier()?)).map_err(|error| cannot_create(&error))?;
        let mut builder = RequestBuilder::new(subject).map_err(|error| cannot_create(&error))?;
        let names = self.to_general_names().map_err(|error| cannot_create(&error))?;
        if !names.is_empty() {
            builder.add_extension(&SubjectAltName(names)).map_err(|error| cannot_create(&error))?;
        }
        let request = key.sign(builder).map_err(|error| cannot_create(&error))?;
        let pem = request.to_pem(LineEnding::LF).map_err(|error| cannot_create(&error))?;
        CertificateSigningRequest::from_pem(&pem)
    }

    pub(super) fn subject(&self, identifier: Option<&str>) -> Result<Name, x509_cert::der::Error> {
        let mut names = RdnSequence::default();
        let text = |value: &str| Any::encode_from(&Utf8StringRef::new(value)?);
        let mut push = |oid: ObjectIdentifier, value: Any| {
            names.push(RelativeDistinguishedName::try_from(vec![AttributeTypeAndValue { oid, value }])?);
            Ok::<(), x509_cert::der::Error>(())
        };
        if !self.common_name.is_empty() {
            push(rfc4519::CN, text(&self.common_name)?)?;
        }
        if let Some(identifier) = identifier {
            push(UNIQUE_IDENTIFIER, text(identifier)?)?;
        }
        for (oid, value) in [
            (rfc4519::O, &self.organization),
            (rfc4519::OU, &self.organizational_unit),
            (rfc4519::ST, &self.state_or_province),
            (rfc4519::L, &self.locality),
        ] {
            if let Some(value) = value {
                push(oid, text(value)?)?;
            }
        }
        if let Some(country) = &self.country {
            push(rfc4519::C, Any::encode_from(&PrintableString::new(country)?)?)?;
        }
        Ok(Name::hazmat_from_rdn_sequence(names))
    }

    pub(super) fn to_general_names(&self) -> Result<Vec<GeneralName>, x509_cert::der::Error> {
        let dns_names = self.dns_names.iter().map(|name| Ia5String::new(name).map(GeneralName::DnsName));
        dns_names.chain(self.ip_addresses.iter().map(|address| Ok(GeneralName::from(*address)))).collect()
    }
}

/// `x500UniqueIdentifier`, which distinguishes requests with the same content.
const UNIQUE_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.45");

fn unique_identifier() -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::CannotCreate { object: "a number for the request", reason: error.to_string() })?;
    Ok(hex(&bytes))
}

/// A request that was signed with its private key, for the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateSigningRequest {
    request: CertReq,
    pem: String,
}

impl CertificateSigningRequest {
    /// Parse a request in PEM.
    ///
    /// # Errors
    /// It is not a request.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let pem = pem.trim();
        let request = CertReq::from_pem(pem).map_err(|error| Error::invalid("request for a certificate")(&error))?;
        Ok(Self { request, pem: pem.to_owned() })
    }

    /// The request in PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The requested content, without [`ca`](CertificateRequestAttributes::ca), which is not part of the request.
    #[must_use]
    pub fn content(&self) -> CertificateRequestAttributes {
        let subject = &self.request.info.subject;
        let mut content = CertificateRequestAttributes {
            organization: subject_attribute(subject, rfc4519::O),
            organizational_unit: subject_attribute(subject, rfc4519::OU),
            country: subject_attribute(subject, rfc4519::C),
            state_or_province: subject_attribute(subject, rfc4519::ST),
            locality: subject_attribute(subject, rfc4519::L),
            ..CertificateRequestAttributes::new(subject_attribute(subject, rfc4519::CN).unwrap_or_default())
        };
        let extensions = self.request.info.attributes.iter().filter(|attribute| attribute.oid == ExtensionReq::OID);
        for value in extensions.flat_map(|attribute| attribute.values.iter()) {
            let Ok(extensions) = value.decode_as::<ExtensionReq>() else { continue };
            for extension in extensions.0.iter().filter(|extension| extension.extn_id == SubjectAltName::OID) {
                let Ok(names) = SubjectAltName::from_der(extension.extn_value.as_bytes()) else { continue };
                add_alternative_names(&mut content, &names);
            }
        }
        content
    }

    /// Whether the request was signed with its private key. `None` if the kind of key or signature cannot be verified
    /// here: P-256, P-384 and RSA can, each with its usual digest.
    #[must_use]
    pub fn has_valid_signature(&self) -> Option<bool> {
        use x509_cert::der::referenced::OwnedToRef as _;
        let content = self.request.info.to_der().ok()?;
        let key = self.request.info.public_key.owned_to_ref();
        let signature = self.request.signature.raw_bytes();
        match self.request.algorithm.oid {
            rfc5912::ECDSA_WITH_SHA_256 => {
                verify::<p256::ecdsa::VerifyingKey, p256::ecdsa::DerSignature>(key, &content, signature)
            }
            rfc5912::ECDSA_WITH_SHA_384 => {
                verify::<p384::ecdsa::VerifyingKey, p384::ecdsa::DerSignature>(key, &content, signature)
            }
            rfc5912::SHA_256_WITH_RSA_ENCRYPTION => {
                type VerifyingKey = rsa::pkcs1v15::VerifyingKey<Sha256>;
                verify::<VerifyingKey, rsa::pkcs1v15::Signature>(key, &content, signature)
            }
            _ => None,
        }
    }

    pub(super) fn request(&self) -> &CertReq {
        &self.request
    }

    pub(super) fn public_key_der(&self) -> Vec<u8> {
        self.request.info.public_key.to_der().unwrap_or_default()
    }

    /// The digest in the name of the certificate's secret, computed as in the Python library.
    pub(super) fn digest(&self) -> String {
        hex(&Sha256::digest(self.pem.as_bytes()))
    }
}

/// Whether this key made the signature. `None` if it is a key of another kind.
fn verify<'a, K, S>(key: SubjectPublicKeyInfoRef<'a>, content: &[u8], signature: &[u8]) -> Option<bool>
where
    K: TryFrom<SubjectPublicKeyInfoRef<'a>> + Verifier<S>,
    S: SignatureEncoding,
{
    let key = K::try_from(key).ok()?;
    Some(S::try_from(signature).is_ok_and(|signature| key.verify(content, &signature).is_ok()))
}

pub(super) fn subject_attribute(name: &Name, oid: ObjectIdentifier) -> Option<String> {
    let value = &name.iter().find(|attribute| attribute.oid == oid)?.value;
    std::str::from_utf8(value.value()).ok().map(str::to_owned)
}

pub(super) fn add_alternative_names(content: &mut CertificateRequestAttributes, names: &SubjectAltName) {
    for name in &names.0 {
        match name {
            GeneralName::DnsName(name) => {
                content.dns_names.insert(name.as_str().to_owned());
            }
            GeneralName::IpAddress(address) => {
                let bytes = address.as_bytes();
                let address = <[u8; 4]>::try_from(bytes)
                    .map(IpAddr::from)
                    .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
                content.ip_addresses.extend(address);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> CertificateRequestAttributes {
        CertificateRequestAttributes::new("shop, \"the\" = one")
            .dns_names(["shop.example.com", "*.example.com"])
            .ip_addresses(["10.0.0.7".parse().unwrap(), "2001:db8::7".parse().unwrap()])
            .organization("Ünit")
            .organizational_unit("Sales")
            .country("DE")
            .state_or_province("Berlin")
            .locality("Berlin")
    }

    #[test]
    fn a_request_has_the_requested_fields() {
        let key = PrivateKey::generate().unwrap();
        let signed = request().sign(&key).unwrap();
        assert!(signed.pem().starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
        assert_eq!(CertificateSigningRequest::from_pem(signed.pem()).unwrap().content(), request());
        assert_eq!(signed.public_key_der(), key.public_key_der());
        assert_eq!(signed.has_valid_signature(), Some(true));
    }

    #[test]
    fn two_requests_with_the_same_content_differ() {
        let key = PrivateKey::generate().unwrap();
        let (first, second) = (request().sign(&key).unwrap(), request().sign(&key).unwrap());
        assert_ne!(first.pem(), second.pem());
        assert_ne!(first.digest(), second.digest());
        assert_eq!(first.content(), second.content());
    }

    #[test]
    fn a_request_with_another_public_key_has_no_valid_signature() {
        let mut signed = request().sign(&PrivateKey::generate().unwrap()).unwrap();
        let other = request().sign(&PrivateKey::generate().unwrap()).unwrap();
        signed.request.info.public_key = other.request.info.public_key;
        assert_eq!(signed.has_valid_signature(), Some(false));
    }

    #[test]
    fn an_invalid_request_is_refused() {
        for pem in ["", "nonsense", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"] {
            let error = CertificateSigningRequest::from_pem(pem).unwrap_err().to_string();
            assert!(error.starts_with("this is not a request for a certificate: "), "{error}");
        }
        let error =
            CertificateRequestAttributes::new("shop").dns_names(["ü.example"]).sign(&PrivateKey::generate().unwrap());
        assert!(error.unwrap_err().to_string().starts_with("the request for a certificate cannot be made: "));
    }
}
