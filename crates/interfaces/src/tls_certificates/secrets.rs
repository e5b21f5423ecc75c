//! The secrets with a requirer's private key and certificates.

use ops::{Error, Model, Secret, SecretContent, SecretUpdate};

use super::{Certificate, CertificateSigningRequest, Mode, PrivateKey};

/// The prefix of their labels, the same as in the Python library, so that a ported charm finds its secrets.
const LABEL_PREFIX: &str = "afd8c2bccf834997afce12c2706d2ede";

/// The secrets of one endpoint.
pub(super) struct Secrets<'a> {
    pub(super) model: &'a Model,
    pub(super) endpoint: &'static str,
    pub(super) mode: Mode,
}

impl Secrets<'_> {
    fn key_label(&self) -> String {
        match self.mode {
            Mode::Unit => format!("{LABEL_PREFIX}-private-key-{}-{}", self.model.env().unit_number(), self.endpoint),
            Mode::App => format!("{LABEL_PREFIX}-private-key-app-{}", self.endpoint),
        }
    }

    /// The prefix of certificates' labels.
    fn certificate_label_prefix(&self) -> String {
        match self.mode {
            Mode::Unit => format!("{LABEL_PREFIX}-certificate-{}-{}-", self.model.env().unit_number(), self.endpoint),
            Mode::App => format!("{LABEL_PREFIX}-certificate-{}-", self.endpoint),
        }
    }

    fn certificate_label(&self, request: &CertificateSigningRequest) -> String {
        format!("{}{}", self.certificate_label_prefix(), request.digest())
    }

    /// Whether the secret holds a certificate of this endpoint. The digest contains no hyphen, so no other endpoint's
    /// name matches.
    pub(super) fn is_certificate(&self, secret: &Secret) -> bool {
        let label = secret.label().unwrap_or_default();
        label.strip_prefix(&self.certificate_label_prefix()).is_some_and(|digest| !digest.contains('-'))
    }

    /// Whether the secret belongs to this library.
    pub(super) fn owns(&self, secret: &Secret) -> bool {
        self.is_certificate(secret) || secret.label() == Some(&self.key_label())
    }

    fn add(&self, content: &SecretContent, update: &SecretUpdate) -> Result<Secret, Error> {
        match self.mode {
            Mode::Unit => self.model.unit().add_secret(content, update),
            Mode::App => self.model.app().add_secret(content, update),
        }
    }

    /// The private key, if there is a usable one.
    pub(super) fn key(&self) -> Result<Option<PrivateKey>, Error> {
        let Some(content) = latest_content(&self.model.secret_with_label(&self.key_label()))? else { return Ok(None) };
        Ok(content.expose("private-key").and_then(|pem| PrivateKey::from_pem(pem).ok()))
    }

    /// The private key, or a new one.
    pub(super) fn key_or_new(&self) -> Result<PrivateKey, super::Error> {
        let label = self.key_label();
        let secret = self.model.secret_with_label(&label);
        let existing = latest_content(&secret)?;
        let parse_error =
            match existing.as_ref().map(|content| PrivateKey::from_pem(content.expose("private-key").unwrap_or(""))) {
                Some(Ok(key)) => return Ok(key),
                Some(Err(error)) => Some(error),
                None => None,
            };
        let (key, old) = match if existing.is_none() { self.legacy_key()? } else { None } {
            Some((key, old)) => (key, Some(old)),
            None => (PrivateKey::generate()?, None),
        };
        let content = SecretContent::new([("private-key", key.pem())]);
        if let Some(error) = parse_error {
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
    fn legacy_key(&self) -> Result<Option<(PrivateKey, Secret)>, Error> {
        if self.mode == Mode::Unit {
            return Ok(None);
        }
        let secret = self.model.secret_with_label(&format!("{LABEL_PREFIX}-private-key-{}", self.endpoint));
        let key =
            latest_content(&secret)?.and_then(|content| PrivateKey::from_pem(content.expose("private-key")?).ok());
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

    /// Store a certificate until this share of its validity period is over. Returns whether it is new.
    pub(super) fn store_certificate(
        &self,
        request: &CertificateSigningRequest,
        certificate: &Certificate,
        renew_after: f64,
    ) -> Result<bool, Error> {
        let label = self.certificate_label(request);
        let secret = self.model.secret_with_label(&label);
        let existing = latest_content(&secret)?;
        if existing.as_ref().is_some_and(|content| content.expose("certificate") == Some(certificate.pem())) {
            return Ok(false);
        }
        let content = SecretContent::new([("certificate", certificate.pem()), ("csr", request.pem())]);
        let update =
            SecretUpdate::default().expire_at(certificate.renewal_time(renew_after, std::time::SystemTime::now()));
        if existing.is_some() {
            secret.set_content(&content)?;
            secret.set_info(&update)?;
            secret.refresh()?;
        } else {
            self.add(&content, &update.label(label))?;
        }
        Ok(true)
    }

    /// Remove a certificate. Returns whether there was one.
    pub(super) fn remove_certificate(&self, request: &CertificateSigningRequest) -> Result<bool, Error> {
        remove(&self.model.secret_with_label(&self.certificate_label(request)))
    }

    /// Remove all of this endpoint's secrets.
    pub(super) fn remove_all(&self) -> Result<(), Error> {
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
pub(super) fn latest_content(secret: &Secret) -> Result<Option<SecretContent>, Error> {
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
