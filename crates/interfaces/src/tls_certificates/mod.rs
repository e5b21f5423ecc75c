//! X.509 certificates: the interface [`tls-certificates`][interface], version 1.
//!
//! [`Requirer`] requests certificates and renews them, [`Provider`] issues them. The private key never leaves the
//! requirer: it is in a secret of the unit or the application, with the same names and labels as in the Python
//! library, so that a ported charm keeps its keys.
//!
//! ```
//! use interfaces::tls_certificates::{CertificateRequestAttributes, AssignedCertificate, Requirer};
//! use ops::{Charm, CustomRelation, Framework, Model, on};
//!
//! const TLS: Requirer = Requirer::new("certificates", certificate_requests);
//!
//! fn certificate_requests(_model: &Model) -> anyhow::Result<Vec<CertificateRequestAttributes>> {
//!     Ok(vec![CertificateRequestAttributes::new("shop.example.com").dns_names(["shop.example.com"])])
//! }
//!
//! struct ShopCharm;
//!
//! impl Charm for ShopCharm {
//!     fn observe(framework: &mut Framework<Self>) {
//!         framework.library(TLS).refresh_on([on::config_changed().into()]);
//!         framework.observe(TLS.certificate_available(), Self::on_certificate);
//!     }
//! }
//!
//! impl ShopCharm {
//!     fn on_certificate(
//!         &mut self,
//!         _event: &CustomRelation<interfaces::tls_certificates::CertificateAvailable>,
//!         model: &Model,
//!     ) -> anyhow::Result<()> {
//!         if let Some(AssignedCertificate { certificate, private_key, .. }) = TLS.assigned_certificate(model)? {
//!             tracing::info!("{} until {:?}", certificate.common_name(), certificate.not_after());
//!             std::fs::write("/etc/shop/key.pem", private_key.pem())?;
//!         }
//!         Ok(())
//!     }
//! }
//! ```
//!
//! New keys are P-256. P-384 and RSA keys that charms in Python have left are kept and used.
//!
//! [interface]: https://github.com/canonical/charmlibs/tree/main/interfaces/tls-certificates/interface/v1

mod assigned;
mod authority;
mod capabilities;
mod certificate;
mod data;
mod error;
mod events;
mod key;
mod provider;
mod request;
mod requirer;
mod secrets;

pub use assigned::AssignedCertificate;
pub use authority::Authority;
pub use capabilities::Capabilities;
pub use certificate::Certificate;
pub use data::RequestError;
pub use error::Error;
pub use events::{CertificateAvailable, CertificateDenied, CertificateInvalidated, Mode};
pub use key::PrivateKey;
pub use provider::{CapabilitiesFn, CertificatesRequested, Provider, RequirerCertificateRequest};
pub use request::{CertificateRequestAttributes, CertificateSigningRequest};
pub use requirer::{CertificateRequestsFn, Requirer};
