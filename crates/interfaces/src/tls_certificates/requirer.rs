//! The side that asks for certificates.

use std::time::SystemTime;

use ops::on::EventSource;
use ops::{
    CustomEvent, CustomRelation, Databag, Framework, Library, Model, Relation, RelationBrokenEvent, SecretExpiredEvent,
    SecretRemoveEvent, on,
};
use serde::{Deserialize, Serialize};

use super::data::{Origin, ProviderData, RequirerData, Sent, may_write, requests};
use super::issued::{Issued, found, provided};
use super::secrets::{Secrets, latest};
use super::{CertificateRequest, Error, PrivateKey, SigningRequest};

/// Whose certificates they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Each unit has its own key and certificates.
    #[default]
    Unit,
    /// The application has one key and one set of certificates, which the leader alone sees.
    App,
}

/// Which certificates the charm wants.
pub type Wanted = fn(&Model) -> anyhow::Result<Vec<CertificateRequest>>;

/// Asks for certificates, and keeps them fresh: a new request is sent before one ends.
///
/// The private key and the certificates are in secrets of the unit's, or of the application's. A certificate's secret expires
/// when it is time to renew it.
#[derive(Clone, Copy, Debug)]
pub struct Requirer {
    endpoint: &'static str,
    wanted: Wanted,
    mode: Mode,
    renew_after: f64,
}

/// A certificate is there, new or renewed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Available {
    /// Whom it is for.
    pub common_name: String,
}

impl CustomEvent for Available {
    const NAME: &'static str = "available";
}

/// The provider refuses a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Denied {
    /// For whom.
    pub common_name: String,
    /// The error's number.
    pub code: i64,
    /// What the provider says.
    pub message: String,
}

impl CustomEvent for Denied {
    const NAME: &'static str = "denied";
}

/// A certificate must not be used any more: it was revoked, or the relation is gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Gone {
    /// Whom it was for; empty if all are gone.
    pub common_name: String,
}

impl CustomEvent for Gone {
    const NAME: &'static str = "gone";
}

impl Requirer {
    /// Certificates for each unit, at this endpoint. `wanted` says which, and is called at the relation's events and at
    /// those that [`refresh_on`](ops::RefreshOn::refresh_on) names.
    #[must_use]
    pub const fn new(endpoint: &'static str, wanted: Wanted) -> Self {
        Self { endpoint, wanted, mode: Mode::Unit, renew_after: 0.9 }
    }

    /// Certificates of the application's, which its leader asks for and sees.
    #[must_use]
    pub const fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Renew a certificate after this part of the time that it is good for, instead of 0.9 of it.
    #[must_use]
    pub const fn renew_after(mut self, part: f64) -> Self {
        self.renew_after = part;
        self
    }

    /// A certificate is there, new or renewed.
    pub fn available(&self) -> EventSource<CustomRelation<Available>> {
        self.event()
    }

    /// The provider refuses a certificate.
    pub fn denied(&self) -> EventSource<CustomRelation<Denied>> {
        self.event()
    }

    /// A certificate must not be used any more.
    pub fn gone(&self) -> EventSource<ops::Custom<Gone>> {
        self.event()
    }

    /// The certificate for the first of the requests that the charm wants: all there is to know for most charms. None
    /// while there is no relation, or no answer.
    ///
    /// # Errors
    /// As [`all_issued`](Self::all_issued).
    pub fn issued(&self, model: &Model) -> Result<Option<Issued>, Error> {
        Ok(self.all_issued(model)?.into_iter().next())
    }

    /// The certificates that can be used, in the order of the charm's requests.
    ///
    /// # Errors
    /// The provider refuses one ([`Error::Denied`]), or sent one that is not what was asked for; what it wrote cannot be
    /// read; a hook command failed.
    pub fn all_issued(&self, model: &Model) -> Result<Vec<Issued>, Error> {
        let model = &model.of(self);
        let Some(relation) = model.relation(self.endpoint)? else { return Ok(Vec::new()) };
        if !may_write(model, self.mode == Mode::App)? {
            return Ok(Vec::new());
        }
        let Some(private_key) = self.secrets(model).key()? else { return Ok(Vec::new()) };
        let Some((provided, origin)) = provided(&relation)? else { return Ok(Vec::new()) };
        let sent = requests(&self.databag(&relation))?;
        let mut issued = Vec::new();
        for request in (self.wanted)(model).map_err(Error::Requests)? {
            let Some(sent) = sent.iter().find(|sent| asks_for(sent, &request, &private_key)) else { continue };
            issued.extend(found(&provided, sent, &private_key, &origin)?);
        }
        Ok(issued)
    }

