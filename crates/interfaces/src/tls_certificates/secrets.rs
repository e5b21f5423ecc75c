//! The secrets with a requirer's private key and certificates.

use ops::{Error, Model, Secret, SecretContent, SecretUpdate};

use super::{Certificate, Mode, PrivateKey, SigningRequest};

/// The prefix of their labels, the same as in the Python library, so that a ported charm finds its secrets.
const PREFIX: &str = "afd8c2bccf834997afce12c2706d2ede";

/// The secrets of one endpoint.
pub(super) struct Secrets<'a> {
    pub(super) model: &'a Model,
    pub(super) endpoint: &'static str,
    pub(super) mode: Mode,
}

impl Secrets<'_> {
    fn key_label(&self) -> String {
        match self.mode {
            Mode::Unit => format!("{PREFIX}-private-key-{}-{}", self.model.env().unit_number(), self.endpoint),
            Mode::App => format!("{PREFIX}-private-key-app-{}", self.endpoint),
        }
    }

    /// The prefix of certificates' labels.
    fn prefix(&self) -> String {
        match self.mode {
            Mode::Unit => format!("{PREFIX}-certificate-{}-{}-", self.model.env().unit_number(), self.endpoint),
            Mode::App => format!("{PREFIX}-certificate-{}-", self.endpoint),
        }
    }

    fn label(&self, request: &SigningRequest) -> String {
        format!("{}{}", self.prefix(), request.digest())
    }

    /// Whether the secret holds a certificate of this endpoint. The digest contains no hyphen, so no other endpoint's
    /// name matches.
    pub(super) fn holds_certificate(&self, secret: &Secret) -> bool {
        let label = secret.label().unwrap_or_default();
        label.strip_prefix(&self.prefix()).is_some_and(|digest| !digest.contains('-'))
    }

    /// Whether the secret belongs to this library.
    pub(super) fn owns(&self, secret: &Secret) -> bool {
        self.holds_certificate(secret) || secret.label() == Some(&self.key_label())
    }

    fn add(&self, content: &SecretContent, about: &SecretUpdate) -> Result<Secret, Error> {
        match self.mode {
            Mode::Unit => self.model.unit().add_secret(content, about),
            Mode::App => self.model.app().add_secret(content, about),
        }
    }

    /// The private key, if there is a usable one.
    pub(super) fn key(&self) -> Result<Option<PrivateKey>, Error> {
        let Some(content) = latest(&self.model.secret_with_label(&self.key_label()))? else { return Ok(None) };
        Ok(content.expose("private-key").and_then(|pem| PrivateKey::from_pem(pem).ok()))
    }

    /// The private key, or a new one.
    pub(super) fn key_or_new(&self) -> Result<PrivateKey, super::Error> {
        let label = self.key_label();
        let secret = self.model.secret_with_label(&label);
        let found = latest(&secret)?;
        let unusable =
            match found.as_ref().map(|content| PrivateKey::from_pem(content.expose("private-key").unwrap_or(""))) {
                Some(Ok(key)) => return Ok(key),
                Some(Err(error)) => Some(error),
                None => None,
            };
        let (key, old) = match if found.is_none() { self.old_key()? } else { None } {
            Some((key, old)) => (key, Some(old)),
            None => (PrivateKey::generate()?, None),
        };
        let content = SecretContent::new([("private-key", key.pem())]);
        if let Some(error) = unusable {
            tracing::warn!(
                "the private key of {} cannot be used, and a new one takes its place: {error}",
                self.endpoint
            );
            secret.set_content(&content)?;
            secret.refresh()?;
        } else {
            self.add(&content, &SecretUpdate::default().label(label))?;
        }
        if let Some(old) = old {
            remove(&old)?;
        }
        Ok(key)
    }

    /// The application's key and its secret, where old versions of the Python library stored it.
    fn old_key(&self) -> Result<Option<(PrivateKey, Secret)>, Error> {
        if self.mode == Mode::Unit {
            return Ok(None);
        }
        let secret = self.model.secret_with_label(&format!("{PREFIX}-private-key-{}", self.endpoint));
        let key = latest(&secret)?.and_then(|content| PrivateKey::from_pem(content.expose("private-key")?).ok());
        Ok(key.map(|key| (key, secret)))
    }

    /// Replace the private key by a new one.
    pub(super) fn replace_key(&self) -> Result<PrivateKey, super::Error> {
        let key = PrivateKey::generate()?;
        let content = SecretContent::new([("private-key", key.pem())]);
        let secret = self.model.secret_with_label(&self.key_label());
        match secret.set_content(&content) {
            Ok(()) => drop(secret.refresh()?),
            Err(Error::SecretNotFound { .. }) => {
                self.add(&content, &SecretUpdate::default().label(self.key_label()))?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(key)
    }

    /// Store a certificate until this share of its life is over. Returns whether it is new.
    pub(super) fn keep(
        &self,
        request: &SigningRequest,
        certificate: &Certificate,
        renew_after: f64,
    ) -> Result<bool, Error> {
        let label = self.label(request);
        let secret = self.model.secret_with_label(&label);
        let found = latest(&secret)?;
        if found.as_ref().is_some_and(|content| content.expose("certificate") == Some(certificate.pem())) {
            return Ok(false);
        }
        let content = SecretContent::new([("certificate", certificate.pem()), ("csr", request.pem())]);
        let about = SecretUpdate::default().expire_at(certificate.after(renew_after, std::time::SystemTime::now()));
        if found.is_some() {
            secret.set_content(&content)?;
            secret.set_info(&about)?;
            secret.refresh()?;
        } else {
            self.add(&content, &about.label(label))?;
        }
        Ok(true)
    }

    /// Remove a certificate. Returns whether there was one.
    pub(super) fn drop_certificate(&self, request: &SigningRequest) -> Result<bool, Error> {
        remove(&self.model.secret_with_label(&self.label(request)))
    }

    /// Remove all of this endpoint's secrets.
    pub(super) fn drop_all(&self) -> Result<(), Error> {
        for secret in self.model.owned_secrets()? {
            let label = secret.info()?.label;
            if self.owns(&secret.with_label(label.as_str())) {
                remove(&self.model.secret_with_label(&label))?;
            }
        }
        Ok(())
    }
}

/// The content of its latest revision, if there is such a secret.
pub(super) fn latest(secret: &Secret) -> Result<Option<SecretContent>, Error> {
    match secret.refresh() {
        Ok(content) => Ok(Some(content)),
        Err(Error::SecretNotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove(secret: &Secret) -> Result<bool, Error> {
    match secret.remove_all_revisions() {
        Ok(()) => Ok(true),
        Err(Error::SecretNotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
