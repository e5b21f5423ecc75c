//! The side that requests certificates.

use std::time::SystemTime;

use ops::on::EventSource;
use ops::{
    CustomRelation, Framework, Library, Model, Relation, RelationBrokenEvent, SecretExpiredEvent, SecretRemoveEvent, on,
};

use super::assigned::{AssignedCertificate, assigned_certificate, load_provider_data};
use super::data::{Origin, ProviderData, SentRequest, can_write, load_requests, requests_databag, save_requests};
use super::secrets::{Secrets, latest_content};
use super::{
    Capabilities, CertificateAvailable, CertificateDenied, CertificateInvalidated, CertificateRequestAttributes,
    CertificateSigningRequest, Error, Mode, PrivateKey,
};

/// A function of the charm that returns the certificates to request.
pub type CertificateRequestsFn = fn(&Model) -> anyhow::Result<Vec<CertificateRequestAttributes>>;

/// Requests certificates, and renews each before it expires.
///
/// The private key and the certificates are in secrets of the unit or the application. A certificate's secret expires
/// when it is time to renew the certificate.
#[derive(Clone, Copy, Debug)]
pub struct Requirer {
    endpoint: &'static str,
    certificate_requests: CertificateRequestsFn,
    mode: Mode,
    also_for_app: Option<CertificateRequestsFn>,
    renew_after: f64,
}

/// The requests of a unit, or of its application.
#[derive(Clone, Copy)]
struct Scope {
    mode: Mode,
    certificate_requests: CertificateRequestsFn,
}

