//! The side that issues certificates.

use ops::on::EventSource;
use ops::{
    CustomEvent, CustomRelation, Databag, Framework, Library, Model, Relation, RelationChangedEvent,
    RelationCreatedEvent, RelationDepartedEvent, on,
};
use serde::{Deserialize, Serialize};

use super::data::{Entry, ErrorEntry, ProviderData, RequestError, Sent, requests};
use super::{Capabilities, Certificate, Error, SigningRequest};

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
///     for requested in CERTIFICATES.outstanding(model)? {
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
    capabilities: Option<Advertised>,
}

/// The server's capabilities, according to the charm.
pub type Advertised = fn(&Model) -> anyhow::Result<Capabilities>;

/// A relation has unanswered requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Requests {
    /// The number of unanswered requests.
    pub count: usize,
}

impl CustomEvent for Requests {
    const NAME: &'static str = "requested";
}

/// A request in a relation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Requested {
    /// The relation that it came over.
    pub relation: Relation,
    /// The requesting unit or application.
    pub by: String,
    /// The request itself.
    pub request: SigningRequest,
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
    pub const fn capabilities(mut self, capabilities: Advertised) -> Self {
        self.capabilities = Some(capabilities);
        self
    }

    /// A relation has unanswered requests. Only emitted on the leader.
    pub fn requested(&self) -> EventSource<CustomRelation<Requests>> {
        self.event()
    }

    /// All requests of all relations.
    ///
    /// # Errors
    /// A hook command failed. Invalid databags are ignored, with a warning.
    pub fn requests(&self, model: &Model) -> Result<Vec<Requested>, Error> {
        let mut all = Vec::new();
        for relation in model.relations(self.endpoint)? {
            all.extend(requested(&relation)?);
        }
        Ok(all)
    }

    /// The requests with neither a certificate nor a refusal. Only on the leader.
    ///
    /// # Errors
    /// As [`requests`](Self::requests); this unit is not the leader.
    pub fn outstanding(&self, model: &Model) -> Result<Vec<Requested>, Error> {
        let mut all = Vec::new();
        for relation in model.relations(self.endpoint)? {
            all.extend(outstanding(&relation)?);
        }
        Ok(all)
    }

    /// Issue a certificate for a request, and replace a previous one. `between` are the certificates between it and
    /// the CA's.
    ///
    /// # Errors
    /// The certificate is for another key than the request. This unit is not the leader, or a hook command failed.
    pub fn issue(
        &self,
        requested: &Requested,
        certificate: &Certificate,
        ca: &Certificate,
        between: &[Certificate],
    ) -> Result<(), Error> {
        if certificate.public_der() != requested.request.public_der() {
            let why = format!("it is for another key than the request of {}", requested.by);
            return Err(Error::Unmade { what: "an answer with this certificate", why });
        }
        let mut chain = vec![certificate.pem().to_owned()];
        chain.extend(between.iter().map(|certificate| certificate.pem().to_owned()));
        if ca != certificate {
            chain.push(ca.pem().to_owned());
        }
        self.change(&requested.relation, |data| {
            data.forget(&requested.request);
            data.certificates.push(Entry {
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
    pub fn refuse(&self, requested: &Requested, error: RequestError) -> Result<(), Error> {
        self.change(&requested.relation, |data| {
            data.forget(&requested.request);
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
            self.change(&relation, |data| {
                data.certificates.iter_mut().for_each(|entry| entry.revoked = Some(true));
            })?;
        }
        Ok(())
    }

    fn change(&self, relation: &Relation, change: impl FnOnce(&mut ProviderData)) -> Result<(), Error> {
        let databag = relation.app_data();
        let mut data = ProviderData::ours(&databag)?;
        change(&mut data);
        Ok(data.save(&databag)?)
    }

    fn on_created(&self, event: &RelationCreatedEvent, model: &Model) -> Result<(), Error> {
        self.look(&event.relation, model)
    }

    fn on_changed(&self, event: &RelationChangedEvent, model: &Model) -> Result<(), Error> {
        self.look(&event.relation, model)
    }

    fn on_departed(&self, event: &RelationDepartedEvent, model: &Model) -> Result<(), Error> {
        self.look(&event.relation, model)
    }

    /// Withdraw what is no longer requested, and emit an event for unanswered requests.
    fn look(&self, relation: &Relation, model: &Model) -> Result<(), Error> {
        if !model.is_leader()? {
            return Ok(());
        }
        let wanted = requested(relation)?;
        let capabilities = self.capabilities.map(|of| of(model)).transpose().map_err(Error::Capabilities)?;
        self.change(relation, |data| {
            data.capabilities = capabilities;
            data.certificates.retain(|entry| wanted.iter().any(|requested| entry.answers(&requested.request)));
            data.request_errors
                .retain(|entry| wanted.iter().any(|requested| entry.request() == requested.request.pem()));
        })?;
        let count = outstanding(relation)?.len();
        if count > 0 {
            self.requested().emit(model, relation, &Requests { count })?;
        }
        Ok(())
    }
}

impl ProviderData {
    fn forget(&mut self, request: &SigningRequest) {
        self.certificates.retain(|entry| !entry.answers(request));
        self.request_errors.retain(|entry| entry.request() != request.pem());
    }
}

fn requested(relation: &Relation) -> Result<Vec<Requested>, Error> {
    let mut all = Vec::new();
    let mut add = |databag: Databag, by: &str| -> Result<(), Error> {
        match requests(&databag) {
            Ok(sent) => all.extend(sent.into_iter().map(|Sent { request, ca }| Requested {
                relation: relation.clone(),
                by: by.to_owned(),
                request,
                ca,
            })),
            // One requirer's mistake must not affect others.
            Err(error) => crate::pass_over(error)?,
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

fn outstanding(relation: &Relation) -> Result<Vec<Requested>, Error> {
    let data = ProviderData::ours(&relation.app_data())?;
    let answered = |request: &SigningRequest| {
        data.certificates.iter().any(|entry| entry.answers(request) && entry.revoked != Some(true))
            || data.request_errors.iter().any(|entry| entry.request() == request.pem())
    };
    Ok(requested(relation)?.into_iter().filter(|requested| !answered(&requested.request)).collect())
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
            self.look(&relation, model)?;
        }
        Ok(())
    }
}
