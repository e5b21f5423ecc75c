//! Issued certificates, as a requirer finds them.

use ops::Relation;

use super::data::{Origin, ProviderData, Sent};
use super::{Certificate, CertificateRequest, Error, PrivateKey};

/// A certificate with everything that is needed to use it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issued {
    /// The request.
    pub request: CertificateRequest,
    /// The certificate.
    pub certificate: Certificate,
    /// The CA's certificate.
    pub ca: Certificate,
    /// All certificates from this one to the CA's, in the provider's order.
    pub chain: Vec<Certificate>,
    /// The private key.
    pub private_key: PrivateKey,
}

impl Issued {
    /// The certificate and its chain in PEM, as web servers expect it.
    #[must_use]
    pub fn chain_pem(&self) -> String {
        let mut pems: Vec<&str> = self.chain.iter().map(Certificate::pem).collect();
        if pems.first() != Some(&self.certificate.pem()) {
            pems.insert(0, self.certificate.pem());
        }
        pems.join("\n") + "\n"
    }
}

/// The provider's data and its origin. `None` if the provider has written nothing.
pub(super) fn provided(relation: &Relation) -> Result<Option<(ProviderData, Origin)>, ops::Error> {
    let Some(app) = relation.app()? else { return Ok(None) };
    let origin = Origin { relation: relation.to_string(), provider: app.name().to_owned() };
    Ok(Some((relation.data(&app).load()?, origin)))
}

/// The certificate for this request. `None` while there is no answer, or if it was revoked.
pub(super) fn found(
    provided: &ProviderData,
    sent: &Sent,
    key: &PrivateKey,
    origin: &Origin,
) -> Result<Option<Issued>, Error> {
    let mut wrong = None;
    for entry in provided.certificates.iter().filter(|entry| entry.answers(&sent.request)) {
        if entry.revoked == Some(true) {
            continue;
        }
        match entry.checked(sent, key, origin) {
            Ok(certificate) => {
                let chain =
                    entry.chain.iter().flatten().map(|pem| Certificate::from_pem(pem)).collect::<Result<_, _>>()?;
                return Ok(Some(Issued {
                    request: CertificateRequest { ca: sent.ca, ..sent.request.content() },
                    ca: Certificate::from_pem(&entry.ca)?,
                    chain,
                    certificate,
                    private_key: key.clone(),
                }));
            }
            Err(error) => wrong = wrong.or(Some(error)),
        }
    }
    if let Some(error) = wrong {
        return Err(error);
    }
    let refusal = provided.request_errors.iter().find(|entry| entry.request() == sent.request.pem());
    match refusal {
        Some(entry) => Err(Error::Denied {
            provider: origin.provider.clone(),
            common_name: sent.request.content().common_name,
            code: entry.error.code,
            message: entry.error.message.clone(),
        }),
        None => Ok(None),
    }
}
