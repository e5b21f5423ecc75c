//! The certificates that a provider has assigned to a requirer.

use ops::Relation;

use super::data::{Origin, ProviderData, SentRequest};
use super::{Certificate, CertificateRequestAttributes, Error, PrivateKey};

/// A certificate with everything that is needed to use it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssignedCertificate {
    /// The request.
    pub request: CertificateRequestAttributes,
    /// The certificate.
    pub certificate: Certificate,
    /// The CA's certificate.
    pub ca: Certificate,
    /// All certificates from this one to the CA's, in the provider's order.
    pub chain: Vec<Certificate>,
    /// The private key.
    pub private_key: PrivateKey,
}

impl AssignedCertificate {
    /// The certificate and its chain in PEM, as web servers expect it.
    #[must_use]
    pub fn chain_pem(&self) -> String {
        let mut certificates: Vec<&str> = self.chain.iter().map(Certificate::pem).collect();
        if certificates.first() != Some(&self.certificate.pem()) {
            certificates.insert(0, self.certificate.pem());
        }
        certificates.join("\n") + "\n"
    }
}

/// The provider's data and its origin. `None` if the provider has written nothing.
pub(super) fn load_provider_data(relation: &Relation) -> Result<Option<(ProviderData, Origin)>, ops::Error> {
    let Some(app) = relation.app()? else { return Ok(None) };
    let origin = Origin { relation: relation.to_string(), provider: app.name().to_owned() };
    Ok(Some((relation.data(&app).load()?, origin)))
}

/// The certificate for this request. `None` while there is no answer, or if it was revoked.
pub(super) fn assigned_certificate(
    provider_data: &ProviderData,
    sent: &SentRequest,
    key: &PrivateKey,
    origin: &Origin,
) -> Result<Option<AssignedCertificate>, Error> {
    let mut first_error = None;
    for entry in provider_data.certificates.iter().filter(|entry| entry.answers(&sent.request)) {
        if entry.revoked == Some(true) {
            continue;
        }
        match entry.verify(sent, key, origin) {
            Ok(certificate) => {
                let chain =
                    entry.chain.iter().flatten().map(|pem| Certificate::from_pem(pem)).collect::<Result<_, _>>()?;
                return Ok(Some(AssignedCertificate {
                    request: CertificateRequestAttributes { ca: sent.ca, ..sent.request.content() },
                    ca: Certificate::from_pem(&entry.ca)?,
                    chain,
                    certificate,
                    private_key: key.clone(),
                }));
            }
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    if let Some(error) = first_error {
        return Err(error);
    }
    let denial = provider_data.request_errors.iter().find(|entry| entry.request() == sent.request.pem());
    match denial {
        Some(entry) => Err(Error::Denied {
            provider: origin.provider.clone(),
            common_name: sent.request.content().common_name,
            code: entry.error.code,
            message: entry.error.message.clone(),
        }),
        None => Ok(None),
    }
}
