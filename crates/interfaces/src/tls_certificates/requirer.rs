//! The side that asks for certificates.

use std::time::SystemTime;

use ops::on::EventSource;
use ops::{
    CustomRelation, Databag, Framework, Library, Model, Relation, RelationBrokenEvent, SecretExpiredEvent,
    SecretRemoveEvent, on,
};

use super::data::{Origin, ProviderData, RequirerData, Sent, may_write, requests};
use super::issued::{Issued, found, provided};
use super::secrets::{Secrets, latest};
use super::{Available, Capabilities, CertificateRequest, Denied, Error, Gone, Mode, PrivateKey, SigningRequest};

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
    also_for_app: Option<Wanted>,
    renew_after: f64,
}

/// The requests of a unit, or those of its application.
#[derive(Clone, Copy)]
struct Part {
    mode: Mode,
    wanted: Wanted,
}

impl Requirer {
    /// Certificates for each unit, at this endpoint. `wanted` says which, and is called at the relation's events and at
    /// those that [`refresh_on`](ops::RefreshOn::refresh_on) names.
    #[must_use]
    pub const fn new(endpoint: &'static str, wanted: Wanted) -> Self {
        Self { endpoint, wanted, mode: Mode::Unit, also_for_app: None, renew_after: 0.9 }
    }

    /// Certificates of the application's, which its leader asks for and sees.
    ///
    /// # Panics
    /// It is [`also_for_app`](Self::also_for_app): in a constant, the compiler says so.
    #[must_use]
    pub const fn mode(mut self, mode: Mode) -> Self {
        assert!(self.also_for_app.is_none(), "`also_for_app` is for certificates of each unit");
        self.mode = mode;
        self
    }

    /// Besides the certificates for each unit, those for the application, over the same relation. The application has a key
    /// of its own, and [`all_issued_for_app`](Self::all_issued_for_app) has its certificates.
    ///
    /// # Panics
    /// The others are the application's already: in a constant, the compiler says so.
    #[must_use]
    pub const fn also_for_app(mut self, wanted: Wanted) -> Self {
        assert!(matches!(self.mode, Mode::Unit), "the certificates are for the application already");
        self.also_for_app = Some(wanted);
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
        self.all_issued_of(Part { mode: self.mode, wanted: self.wanted }, model)
    }

    /// The application's certificates that can be used, in the order of its requests. None but on its leader.
    ///
    /// # Errors
    /// As [`all_issued`](Self::all_issued).
    pub fn all_issued_for_app(&self, model: &Model) -> Result<Vec<Issued>, Error> {
        match self.parts().find(|part| part.mode == Mode::App) {
            Some(part) => self.all_issued_of(part, model),
            None => Ok(Vec::new()),
        }
    }

    fn all_issued_of(&self, part: Part, model: &Model) -> Result<Vec<Issued>, Error> {
        let model = &model.of(self);
        let Some(relation) = model.relation(self.endpoint)? else { return Ok(Vec::new()) };
        if !may_write(model, part.mode == Mode::App)? {
            return Ok(Vec::new());
        }
        let Some(private_key) = self.secrets(model, part.mode).key()? else { return Ok(Vec::new()) };
        let Some((provided, origin)) = provided(&relation)? else { return Ok(Vec::new()) };
        let sent = requests(&databag(&relation, part.mode))?;
        let mut issued = Vec::new();
        for request in (part.wanted)(model).map_err(Error::Requests)? {
            let Some(sent) = sent.iter().find(|sent| asks_for(sent, &request, &private_key)) else { continue };
            issued.extend(found(&provided, sent, &private_key, &origin)?);
        }
        Ok(issued)
    }

    /// What the provider says that it can do, for whoever chooses what to ask for. None where it has not said.
    ///
    /// # Errors
    /// What it wrote cannot be read, or a hook command failed.
    pub fn capabilities(&self, model: &Model) -> Result<Option<Capabilities>, ops::Error> {
        match model.relation(self.endpoint)? {
            Some(relation) => Ok(provided(&relation)?.and_then(|(provided, _)| provided.capabilities)),
            None => Ok(None),
        }
    }

    /// Make a new private key and ask for all certificates again.
    ///
    /// # Errors
    /// A hook command failed.
    pub fn replace_private_key(&self, model: &Model) -> Result<(), Error> {
        let model = &model.of(self);
        for Part { mode, .. } in self.parts() {
            if may_write(model, mode == Mode::App)? {
                self.secrets(model, mode).replace_key()?;
            }
        }
        self.configure(model)
    }

    fn parts(&self) -> impl Iterator<Item = Part> {
        let app = self.also_for_app.map(|wanted| Part { mode: Mode::App, wanted });
        std::iter::once(Part { mode: self.mode, wanted: self.wanted }).chain(app)
    }

