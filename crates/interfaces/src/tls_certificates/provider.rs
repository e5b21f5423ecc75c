//! The side that issues certificates.

use ops::on::EventSource;
use ops::{
    CustomEvent, CustomRelation, Databag, Framework, Library, Model, Relation, RelationChangedEvent,
    RelationCreatedEvent, RelationDepartedEvent, on,
};
use serde::{Deserialize, Serialize};

use super::data::{CertificateEntry, ErrorEntry, ProviderData, RequestError, SentRequest, load_requests};
use super::{Capabilities, Certificate, CertificateSigningRequest, Error};

/// Issues certificates. Only the leader does this.
///
/// ```
/// # use std::time::Duration;
/// use interfaces::tls_certificates::{Authority, Provider};
/// use ops::Model;
///
/// const CERTIFICATES: Provider = Provider::new("certificates");
///
/// # struct CaCharm { authority: Authority }
/// # impl CaCharm {
/// fn sign_all(&mut self, model: &Model) -> anyhow::Result<()> {
///     for requested in CERTIFICATES.outstanding_certificate_requests(model)? {
///         let certificate = self.authority.sign_requested(&requested, Duration::from_hours(90 * 24))?;
///         CERTIFICATES.issue(&requested, &certificate, self.authority.certificate(), &[])?;
///     }
///     Ok(())
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    endpoint: &'static str,
    capabilities: Option<CapabilitiesFn>,
}

/// A function of the charm that returns the server's capabilities.
pub type CapabilitiesFn = fn(&Model) -> anyhow::Result<Capabilities>;

/// A relation has unanswered requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CertificatesRequested {
    /// The number of unanswered requests.
    pub count: usize,
}

impl CustomEvent for CertificatesRequested {
    const NAME: &'static str = "certificates_requested";
}

/// A request in a relation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RequirerCertificateRequest {
    /// The relation that it came over.
    pub relation: Relation,
    /// The requesting unit or application.
    pub requirer: String,
    /// The request itself.
    pub request: CertificateSigningRequest,
    /// Whether a CA certificate is requested.
    pub ca: bool,
}

impl Provider {
    /// A provider at this endpoint.
    #[must_use]
    pub const fn new(endpoint: &'static str) -> Self {
        Self { endpoint, capabilities: None }
    }

    /// Publish the server's capabilities, so that requirers can choose what to request. The function is called on the
    /// relation's events, and on those that [`refresh_on`](ops::RefreshOn::refresh_on) names.
    #[must_use]
    pub const fn capabilities(mut self, capabilities: CapabilitiesFn) -> Self {
        self.capabilities = Some(capabilities);
        self
    }

    /// A relation has unanswered requests. Only emitted on the leader.
    pub fn certificates_requested(&self) -> EventSource<CustomRelation<CertificatesRequested>> {
        self.event()
    }

    /// All requests of all relations.
    ///
    /// # Errors
    /// A hook command failed. Invalid databags are ignored, with a warning.
    pub fn certificate_requests(&self, model: &Model) -> Result<Vec<RequirerCertificateRequest>, Error> {
        let mut all = Vec::new();
        for relation in model.relations(self.endpoint)? {
            all.extend(load_certificate_requests(&relation)?);
        }
        Ok(all)
    }

    /// The requests with neither a certificate nor a refusal. Only on the leader.
    ///
    /// # Errors
    /// As [`certificate_requests`](Self::certificate_requests); this unit is not the leader.
    pub fn outstanding_certificate_requests(&self, model: &Model) -> Result<Vec<RequirerCertificateRequest>, Error> {
        let mut all = Vec::new();
        for relation in model.relations(self.endpoint)? {
            all.extend(load_outstanding(&relation)?);
        }
        Ok(all)
    }

    /// Issue a certificate for a request, and replace a previous one. `intermediates` are the certificates between it
    /// and the CA's.
    ///
    /// # Errors
    /// The certificate is for another key than the request. This unit is not the leader, or a hook command failed.
    pub fn issue(
        &self,
        requested: &RequirerCertificateRequest,
        certificate: &Certificate,
        ca: &Certificate,
        intermediates: &[Certificate],
    ) -> Result<(), Error> {
        if certificate.public_key_der() != requested.request.public_key_der() {
            let reason = format!("it is for another key than the request of {}", requested.requirer);
            return Err(Error::CannotCreate { object: "an answer with this certificate", reason });
        }
        let mut chain = vec![certificate.pem().to_owned()];
        chain.extend(intermediates.iter().map(|certificate| certificate.pem().to_owned()));
        if ca != certificate {
            chain.push(ca.pem().to_owned());
        }
        self.update_data(&requested.relation, |data| {
            data.remove_answers(&requested.request);
            data.certificates.push(CertificateEntry {
                ca: ca.pem().to_owned(),
                certificate_signing_request: requested.request.pem().to_owned(),
                certificate: certificate.pem().to_owned(),
                chain: Some(chain),
                recommended_expiry_notification_time: None,
                revoked: Some(false),
            });
        })
    }

