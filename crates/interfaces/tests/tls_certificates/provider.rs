//! The provider's side.

use interfaces::tls_certificates::{
    Authority, CertificateRequestAttributes, CertificatesRequested, PrivateKey, Provider, RequestError,
};
use ops::{Charm, CustomRelation, Framework, Model};
use ops_testing::{Relation, State, on};
use serde_json::{Value, json as value};

use crate::{DAY, authority, context, schema};

/// Signs every request except for one name.
pub(crate) struct CaCharm(pub(crate) Authority);

const SIGN: Provider = Provider::new("sign");

impl Charm for CaCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(SIGN);
        framework.observe(SIGN.certificates_requested(), Self::on_requested);
        framework.observe(ops::on::config_changed(), |_: &Self, _: &ops::ConfigChangedEvent, model: &Model| {
            SIGN.revoke_all(model)
        });
    }
}

impl CaCharm {
    fn on_requested(&mut self, _: &CustomRelation<CertificatesRequested>, model: &Model) -> anyhow::Result<()> {
        for requested in SIGN.outstanding_certificate_requests(model)? {
            if requested.request.content().common_name == "evil.example.com" {
                SIGN.refuse(&requested, RequestError::new(102, "DOMAIN_NOT_ALLOWED", "no"))?;
                continue;
            }
            let certificate = self.0.sign_requested(&requested, DAY)?;
            SIGN.issue(&requested, &certificate, self.0.certificate(), &[])?;
        }
        Ok(())
    }
}

fn request(name: &str) -> Value {
    let key = PrivateKey::generate().unwrap();
    let request = CertificateRequestAttributes::new(name).sign(&key).unwrap();
    value!({"certificate_signing_request": request.pem(), "ca": false})
}

fn requests(list: &[Value]) -> [(&'static str, String); 1] {
    [("certificate_signing_requests", Value::from(list).to_string())]
}

#[test]
fn a_provider_issues_refuses_revokes_and_withdraws() {
    let (good, evil) = (request("shop.example.com"), request("evil.example.com"));
    let relation = Relation::new("sign")
        .id(5)
        .remote_unit_data(0, requests(&[good.clone(), evil.clone()]))
        .remote_unit_data(1, [("certificate_signing_requests", "nonsense")]);
    let state = State::default().with_leader(true).with_relation(relation.clone());
    let mut ctx = context(CaCharm(authority()));
    let out = ctx.run(on::relation_changed(&relation), state.clone()).unwrap();
    let data = out.relation(5).local_app_data.clone();
    assert_eq!(data.keys().collect::<Vec<_>>(), ["certificates", "request_errors"]);
    schema::check("tls-certificates-v1 provider app", &data, &[]);
    let hostile = [("certificates".to_owned(), "[{}]".to_owned())].into();
    assert_ne!(schema::errors("tls-certificates-v1 provider app", &hostile), [""; 0]);
    let certificates: Value = serde_json::from_str(&data["certificates"]).unwrap();
    let [entry] = &certificates.as_array().unwrap()[..] else { panic!("{certificates}") };
    assert_eq!(
        entry.as_object().unwrap().keys().collect::<Vec<_>>(),
        [
            "ca",
            "certificate",
            "certificate_signing_request",
            "chain",
            "recommended_expiry_notification_time",
            "revoked"
        ]
    );
    assert_eq!(entry["certificate_signing_request"], good["certificate_signing_request"]);
    let errors: Value = serde_json::from_str(&data["request_errors"]).unwrap();
    assert_eq!(errors[0]["csr"], evil["certificate_signing_request"]);
    assert_eq!(errors[0]["error"], value!({"code": 102, "name": "DOMAIN_NOT_ALLOWED", "message": "no"}));

    let revoked = ctx.run(on::config_changed(), out.clone()).unwrap();
    assert!(revoked.relation(5).local_app_data["certificates"].contains(r#""revoked":true"#));

    // The request is withdrawn.
    let out = out.change_relation(5, |relation| relation.remote_unit_data(0, requests(&[])));
    let out = ctx.run(on::relation_changed(out.relation(5)), out.clone()).unwrap();
    assert!(out.relation(5).local_app_data.is_empty(), "{:?}", out.relation(5).local_app_data);

    // Other units do nothing.
    let out = ctx.run(on::relation_changed(&relation), state.with_leader(false)).unwrap();
    assert!(out.relation(5).local_app_data.is_empty());
}
