//! The side that requests certificates.

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

/// The certificates to request.
pub type Wanted = fn(&Model) -> anyhow::Result<Vec<CertificateRequest>>;

/// Requests certificates, and renews each before it expires.
///
/// The private key and the certificates are in secrets of the unit or the application. A certificate's secret expires
/// when it is time to renew the certificate.
#[derive(Clone, Copy, Debug)]
pub struct Requirer {
    endpoint: &'static str,
    wanted: Wanted,
    mode: Mode,
    also_for_app: Option<Wanted>,
    renew_after: f64,
}

/// The requests of a unit, or of its application.
#[derive(Clone, Copy)]
struct Part {
    mode: Mode,
    wanted: Wanted,
}

impl Requirer {
    /// Request certificates for each unit, at this endpoint. `wanted` returns them. It is called on the relation's
    /// events, and on those that [`refresh_on`](ops::RefreshOn::refresh_on) names.
    #[must_use]
    pub const fn new(endpoint: &'static str, wanted: Wanted) -> Self {
        Self { endpoint, wanted, mode: Mode::Unit, also_for_app: None, renew_after: 0.9 }
    }

    /// Choose between certificates for each unit and for the application. The leader requests the latter, and only the
    /// leader can read them.
    ///
    /// # Panics
    /// If [`also_for_app`](Self::also_for_app) is set. In a constant, this is a compiler error.
    #[must_use]
    pub const fn mode(mut self, mode: Mode) -> Self {
        assert!(self.also_for_app.is_none(), "`also_for_app` is for certificates of each unit");
        self.mode = mode;
        self
    }

    /// Request certificates for the application in addition to those for each unit, over the same relation. The
    /// application has its own key. [`all_issued_for_app`](Self::all_issued_for_app) returns its certificates.
    ///
    /// # Panics
    /// If the other certificates are already the application's. In a constant, this is a compiler error.
    #[must_use]
    pub const fn also_for_app(mut self, wanted: Wanted) -> Self {
        assert!(matches!(self.mode, Mode::Unit), "the certificates are for the application already");
        self.also_for_app = Some(wanted);
        self
    }

    /// Renew a certificate after this share of its validity period, instead of 0.9.
    #[must_use]
    pub const fn renew_after(mut self, part: f64) -> Self {
        self.renew_after = part;
        self
    }

    /// A certificate is available, new or renewed.
    pub fn available(&self) -> EventSource<CustomRelation<Available>> {
        self.event()
    }

    /// The provider refuses a certificate.
    pub fn denied(&self) -> EventSource<CustomRelation<Denied>> {
        self.event()
    }

    /// A certificate must no longer be used.
    pub fn gone(&self) -> EventSource<ops::Custom<Gone>> {
        self.event()
    }

    /// The certificate for the first of the charm's requests, which is all that most charms need. `None` while there
    /// is no relation or no answer.
    ///
    /// # Errors
    /// As [`all_issued`](Self::all_issued).
    pub fn issued(&self, model: &Model) -> Result<Option<Issued>, Error> {
        Ok(self.all_issued(model)?.into_iter().next())
    }

    /// The available certificates, in the order of the charm's requests.
    ///
    /// # Errors
    /// The provider refuses one ([`Error::Denied`]), or sent a wrong one; the provider's data cannot be read; or a
    /// hook command failed.
    pub fn all_issued(&self, model: &Model) -> Result<Vec<Issued>, Error> {
        self.all_issued_of(Part { mode: self.mode, wanted: self.wanted }, model)
    }

    /// The application's available certificates, in the order of its requests. Empty except on the leader.
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

    /// The provider's capabilities. `None` if the provider has not published them.
    ///
    /// # Errors
    /// The provider's data cannot be read, or a hook command failed.
    pub fn capabilities(&self, model: &Model) -> Result<Option<Capabilities>, ops::Error> {
        match model.relation(self.endpoint)? {
            Some(relation) => Ok(provided(&relation)?.and_then(|(provided, _)| provided.capabilities)),
            None => Ok(None),
        }
    }

    /// Generate a new private key, and request all certificates again.
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

    /// Send missing requests, and store received certificates.
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
        // The other side's mistakes do not fail this unit's hooks. `issued` returns them as errors.
        let (provided, origin) = match provided(relation) {
            Ok(Some(provided)) => provided,
            Ok(None) => return Ok(()),
            Err(error) => return Ok(crate::pass_over(error)?),
        };
        self.take(part, model, relation, &key, &sent, &provided, &origin)?;
        self.tell_refusals(part, model, relation, &sent, &provided)
    }

    /// Write the requests to the databag: existing ones that are still wanted, and new ones.
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

    /// Store received certificates, and drop revoked ones.
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

    /// Emit an event for each new refusal.
    fn tell_refusals(
        &self,
        part: Part,
        model: &Model,
        relation: &Relation,
        sent: &[Sent],
        provided: &ProviderData,
    ) -> Result<(), Error> {
        let key = denied_key(part.mode);
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

    /// Replace this request by a new one.
    fn renew(&self, part: Part, model: &Model, relation: &Relation, request: &SigningRequest) -> Result<(), Error> {
        let databag = databag(relation, part.mode);
        let mut sent = requests(&databag)?;
        sent.retain(|sent| sent.request != *request);
        save(&databag, &sent)?;
        let key = self.secrets(model, part.mode).key_or_new()?;
        self.send(part, model, relation, &key)?;
        Ok(())
    }

    /// A certificate must be renewed, because its secret has expired.
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
        // Juju sends the event even for secrets that were removed: https://github.com/juju/juju/issues/19036
        match event.secret.info() {
            Ok(_) => Ok(event.remove_revision()?),
            Err(ops::Error::SecretNotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn on_broken(&self, _event: &RelationBrokenEvent, model: &Model) -> Result<(), Error> {
        // Another relation of the endpoint still uses the key.
        if !model.relations(self.endpoint)?.is_empty() {
            return Ok(());
        }
        let mut dropped = false;
        for Part { mode, .. } in self.parts() {
            if may_write(model, mode == Mode::App)? {
                self.secrets(model, mode).drop_all()?;
                model.forget(denied_key(mode));
                dropped = true;
            }
        }
        if dropped {
            self.gone().emit(model, &Gone { common_name: String::new() })?;
        }
        Ok(())
    }
}

/// The databag with the requests.
fn databag(relation: &Relation, mode: Mode) -> Databag {
    match mode {
        Mode::Unit => relation.unit_data(),
        Mode::App => relation.app_data(),
    }
}

/// The key of the stored value with the reported refusals.
fn denied_key(mode: Mode) -> &'static str {
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