    /// Refuse a request, and withdraw its certificate.
    ///
    /// # Errors
    /// This unit is not the leader, or a hook command failed.
    pub fn refuse(&self, requested: &RequirerCertificateRequest, error: RequestError) -> Result<(), Error> {
        self.update_data(&requested.relation, |data| {
            data.remove_answers(&requested.request);
            data.request_errors.push(ErrorEntry::new(&requested.request, error));
        })
    }

    /// Revoke all certificates of all relations, because the CA has changed. [`issue`](Self::issue) new ones
    /// afterwards.
    ///
    /// # Errors
    /// This unit is not the leader, or a hook command failed.
    pub fn revoke_all(&self, model: &Model) -> Result<(), Error> {
        for relation in model.relations(self.endpoint)? {
            self.update_data(&relation, |data| {
                data.certificates.iter_mut().for_each(|entry| entry.revoked = Some(true));
            })?;
        }
        Ok(())
    }

    fn update_data(&self, relation: &Relation, update: impl FnOnce(&mut ProviderData)) -> Result<(), Error> {
        let databag = relation.app_data();
        let mut data = ProviderData::load(&databag)?;
        update(&mut data);
        Ok(data.save(&databag)?)
    }

    fn on_created(&self, event: &RelationCreatedEvent, model: &Model) -> Result<(), Error> {
        self.reconcile(&event.relation, model)
    }

    fn on_changed(&self, event: &RelationChangedEvent, model: &Model) -> Result<(), Error> {
        self.reconcile(&event.relation, model)
    }

    fn on_departed(&self, event: &RelationDepartedEvent, model: &Model) -> Result<(), Error> {
        self.reconcile(&event.relation, model)
    }

    /// Withdraw what is no longer requested, and emit an event for unanswered requests.
    fn reconcile(&self, relation: &Relation, model: &Model) -> Result<(), Error> {
        if !model.is_leader()? {
            return Ok(());
        }
        let requests = load_certificate_requests(relation)?;
        let capabilities =
            self.capabilities.map(|capabilities| capabilities(model)).transpose().map_err(Error::Capabilities)?;
        self.update_data(relation, |data| {
            data.capabilities = capabilities;
            data.certificates.retain(|entry| requests.iter().any(|requested| entry.answers(&requested.request)));
            data.request_errors
                .retain(|entry| requests.iter().any(|requested| entry.request() == requested.request.pem()));
        })?;
        let count = load_outstanding(relation)?.len();
        if count > 0 {
            self.certificates_requested().emit(model, relation, &CertificatesRequested { count })?;
        }
        Ok(())
    }
}

impl ProviderData {
    fn remove_answers(&mut self, request: &CertificateSigningRequest) {
        self.certificates.retain(|entry| !entry.answers(request));
        self.request_errors.retain(|entry| entry.request() != request.pem());
    }
}

fn load_certificate_requests(relation: &Relation) -> Result<Vec<RequirerCertificateRequest>, Error> {
    let mut all = Vec::new();
    let mut add = |databag: Databag, requirer: &str| -> Result<(), Error> {
        match load_requests(&databag) {
            Ok(sent) => all.extend(sent.into_iter().map(|SentRequest { request, ca }| RequirerCertificateRequest {
                relation: relation.clone(),
                requirer: requirer.to_owned(),
                request,
                ca,
            })),
            // One requirer's invalid data must not affect others.
            Err(error) => crate::skip_invalid_data(error)?,
        }
        Ok(())
    };
    for unit in relation.units()? {
        add(relation.data(&unit), unit.name())?;
    }
    if let Some(app) = relation.app()? {
        add(relation.data(&app), app.name())?;
    }
    Ok(all)
}

fn load_outstanding(relation: &Relation) -> Result<Vec<RequirerCertificateRequest>, Error> {
    let data = ProviderData::load(&relation.app_data())?;
    let answered = |request: &CertificateSigningRequest| {
        data.certificates.iter().any(|entry| entry.answers(request) && entry.revoked != Some(true))
            || data.request_errors.iter().any(|entry| entry.request() == request.pem())
    };
    Ok(load_certificate_requests(relation)?.into_iter().filter(|requested| !answered(&requested.request)).collect())
}

impl Library for Provider {
    fn name(&self) -> &str {
        self.endpoint
    }

    fn observe(&self, framework: &mut Framework<Self>) {
        if self.capabilities.is_some() {
            framework.observe(on::relation_created(self.endpoint), Self::on_created);
        }
        framework.observe(on::relation_changed(self.endpoint), Self::on_changed);
        framework.observe(on::relation_departed(self.endpoint), Self::on_departed);
    }

    fn refresh(&self, model: &Model) -> anyhow::Result<()> {
        for relation in model.relations(self.endpoint)? {
            self.reconcile(&relation, model)?;
        }
        Ok(())
    }
}
