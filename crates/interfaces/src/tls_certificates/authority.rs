//! A CA, for self-signing charms and for tests.

use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};
use x509_cert::TbsCertificate;
use x509_cert::builder::CertificateBuilder;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::der::EncodePem as _;
use x509_cert::der::asn1::OctetString;
use x509_cert::der::flagset::FlagSet;
use x509_cert::der::pem::LineEnding;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoRef;
use x509_cert::time::{Time, Validity};

use super::{
    Certificate, CertificateRequestAttributes, CertificateSigningRequest, Error, PrivateKey, RequirerCertificateRequest,
};

/// A CA's private key and certificate.
#[derive(Clone, Debug)]
pub struct Authority {
    key: PrivateKey,
    certificate: Certificate,
}

impl Authority {
    /// Create a self-signed CA.
    ///
    /// # Errors
    /// The machine has no random numbers, or the name cannot be used in a certificate.
    pub fn generate(common_name: &str, valid_for: Duration) -> Result<Self, Error> {
        Self::with_key(common_name, PrivateKey::generate()?, valid_for)
    }

    /// Create a self-signed CA with this key.
    ///
    /// # Errors
    /// The name cannot be used in a certificate.
    pub fn with_key(common_name: &str, key: PrivateKey, valid_for: Duration) -> Result<Self, Error> {
        let request = CertificateRequestAttributes::new(common_name).ca();
        let signed = request.sign(&key)?;
        let subject = request.subject(None).map_err(|error| cannot_create(&error))?;
        let certificate = sign(&key, &subject, &subject, &signed, &request, valid_for)?;
        Ok(Self { key, certificate })
    }

    /// The CA with this key and certificate.
    ///
    /// # Errors
    /// They do not belong together, or the certificate is not that of a CA.
    pub fn new(key: PrivateKey, certificate: Certificate) -> Result<Self, Error> {
        if !certificate.matches_private_key(&key) || !certificate.is_ca() {
            let reason = format!("that of {} is not, or is for another key", certificate.common_name());
            return Err(Error::Invalid { kind: "certificate of a CA with this key", reason });
        }
        Ok(Self { key, certificate })
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Its private key.
    #[must_use]
    pub fn private_key(&self) -> &PrivateKey {
        &self.key
    }

    /// Sign a request for a certificate that is not a CA's. The certificate has the requested names, and is valid from
    /// a minute ago, because clocks differ.
    ///
    /// # Errors
    /// The request was not signed with its own private key.
    pub fn sign(&self, request: &CertificateSigningRequest, valid_for: Duration) -> Result<Certificate, Error> {
        self.sign_as(request, false, valid_for)
    }

    /// Sign a request with the certificate of a CA, which signs others.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn sign_ca(&self, request: &CertificateSigningRequest, valid_for: Duration) -> Result<Certificate, Error> {
        self.sign_as(request, true, valid_for)
    }

    /// Sign a request that came over a relation, with the kind of certificate that it is for.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn sign_requested(
        &self,
        requested: &RequirerCertificateRequest,
        valid_for: Duration,
    ) -> Result<Certificate, Error> {
        self.sign_as(&requested.request, requested.ca, valid_for)
    }

    fn sign_as(
        &self,
        request: &CertificateSigningRequest,
        ca: bool,
        valid_for: Duration,
    ) -> Result<Certificate, Error> {
        if request.has_valid_signature() == Some(false) {
            return Err(Error::CannotCreate {
                object: "a certificate",
                reason: "the request is signed with another key".into(),
            });
        }
        let content = CertificateRequestAttributes { ca, ..request.content() };
        let subject = request.request().info.subject.clone();
        sign(&self.key, self.certificate.subject(), &subject, request, &content, valid_for)
    }
}

fn cannot_create(reason: &dyn std::fmt::Display) -> Error {
    Error::CannotCreate { object: "a certificate", reason: reason.to_string() }
}

