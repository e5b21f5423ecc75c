//! X.509 certificates: the interface [`tls-certificates`][interface], version 1.
//!
//! [`Requirer`] requests certificates and renews them, [`Provider`] issues them. The private key never leaves the
//! requirer: it is in a secret of the unit or the application, with the same names and labels as in the Python
//! library, so that a ported charm keeps its keys.
//!
//! ```
//! use interfaces::tls_certificates::{CertificateRequest, Issued, Requirer};
//! use ops::{Charm, CustomRelation, Framework, Model, on};
//!
//! const TLS: Requirer = Requirer::new("certificates", requests);
//!
//! fn requests(_model: &Model) -> anyhow::Result<Vec<CertificateRequest>> {
//!     Ok(vec![CertificateRequest::new("shop.example.com").dns_names(["shop.example.com"])])
//! }
//!
//! struct ShopCharm;
//!
//! impl Charm for ShopCharm {
//!     fn observe(framework: &mut Framework<Self>) {
//!         framework.library(TLS).refresh_on([on::config_changed().into()]);
//!         framework.observe(TLS.available(), Self::on_certificate);
//!     }
//! }
//!
//! impl ShopCharm {
//!     fn on_certificate(
//!         &mut self,
//!         _event: &CustomRelation<interfaces::tls_certificates::Available>,
//!         model: &Model,
//!     ) -> anyhow::Result<()> {
//!         if let Some(Issued { certificate, private_key, .. }) = TLS.issued(model)? {
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

mod authority;
mod capabilities;
mod certificate;
mod data;
mod error;
mod events;
mod issued;
mod key;
mod provider;
mod request;
mod requirer;
mod secrets;

pub use authority::Authority;
pub use capabilities::Capabilities;
pub use certificate::Certificate;
pub use data::RequestError;
pub use error::Error;
pub use events::{Available, Denied, Gone, Mode};
pub use issued::Issued;
pub use key::PrivateKey;
pub use provider::{Advertised, Provider, Requested, Requests};
pub use request::{CertificateRequest, SigningRequest};
pub use requirer::{Requirer, Wanted};
