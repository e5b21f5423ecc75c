//! CA certificates that one application shares with another: the interface [`certificate_transfer`][interface],
//! version 1, and version 0 with older applications.
//!
//! ```
//! use interfaces::certificate_transfer::{CertificateSetUpdated, Requirer};
//! use ops::{Charm, CustomRelation, Framework, Model};
//!
//! const TRUSTED: Requirer = Requirer::new("receive-ca-cert");
//!
//! struct ShopCharm;
//!
//! impl Charm for ShopCharm {
//!     fn observe(framework: &mut Framework<Self>) {
//!         framework.library(TRUSTED);
//!         framework.observe(TRUSTED.certificate_set_updated(), Self::on_updated);
//!     }
//! }
//!
//! impl ShopCharm {
//!     fn on_updated(&mut self, _event: &CustomRelation<CertificateSetUpdated>, model: &Model) -> anyhow::Result<()> {
//!         let all: Vec<String> = TRUSTED.certificates(model)?.into_iter().collect();
//!         Ok(std::fs::write("/usr/local/share/ca-certificates/shop.crt", all.join("\n"))?)
//!     }
//! }
//! ```
//!
//! [interface]: https://github.com/canonical/charmlibs/tree/main/interfaces/certificate_transfer/interface/v1

use std::collections::BTreeSet;

use ops::on::EventSource;
use ops::{
    Custom, CustomEvent, CustomRelation, Error, Framework, Library, Model, Relation, RelationBrokenEvent,
    RelationChangedEvent, RelationCreatedEvent, on,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Receives certificates to trust.
#[derive(Clone, Copy, Debug)]
pub struct Requirer {
    endpoint: &'static str,
}

/// The certificates of a relation have changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CertificateSetUpdated {
    /// The number of certificates.
    pub count: usize,
}

impl CustomEvent for CertificateSetUpdated {
    const NAME: &'static str = "certificate_set_updated";
}

/// A relation was removed: its certificates must no longer be trusted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CertificatesRemoved {
    /// The relation's ID.
    pub relation: u32,
}

impl CustomEvent for CertificatesRemoved {
    const NAME: &'static str = "certificates_removed";
}

/// What a provider of version 1 writes for its application.
#[derive(Debug, Default, Deserialize)]
struct ProviderAppData {
    #[serde(default)]
    certificates: BTreeSet<String>,
    // A number, or with some libraries a number as text.
    #[serde(default)]
    version: Value,
}

/// What each unit of a provider of version 0 may write: the CA's certificate.
#[derive(Debug, Deserialize)]
struct ProviderUnitCa {
    ca: Option<String>,
}

/// The certificates from the provider's to the CA's, also in version 0.
#[derive(Debug, Deserialize)]
struct ProviderUnitChain {
    chain: Option<Vec<String>>,
}

impl Requirer {
    /// A requirer at this endpoint.
    #[must_use]
    pub const fn new(endpoint: &'static str) -> Self {
        Self { endpoint }
    }

    /// The certificates of a relation have changed.
    pub fn certificate_set_updated(&self) -> EventSource<CustomRelation<CertificateSetUpdated>> {
        self.event()
    }

    /// A relation was removed: its certificates must no longer be trusted.
    pub fn certificates_removed(&self) -> EventSource<Custom<CertificatesRemoved>> {
        self.event()
    }

    /// All certificates of all relations, in PEM.
    ///
    /// # Errors
    /// The other side's data cannot be read, or a hook command failed.
    pub fn certificates(&self, model: &Model) -> Result<BTreeSet<String>, Error> {
        let mut certificates = BTreeSet::new();
        for relation in model.relations(self.endpoint)? {
            certificates.extend(load_certificates(&relation)?);
        }
        Ok(certificates)
    }

    fn on_created(&self, event: &RelationCreatedEvent, model: &Model) -> Result<(), Error> {
        // Otherwise the other side writes version 0.
        if model.is_leader()? { event.relation.app_data().set("version", "1") } else { Ok(()) }
    }