    fn secrets<'a>(&self, model: &'a Model, mode: Mode) -> Secrets<'a> {
        Secrets { model, endpoint: self.endpoint, mode }
    }

    fn on_event<E>(&self, _event: &E, model: &Model) -> Result<(), Error> {
        self.configure(model)
    }

    /// Ask for what is wanted and not asked for yet, and take what has come.
    fn configure(&self, model: &Model) -> Result<(), Error> {
        let Some(relation) = model.relation(self.endpoint)? else { return Ok(()) };
        for part in self.parts() {
            if may_write(model, part.mode == Mode::App)? {
                self.configure_part(part, &relation, model)?;
            }
        }
        Ok(())
    }

    fn configure_part(&self, part: Part, relation: &Relation, model: &Model) -> Result<(), Error> {
        let key = self.secrets(model, part.mode).key_or_new()?;
        let sent = self.send(part, model, relation, &key)?;
        // What the other side wrote is not this unit's fault: it does not fail its hooks. `issued` says what is wrong.
        let (provided, origin) = match provided(relation) {
            Ok(Some(provided)) => provided,
            Ok(None) => return Ok(()),
            Err(error) => return Ok(crate::pass_over(error)?),
        };
        self.take(part, model, relation, &key, &sent, &provided, &origin)?;
        self.tell_refusals(part, model, relation, &sent, &provided)
    }

    /// Write the requests into the databag: those that stand there already and are still wanted, and new ones.
    fn send(&self, part: Part, model: &Model, relation: &Relation, key: &PrivateKey) -> Result<Vec<Sent>, Error> {
        let databag = databag(relation, part.mode);
        let old = requests(&databag)?;
        let mut sent = Vec::new();
        for request in (part.wanted)(model).map_err(Error::Requests)? {
            match old.iter().find(|sent| asks_for(sent, &request, key)) {
                Some(same) => sent.push(same.clone()),
                None => sent.push(Sent { request: request.sign(key)?, ca: request.ca }),
            }
        }
        for dropped in old.iter().filter(|old| !sent.iter().any(|sent| sent.request == old.request)) {
            self.secrets(model, part.mode).drop_certificate(&dropped.request)?;
        }
        save(&databag, &sent)?;
        Ok(sent)
    }

    /// Keep the certificates that have come, and drop those that were revoked.
    #[expect(clippy::too_many_arguments, reason = "all of it is what one hook knows")]
    fn take(
        &self,
        part: Part,
        model: &Model,
        relation: &Relation,
        key: &PrivateKey,
        sent: &[Sent],
        provided: &ProviderData,
        origin: &Origin,
    ) -> Result<(), Error> {
        let secrets = self.secrets(model, part.mode);
        for request in sent {
            let common_name = request.request.content().common_name;
            match found(provided, request, key, origin) {
                Ok(Some(issued)) => {
                    if secrets.keep(&request.request, &issued.certificate, self.renew_after)? {
                        self.available().emit(model, relation, &Available { common_name, mode: part.mode })?;
                    }
                    if issued.certificate.is_overdue(SystemTime::now()) {
                        tracing::warn!(
                            "the certificate for {} should have been renewed: renewing it",
                            issued.certificate.common_name()
                        );
                        self.renew(part, model, relation, &request.request)?;
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
        part: Part,
        model: &Model,
        relation: &Relation,
        sent: &[Sent],
        provided: &ProviderData,
    ) -> Result<(), Error> {
        let key = told(part.mode);
        let reported: Vec<Denied> = model.stored(key)?.unwrap_or_default();
        let mut denied = Vec::new();
        for entry in &provided.request_errors {
            let Ok(request) = SigningRequest::from_pem(entry.request()) else { continue };
            if sent.iter().any(|sent| sent.request == request) {
                let (code, message) = (entry.error.code, entry.error.message.clone());
                denied.push(Denied { common_name: request.content().common_name, code, message });
            }
        }
        for new in denied.iter().filter(|denied| !reported.contains(denied)) {
            self.denied().emit(model, relation, new)?;
        }
        if denied != reported {
            model.store(key, &denied)?;
        }
        Ok(())
    }

    /// Send a new request in place of this one.
    fn renew(&self, part: Part, model: &Model, relation: &Relation, request: &SigningRequest) -> Result<(), Error> {
        let databag = databag(relation, part.mode);
        let mut sent = requests(&databag)?;
        sent.retain(|sent| sent.request != *request);
        save(&databag, &sent)?;
        let key = self.secrets(model, part.mode).key_or_new()?;
        self.send(part, model, relation, &key)?;
        Ok(())
    }

    /// A certificate must be renewed: its secret has expired.
    fn on_expired(&self, event: &SecretExpiredEvent, model: &Model) -> Result<(), Error> {
        let part = self.parts().find(|part| self.secrets(model, part.mode).holds_certificate(&event.secret));
        let Some(part) = part else { return Ok(()) };
        let request = latest(&event.secret)?.and_then(|content| content.expose("csr").map(str::to_owned));
        if let (Some(pem), Some(relation)) = (request, model.relation(self.endpoint)?) {
            self.renew(part, model, &relation, &SigningRequest::from_pem(&pem)?)?;
        }
        Ok(event.secret.remove_all_revisions()?)
    }

    fn on_secret_remove(&self, event: &SecretRemoveEvent, model: &Model) -> Result<(), Error> {
        if !self.parts().any(|part| self.secrets(model, part.mode).owns(&event.secret)) {
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
        if !model.relations(self.endpoint)?.is_empty() {
            return Ok(());
        }
        let mut dropped = false;
        for Part { mode, .. } in self.parts() {
            if may_write(model, mode == Mode::App)? {
                self.secrets(model, mode).drop_all()?;
                model.forget(told(mode));
                dropped = true;
            }
        }
        if dropped {
            self.gone().emit(model, &Gone { common_name: String::new() })?;
        }
        Ok(())
    }
}

/// Where the requests are.
fn databag(relation: &Relation, mode: Mode) -> Databag {
    match mode {
        Mode::Unit => relation.unit_data(),
        Mode::App => relation.app_data(),
    }
}

/// Under which key it is stored what the charm knows of refusals.
fn told(mode: Mode) -> &'static str {
    match mode {
        Mode::Unit => "denied",
        Mode::App => "denied-app",
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
        if self.parts().any(|part| part.mode == Mode::App) {
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