impl Requirer {
    /// Request certificates for each unit, at this endpoint. `certificate_requests` returns them. It is called on the
    /// relation's events, and on those that [`refresh_on`](ops::RefreshOn::refresh_on) names.
    #[must_use]
    pub const fn new(endpoint: &'static str, certificate_requests: CertificateRequestsFn) -> Self {
        Self { endpoint, certificate_requests, mode: Mode::Unit, also_for_app: None, renew_after: 0.9 }
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
    /// application has its own key. [`assigned_certificates_for_app`](Self::assigned_certificates_for_app) returns its
    /// certificates.
    ///
    /// # Panics
    /// If the other certificates are already the application's. In a constant, this is a compiler error.
    #[must_use]
    pub const fn also_for_app(mut self, certificate_requests: CertificateRequestsFn) -> Self {
        assert!(matches!(self.mode, Mode::Unit), "the certificates are for the application already");
        self.also_for_app = Some(certificate_requests);
        self
    }

    /// Renew a certificate after this share of its validity period, instead of 0.9.
    #[must_use]
    pub const fn renew_after(mut self, fraction: f64) -> Self {
        self.renew_after = fraction;
        self
    }

    /// A certificate is available, new or renewed.
    pub fn certificate_available(&self) -> EventSource<CustomRelation<CertificateAvailable>> {
        self.event()
    }

    /// The provider refuses a certificate.
    pub fn certificate_denied(&self) -> EventSource<CustomRelation<CertificateDenied>> {
        self.event()
    }

    /// A certificate must no longer be used.
    pub fn certificate_invalidated(&self) -> EventSource<ops::Custom<CertificateInvalidated>> {
        self.event()
    }

    /// The certificate for the first of the charm's requests, which is all that most charms need. `None` while there
    /// is no relation or no answer.
    ///
    /// # Errors
    /// As [`assigned_certificates`](Self::assigned_certificates).
    pub fn assigned_certificate(&self, model: &Model) -> Result<Option<AssignedCertificate>, Error> {
        Ok(self.assigned_certificates(model)?.into_iter().next())
    }

    /// The available certificates, in the order of the charm's requests.
    ///
    /// # Errors
    /// The provider refuses one ([`Error::Denied`]), or sent an invalid one; the provider's data cannot be read; or a
    /// hook command failed.
    pub fn assigned_certificates(&self, model: &Model) -> Result<Vec<AssignedCertificate>, Error> {
        self.assigned_certificates_of(Scope { mode: self.mode, certificate_requests: self.certificate_requests }, model)
    }

    /// The application's available certificates, in the order of its requests. Empty except on the leader.
    ///
    /// # Errors
    /// As [`assigned_certificates`](Self::assigned_certificates).
    pub fn assigned_certificates_for_app(&self, model: &Model) -> Result<Vec<AssignedCertificate>, Error> {
        match self.scopes().find(|scope| scope.mode == Mode::App) {
            Some(scope) => self.assigned_certificates_of(scope, model),
            None => Ok(Vec::new()),
        }
    }

    fn assigned_certificates_of(&self, scope: Scope, model: &Model) -> Result<Vec<AssignedCertificate>, Error> {
        let model = &model.of(self);
        let Some(relation) = model.relation(self.endpoint)? else { return Ok(Vec::new()) };
        if !can_write(model, scope.mode)? {
            return Ok(Vec::new());
        }
        let Some(private_key) = self.secrets(model, scope.mode).key()? else { return Ok(Vec::new()) };
        let Some((provider_data, origin)) = load_provider_data(&relation)? else { return Ok(Vec::new()) };
        let sent = load_requests(&requests_databag(&relation, scope.mode))?;
        let mut assigned = Vec::new();
        for request in (scope.certificate_requests)(model).map_err(Error::Requests)? {
            let Some(sent) = sent.iter().find(|sent| is_request_for(sent, &request, &private_key)) else { continue };
            assigned.extend(assigned_certificate(&provider_data, sent, &private_key, &origin)?);
        }
        Ok(assigned)
    }

    /// The provider's capabilities. `None` if the provider has not published them.
    ///
    /// # Errors
    /// The provider's data cannot be read, or a hook command failed.
    pub fn capabilities(&self, model: &Model) -> Result<Option<Capabilities>, ops::Error> {
        match model.relation(self.endpoint)? {
            Some(relation) => Ok(load_provider_data(&relation)?.and_then(|(data, _)| data.capabilities)),
            None => Ok(None),
        }
    }

    /// Generate a new private key, and request all certificates again.
    ///
    /// # Errors
    /// A hook command failed.
    pub fn regenerate_private_key(&self, model: &Model) -> Result<(), Error> {
        let model = &model.of(self);
        for Scope { mode, .. } in self.scopes() {
            if can_write(model, mode)? {
                self.secrets(model, mode).replace_key()?;
            }
        }
        self.configure(model)
    }

    fn scopes(&self) -> impl Iterator<Item = Scope> {
        let app = self.also_for_app.map(|certificate_requests| Scope { mode: Mode::App, certificate_requests });
        std::iter::once(Scope { mode: self.mode, certificate_requests: self.certificate_requests }).chain(app)
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
        for scope in self.scopes() {
            if can_write(model, scope.mode)? {
                self.configure_scope(scope, &relation, model)?;
            }
        }
        Ok(())
    }

    fn configure_scope(&self, scope: Scope, relation: &Relation, model: &Model) -> Result<(), Error> {
        let key = self.secrets(model, scope.mode).key_or_new()?;
        let sent = self.send_requests(scope, model, relation, &key)?;
        // The other side's mistakes do not fail this unit's hooks. `assigned_certificates` returns them as errors.
        let (provider_data, origin) = match load_provider_data(relation) {
            Ok(Some(data)) => data,
            Ok(None) => return Ok(()),
            Err(error) => return Ok(crate::skip_invalid_data(error)?),
        };
        self.store_certificates(scope, model, relation, &key, &sent, &provider_data, &origin)?;
        self.report_denials(scope, model, relation, &sent, &provider_data)
    }

    /// Write the requests to the databag: existing ones that are still needed, and new ones.
    fn send_requests(
        &self,
        scope: Scope,
        model: &Model,
        relation: &Relation,
        key: &PrivateKey,
    ) -> Result<Vec<SentRequest>, Error> {
        let databag = requests_databag(relation, scope.mode);
        let old = load_requests(&databag)?;
        let mut sent = Vec::new();
        for request in (scope.certificate_requests)(model).map_err(Error::Requests)? {
            match old.iter().find(|sent| is_request_for(sent, &request, key)) {
                Some(same) => sent.push(same.clone()),
                None => sent.push(SentRequest { request: request.sign(key)?, ca: request.ca }),
            }
        }
        for withdrawn in old.iter().filter(|old| !sent.iter().any(|sent| sent.request == old.request)) {
            self.secrets(model, scope.mode).remove_certificate(&withdrawn.request)?;
        }
        save_requests(&databag, &sent)?;
        Ok(sent)
    }

    /// Store received certificates, and drop revoked ones.
    #[expect(clippy::too_many_arguments, reason = "all of it is what one hook knows")]
    fn store_certificates(
        &self,
        scope: Scope,
        model: &Model,
        relation: &Relation,
        key: &PrivateKey,
        sent: &[SentRequest],
        provider_data: &ProviderData,
        origin: &Origin,
    ) -> Result<(), Error> {
        let secrets = self.secrets(model, scope.mode);
        for request in sent {
            let common_name = request.request.content().common_name;
            match assigned_certificate(provider_data, request, key, origin) {
                Ok(Some(assigned)) => {
                    if secrets.store_certificate(&request.request, &assigned.certificate, self.renew_after)? {
                        self.certificate_available().emit(
                            model,
                            relation,
                            &CertificateAvailable { common_name, mode: scope.mode },
                        )?;
                    }
                    if assigned.certificate.is_overdue(SystemTime::now()) {
                        tracing::warn!(
                            "the certificate for {} should have been renewed: renewing it",
                            assigned.certificate.common_name()
                        );
                        self.renew(scope, model, relation, &request.request)?;
                    }
                }
                Ok(None) if provider_data.certificates.iter().any(|entry| entry.answers(&request.request)) => {
                    if secrets.remove_certificate(&request.request)? {
                        self.certificate_invalidated().emit(model, &CertificateInvalidated { common_name })?;
                    }
                }
                Ok(None) | Err(Error::Denied { .. }) => {}
                Err(error) => tracing::warn!("{error}"),
            }
        }
        Ok(())
    }

    /// Emit an event for each new denial.
    fn report_denials(
        &self,
        scope: Scope,
        model: &Model,
        relation: &Relation,
        sent: &[SentRequest],
        provider_data: &ProviderData,
    ) -> Result<(), Error> {
        let key = denied_key(scope.mode);
        let reported: Vec<CertificateDenied> = model.stored(key)?.unwrap_or_default();
        let mut denied = Vec::new();
        for entry in &provider_data.request_errors {
            let Ok(request) = CertificateSigningRequest::from_pem(entry.request()) else { continue };
            if sent.iter().any(|sent| sent.request == request) {
                let (code, message) = (entry.error.code, entry.error.message.clone());
                denied.push(CertificateDenied { common_name: request.content().common_name, code, message });
            }
        }
        for new in denied.iter().filter(|denied| !reported.contains(denied)) {
            self.certificate_denied().emit(model, relation, new)?;
        }
        if denied != reported {
            model.store(key, &denied)?;
        }
        Ok(())
    }

    /// Replace this request by a new one.
    fn renew(
        &self,
        scope: Scope,
        model: &Model,
        relation: &Relation,
        request: &CertificateSigningRequest,
    ) -> Result<(), Error> {
        let databag = requests_databag(relation, scope.mode);
        let mut sent = load_requests(&databag)?;
        sent.retain(|sent| sent.request != *request);
        save_requests(&databag, &sent)?;
        let key = self.secrets(model, scope.mode).key_or_new()?;
        self.send_requests(scope, model, relation, &key)?;
        Ok(())
    }

    /// A certificate must be renewed, because its secret has expired.
    fn on_expired(&self, event: &SecretExpiredEvent, model: &Model) -> Result<(), Error> {
        let scope = self.scopes().find(|scope| self.secrets(model, scope.mode).is_certificate(&event.secret));
        let Some(scope) = scope else { return Ok(()) };
        let request = latest_content(&event.secret)?.and_then(|content| content.expose("csr").map(str::to_owned));
        if let (Some(pem), Some(relation)) = (request, model.relation(self.endpoint)?) {
            self.renew(scope, model, &relation, &CertificateSigningRequest::from_pem(&pem)?)?;
        }
        Ok(event.secret.remove_all_revisions()?)
    }

    fn on_secret_remove(&self, event: &SecretRemoveEvent, model: &Model) -> Result<(), Error> {
        if !self.scopes().any(|scope| self.secrets(model, scope.mode).owns(&event.secret)) {
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
        let mut removed = false;
        for Scope { mode, .. } in self.scopes() {
            if can_write(model, mode)? {
                self.secrets(model, mode).remove_all()?;
                model.forget(denied_key(mode));
                removed = true;
            }
        }
        if removed {
            self.certificate_invalidated().emit(model, &CertificateInvalidated { common_name: String::new() })?;
        }
        Ok(())
    }
}

/// The key of the stored value with the reported denials.
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
        if self.scopes().any(|scope| scope.mode == Mode::App) {
            framework.observe(on::leader_elected(), Self::on_event);
        }
    }

    fn refresh(&self, model: &Model) -> anyhow::Result<()> {
        Ok(self.configure(model)?)
    }
}

fn is_request_for(sent: &SentRequest, attributes: &CertificateRequestAttributes, key: &PrivateKey) -> bool {
    let content = CertificateRequestAttributes { ca: sent.ca, ..sent.request.content() };
    content == *attributes && sent.request.public_key_der() == key.public_key_der()
}