fn sign(
    key: &PrivateKey,
    issuer: &Name,
    subject: &Name,
    request: &CertificateSigningRequest,
    content: &CertificateRequestAttributes,
    valid_for: Duration,
) -> Result<Certificate, Error> {
    let now = SystemTime::now();
    let time = |time: SystemTime| Time::try_from(time).map_err(|error| cannot_create(&error));
    let validity = Validity::new(time(now - Duration::from_mins(1))?, time(now + valid_for)?);
    let mut serial = [0_u8; 16];
    getrandom::fill(&mut serial).map_err(|error| cannot_create(&error))?;
    // A positive number of 16 bytes.
    serial[0] = serial[0] & 0x7f | 0x40;
    let serial = SerialNumber::new(&serial).map_err(|error| cannot_create(&error))?;
    let profile = Profile { issuer: issuer.clone(), subject: subject.clone(), ca: content.ca };
    let public = request.request().info.public_key.clone();
    let mut builder =
        CertificateBuilder::new(profile, serial, validity, public).map_err(|error| cannot_create(&error))?;
    let names = content.to_general_names().map_err(|error| cannot_create(&error))?;
    if !names.is_empty() {
        builder.add_extension(&SubjectAltName(names)).map_err(|error| cannot_create(&error))?;
    }
    let certificate = key.sign(builder).map_err(|error| cannot_create(&error))?;
    Certificate::from_pem(&certificate.to_pem(LineEnding::LF).map_err(|error| cannot_create(&error))?)
}

/// The extensions of a certificate besides names: usage, and key identifiers.
struct Profile {
    issuer: Name,
    subject: Name,
    ca: bool,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        issuer: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let usage: FlagSet<KeyUsages> = if self.ca {
            KeyUsages::KeyCertSign | KeyUsages::CRLSign
        } else {
            KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment
        };
        let subject_id = SubjectKeyIdentifier(key_id(&key)?);
        let issuer_id = AuthorityKeyIdentifier { key_identifier: Some(key_id(&issuer)?), ..Default::default() };
        let constraints = BasicConstraints { ca: self.ca, path_len_constraint: None };
        let name = tbs.subject();
        Ok(vec![
            (&subject_id).to_extension(name, &[])?,
            (&issuer_id).to_extension(name, &[])?,
            (true, &constraints).to_extension(name, &[])?,
            (&KeyUsage(usage)).to_extension(name, &[])?,
        ])
    }
}

/// A key's identifier, by which a CA's certificate is found: any value that is stable for the key.
fn key_id(key: &SubjectPublicKeyInfoRef<'_>) -> x509_cert::der::Result<OctetString> {
    OctetString::new(&Sha256::digest(key.subject_public_key.raw_bytes())[..20])
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn a_certificate_has_the_requested_fields() {
        let authority = Authority::generate("Our CA", 10 * DAY).unwrap();
        assert!(authority.certificate().is_ca());
        let key = PrivateKey::generate().unwrap();
        let request = CertificateRequestAttributes::new("shop").dns_names(["shop.example.com"]).sign(&key).unwrap();
        let certificate = authority.sign(&request, DAY).unwrap();
        assert_eq!(certificate.common_name(), "shop");
        assert_eq!(certificate.dns_names(), ["shop.example.com".to_owned()].into());
        assert!(certificate.matches_private_key(&key) && !certificate.matches_private_key(authority.private_key()));
        assert!(!certificate.is_ca() && authority.sign_ca(&request, DAY).unwrap().is_ca());
        assert!(certificate.not_before() < SystemTime::now());
        let validity = certificate.not_after().duration_since(SystemTime::now()).unwrap();
        assert!(validity <= DAY && validity + Duration::from_mins(1) > DAY, "{validity:?}");
        assert_eq!(Certificate::from_pem(certificate.pem()).unwrap(), certificate);
        Authority::new(authority.key.clone(), authority.certificate.clone()).unwrap();
        Authority::new(key, authority.certificate.clone()).unwrap_err();
    }
}