    fn on_changed(&self, event: &RelationChangedEvent, model: &Model) -> Result<(), Error> {
        let certificates = match load_certificates(&event.relation) {
            Ok(certificates) => certificates,
            Err(error) => return crate::skip_invalid_data(error),
        };
        let key = event.relation.id().to_string();
        if model.stored::<BTreeSet<String>>(&key)?.unwrap_or_default() == certificates {
            return Ok(());
        }
        model.store(&key, &certificates)?;
        self.certificate_set_updated().emit(
            model,
            &event.relation,
            &CertificateSetUpdated { count: certificates.len() },
        )
    }

    fn on_broken(&self, event: &RelationBrokenEvent, model: &Model) -> Result<(), Error> {
        let relation = event.relation.id();
        model.forget(&relation.to_string());
        self.certificates_removed().emit(model, &CertificatesRemoved { relation })
    }
}

fn load_certificates(relation: &Relation) -> Result<BTreeSet<String>, Error> {
    let Some(databag) = relation.remote_app_data()? else { return Ok(BTreeSet::new()) };
    let ProviderAppData { mut certificates, version } = databag.load()?;
    if certificates.is_empty() && (version.is_null() || version == 0 || version == "0") {
        for unit in relation.units()? {
            let databag = relation.data(&unit);
            // JSON with some libraries, plain text with others.
            match databag.get("ca")? {
                Some(ca) if ca.trim_start().starts_with("-----BEGIN ") => _ = certificates.insert(ca),
                _ => certificates.extend(databag.load::<ProviderUnitCa>()?.ca),
            }
            certificates.extend(databag.load::<ProviderUnitChain>()?.chain.into_iter().flatten());
        }
    }
    Ok(certificates.into_iter().map(|pem| pem.trim().to_owned()).filter(|pem| !pem.is_empty()).collect())
}

impl Library for Requirer {
    fn name(&self) -> &str {
        self.endpoint
    }

    fn observe(&self, framework: &mut Framework<Self>) {
        framework.observe(on::relation_created(self.endpoint), Self::on_created);
        framework.observe(on::relation_changed(self.endpoint), Self::on_changed);
        framework.observe(on::relation_broken(self.endpoint), Self::on_broken);
    }
}

/// A function of the charm that returns the certificates to provide.
pub type CertificatesFn = fn(&Model) -> anyhow::Result<BTreeSet<String>>;

/// Provides certificates to trust. Only the leader does this.
///
/// `certificates` returns them in PEM. It is called on the relation's events, and on those that
/// [`refresh_on`](ops::RefreshOn::refresh_on) names.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    endpoint: &'static str,
    certificates: CertificatesFn,
}

impl Provider {
    /// A provider at this endpoint.
    #[must_use]
    pub const fn new(endpoint: &'static str, certificates: CertificatesFn) -> Self {
        Self { endpoint, certificates }
    }

    fn on_event<E>(&self, _event: &E, model: &Model) -> anyhow::Result<()> {
        self.provide(model)
    }

    fn provide(&self, model: &Model) -> anyhow::Result<()> {
        let relations = model.relations(self.endpoint)?;
        if relations.is_empty() || !model.is_leader()? {
            return Ok(());
        }
        let certificates = (self.certificates)(model)?;
        for relation in relations {
            write_certificates(&relation, &certificates)?;
        }
        Ok(())
    }
}

fn write_certificates(relation: &Relation, certificates: &BTreeSet<String>) -> Result<(), Error> {
    let version = match relation.remote_app_data()? {
        Some(databag) => databag.get("version")?,
        None => None,
    };
    // Also if the other side did not announce version 1: the first libraries of that version do not announce it.
    relation.app_data().update([("certificates", json(certificates)), ("version", "1".to_owned())])?;
    match certificates.first() {
        Some(first) if version.as_deref() != Some("1") => relation.unit_data().update([
            ("ca", json(first)),
            ("certificate", json(first)),
            ("chain", json(certificates)),
            ("version", "0".to_owned()),
        ]),
        // Certificates that were provided before must no longer be trusted.
        _ => relation.unit_data().update(["ca", "certificate", "chain", "version"].map(|key| (key, ""))),
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl Library for Provider {
    fn name(&self) -> &str {
        self.endpoint
    }

    fn observe(&self, framework: &mut Framework<Self>) {
        framework.observe(on::relation_created(self.endpoint), Self::on_event);
        framework.observe(on::relation_changed(self.endpoint), Self::on_event);
    }

    fn refresh(&self, model: &Model) -> anyhow::Result<()> {
        self.provide(model)
    }
}
