//! The code of `tls.md`.

use std::path::PathBuf;

use charmlibs::pathops;
use interfaces::tls_certificates::{CertificateRequestAttributes, Error, Requirer};
use ops::{Charm, Framework, Model, OrStatus as _, Status};

use crate::{endpoints, on};

const TLS: Requirer = Requirer::new(endpoints::CERTIFICATES, certificate_requests);

fn certificate_requests(model: &Model) -> anyhow::Result<Vec<CertificateRequestAttributes>> {
    let host = format!("{}.example.com", model.unit().name().replace('/', "-"));
    let address = model.binding(endpoints::CERTIFICATES)?.ingress_address();
    Ok(vec![CertificateRequestAttributes::new(&host).dns_names([&host]).ip_addresses(address)])
}

/// A charm that serves TLS.
#[derive(Debug)]
pub struct SecureCharm {
    /// Where the server's files are.
    pub folder: PathBuf,
}

impl Charm for SecureCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(TLS).refresh_on([on::config_changed().into()]);
        framework.observe(TLS.certificate_available(), Self::reconcile);
        framework.observe(TLS.certificate_invalidated(), Self::reconcile);
    }
}

impl SecureCharm {
    fn reconcile<E>(&mut self, _event: &E, model: &Model) -> anyhow::Result<()> {
        let blocked = |error: &Error| Status::blocked(error.to_string());
        if let Some(assigned) = TLS.assigned_certificate(model).or_status(blocked)? {
            pathops::ensure_contents(self.folder.join("chain.pem"), assigned.chain_pem())?;
            let private = pathops::Options::new().mode(0o600);
            private.ensure_contents(self.folder.join("key.pem"), assigned.private_key.pem())?;
        } else {
            pathops::remove(self.folder.join("chain.pem"))?;
            pathops::remove(self.folder.join("key.pem"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use interfaces::tls_certificates::{Authority, CertificateSigningRequest};
    use ops_testing::{Context, Network, Relation, State, json, on};

    use super::SecureCharm;

    #[test]
    fn the_certificate_is_written_and_removed_with_the_relation() {
        let folder = tempfile::tempdir().unwrap();
        let mut ctx = Context::new(SecureCharm { folder: folder.path().to_owned() });
        let relation = Relation::new("certificates").id(3);
        let state = State::default().with_relation(relation.clone()).with_network("", Network::new("10.0.0.7"));
        let out = ctx.run(on::relation_created(&relation), state).unwrap();

        let sent: serde_json::Value =
            serde_json::from_str(&out.relation(3).local_unit_data["certificate_signing_requests"]).unwrap();
        let request =
            CertificateSigningRequest::from_pem(sent[0]["certificate_signing_request"].as_str().unwrap()).unwrap();
        assert_eq!(request.content().ip_addresses, ["10.0.0.7".parse().unwrap()].into());
        let authority = Authority::generate("A CA", Duration::from_hours(48)).unwrap();
        let certificate = authority.sign(&request, Duration::from_hours(24)).unwrap();
        let entry = serde_json::json!({
            "ca": authority.certificate().pem(),
            "certificate": certificate.pem(),
            "certificate_signing_request": request.pem(),
        });
        let data = json(&serde_json::json!({ "certificates": [entry] }));
        let state = out.change_relation(3, |relation| relation.remote_app_data(data));
        let out = ctx.run(on::relation_changed(state.relation(3)), state.clone()).unwrap();
        let chain = std::fs::read_to_string(folder.path().join("chain.pem")).unwrap();
        assert!(chain.starts_with(certificate.pem()));

        ctx.run(on::relation_broken(out.relation(3)), out.clone()).unwrap();
        assert!(!folder.path().join("key.pem").exists());
    }
}