    /// Make a new private key and ask for all certificates again.
    ///
    /// # Errors
    /// A hook command failed.
    pub fn replace_private_key(&self, model: &Model) -> Result<(), Error> {
        let model = &model.of(self);
        if may_write(model, self.mode == Mode::App)? {
            self.secrets(model).replace_key()?;
        }
        self.configure(model)
    }

    fn secrets<'a>(&self, model: &'a Model) -> Secrets<'a> {
        Secrets { model, endpoint: self.endpoint, mode: self.mode }
    }

    fn databag(&self, relation: &Relation) -> Databag {
        match self.mode {
            Mode::Unit => relation.unit_data(),
            Mode::App => relation.app_data(),
        }
    }

    fn on_event<E>(&self, _event: &E, model: &Model) -> Result<(), Error> {
        self.configure(model)
    }

    /// Ask for what is wanted and not asked for yet, and take what has come.
    fn configure(&self, model: &Model) -> Result<(), Error> {
        let Some(relation) = model.relation(self.endpoint)? else { return Ok(()) };
        if !may_write(model, self.mode == Mode::App)? {
            return Ok(());
        }
        let key = self.secrets(model).key_or_new()?;
        let sent = self.send(model, &relation, &key)?;
        // What the other side wrote is not this unit's fault: it does not fail its hooks. `issued` says what is wrong.
        let (provided, origin) = match provided(&relation) {
            Ok(Some(provided)) => provided,
            Ok(None) => return Ok(()),
            Err(error) => return Ok(crate::pass_over(error)?),
        };
        self.take(model, &relation, &key, &sent, &provided, &origin)?;
        self.tell_refusals(model, &relation, &sent, &provided)
    }

    /// Write the requests into the databag: those that stand there already and are still wanted, and new ones.
    fn send(&self, model: &Model, relation: &Relation, key: &PrivateKey) -> Result<Vec<Sent>, Error> {
        let databag = self.databag(relation);
        let old = requests(&databag)?;
        let mut sent = Vec::new();
        for request in (self.wanted)(model).map_err(Error::Requests)? {
            match old.iter().find(|sent| asks_for(sent, &request, key)) {
                Some(same) => sent.push(same.clone()),
                None => sent.push(Sent { request: request.sign(key)?, ca: request.ca }),
            }
        }
        for dropped in old.iter().filter(|old| !sent.iter().any(|sent| sent.request == old.request)) {
            self.secrets(model).drop_certificate(&dropped.request)?;
        }
        save(&databag, &sent)?;
        Ok(sent)
    }

    /// Keep the certificates that have come, and drop those that were revoked.
    fn take(
        &self,
        model: &Model,
        relation: &Relation,
        key: &PrivateKey,
        sent: &[Sent],
        provided: &ProviderData,
        origin: &Origin,
    ) -> Result<(), Error> {
        let secrets = self.secrets(model);
        for request in sent {
            let common_name = request.request.content().common_name;
            match found(provided, request, key, origin) {
                Ok(Some(issued)) => {
                    if secrets.keep(&request.request, &issued.certificate, self.renew_after)? {
                        self.available().emit(model, relation, &Available { common_name })?;
                    }
                    if issued.certificate.is_overdue(SystemTime::now()) {
                        tracing::warn!(
                            "the certificate for {} should have been renewed: renewing it",
                            issued.certificate.common_name()
                        );
                        self.renew(model, relation, &request.request)?;
                    }
                }
                Ok(None) if provided.certificates.iter().any(|entry| entry.answers(&request.request)) => {
                    if secrets.drop_certificate(&request.request)? {
                        self.gone().emit(model, &Gone { common_name })?;
                    }
                }
                Ok(None) | Err(Error::Denied { .. }) => {}
                Err(error) => tracing::warn!("{error}"),
            }
        }
        Ok(())
    }

    /// Say once what the provider refuses.
    fn tell_refusals(
        &self,
        model: &Model,
        relation: &Relation,
        sent: &[Sent],
        provided: &ProviderData,
    ) -> Result<(), Error> {
        let told: Vec<Denied> = model.stored("denied")?.unwrap_or_default();
        let mut denied = Vec::new();
        for entry in &provided.request_errors {
            let Ok(request) = SigningRequest::from_pem(&entry.csr) else { continue };
            if sent.iter().any(|sent| sent.request == request) {
                let (code, message) = (entry.error.code, entry.error.message.clone());
                denied.push(Denied { common_name: request.content().common_name, code, message });
            }
        }
        for new in denied.iter().filter(|denied| !told.contains(denied)) {
            self.denied().emit(model, relation, new)?;
        }
        if denied != told {
            model.store("denied", &denied)?;
        }
        Ok(())
    }

    /// Send a new request in place of this one.
    fn renew(&self, model: &Model, relation: &Relation, request: &SigningRequest) -> Result<(), Error> {
        let databag = self.databag(relation);
        let mut sent = requests(&databag)?;
        sent.retain(|sent| sent.request != *request);
        save(&databag, &sent)?;
        let key = self.secrets(model).key_or_new()?;
        self.send(model, relation, &key)?;
        Ok(())
    }

    /// A certificate must be renewed: its secret has expired.
    fn on_expired(&self, event: &SecretExpiredEvent, model: &Model) -> Result<(), Error> {
        let secrets = self.secrets(model);
        if !secrets.holds_certificate(&event.secret) {
            return Ok(());
        }
        let request = latest(&event.secret)?.and_then(|content| content.expose("csr").map(str::to_owned));
        if let (Some(pem), Some(relation)) = (request, model.relation(self.endpoint)?) {
            self.renew(model, &relation, &SigningRequest::from_pem(&pem)?)?;
        }
        Ok(event.secret.remove_all_revisions()?)
    }

    fn on_secret_remove(&self, event: &SecretRemoveEvent, model: &Model) -> Result<(), Error> {
        if !self.secrets(model).owns(&event.secret) {
            return Ok(());
        }
        // Juju sends the event also for secrets that are gone: https://github.com/juju/juju/issues/19036
        match event.secret.info() {
            Ok(_) => Ok(event.remove_revision()?),
            Err(ops::Error::SecretNotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn on_broken(&self, _event: &RelationBrokenEvent, model: &Model) -> Result<(), Error> {
        // Another relation at the endpoint continues with the key.
        if !model.relations(self.endpoint)?.is_empty() || !may_write(model, self.mode == Mode::App)? {
            return Ok(());
        }
        self.secrets(model).drop_all()?;
        model.forget("denied");
        Ok(self.gone().emit(model, &Gone { common_name: String::new() })?)
    }
}

impl Library for Requirer {
    fn name(&self) -> &str {
        self.endpoint
    }

    fn observe(&self, framework: &mut Framework<Self>) {
        framework.observe(on::relation_created(self.endpoint), Self::on_event);
        framework.observe(on::relation_changed(self.endpoint), Self::on_event);
        framework.observe(on::relation_broken(self.endpoint), Self::on_broken);
        framework.observe(on::secret_expired(), Self::on_expired);
        framework.observe(on::secret_remove(), Self::on_secret_remove);
        if self.mode == Mode::App {
            framework.observe(on::leader_elected(), Self::on_event);
        }
    }

    fn refresh(&self, model: &Model) -> anyhow::Result<()> {
        Ok(self.configure(model)?)
    }
}

fn asks_for(sent: &Sent, wanted: &CertificateRequest, key: &PrivateKey) -> bool {
    let content = CertificateRequest { ca: sent.ca, ..sent.request.content() };
    content == *wanted && sent.request.public_der() == key.public_der()
}

fn save(databag: &Databag, sent: &[Sent]) -> Result<(), ops::Error> {
    RequirerData { certificate_signing_requests: sent.iter().map(Sent::entry).collect() }.save(databag)
}
