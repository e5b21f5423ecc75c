//! Providers that refuse, make mistakes, or attack.

use interfaces::tls_certificates::{Error, PrivateKey};
use ops_testing::on;
use serde_json::json as value;

use crate::{
    DAY, UNIT, UnitCharm, authority, certificate_entry, certificate_secrets, context, requested, with_certificates,
};

#[test]
fn a_certificate_for_another_key_is_an_error_and_is_not_stored() {
    let (state, request) = requested();
    let authority = authority();
    let other = request.content().sign(&PrivateKey::generate().unwrap()).unwrap();
    let certificate = authority.sign(&other, DAY).unwrap();
    let state = with_certificates(state, &[certificate_entry(&authority, &request, &certificate)]);
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    assert!(ctx.emitted(&UNIT.certificate_available()).is_empty() && certificate_secrets(&out).is_empty());
    let manager = ctx.manager(on::update_status(), out).unwrap();
    let error = UNIT.assigned_certificate(manager.model()).unwrap_err();
    assert!(matches!(error, Error::KeyMismatch { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "ca sent a certificate for shop.example.com over certificates:3 that is for another private key: it must sign the \
         request anew"
    );
}

#[test]
fn a_ca_certificate_that_was_not_requested_is_an_error_and_is_not_stored() {
    let (state, request) = requested();
    let authority = authority();
    let certificate = authority.sign_ca(&request, DAY).unwrap();
    let state = with_certificates(state, &[certificate_entry(&authority, &request, &certificate)]);
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    assert!(certificate_secrets(&out).is_empty());
    let manager = ctx.manager(on::update_status(), out).unwrap();
    assert!(matches!(UNIT.assigned_certificate(manager.model()), Err(Error::CaMismatch { .. })));
}

#[test]
fn invalid_data_does_not_fail_the_hook_and_is_an_error_that_names_the_databag() {
    let (state, request) = requested();
    let no_certificate = value!([{"ca": "x", "certificate_signing_request": request.pem(), "certificate": "x"}]);
    for (certificates, expected) in [
        ("no JSON".to_owned(), "relation certificates:3, databag of ca: certificates is "),
        ("{}".to_owned(), "relation certificates:3, databag of ca: certificates is "),
        (r#"[{"ca": 1}]"#.to_owned(), "relation certificates:3, databag of ca: certificates is "),
        (no_certificate.to_string(), "this is not a certificate: "),
    ] {
        let data = [("certificates", certificates)];
        let state = state.clone().change_relation(3, |relation| relation.remote_app_data(data));
        let mut ctx = context(UnitCharm);
        let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
        assert!(certificate_secrets(&out).is_empty());
        assert!(ctx.juju_log().iter().any(|line| line.message.contains(expected)), "{:?}", ctx.juju_log());
        let manager = ctx.manager(on::update_status(), out).unwrap();
        let error = UNIT.assigned_certificate(manager.model()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_denial_emits_one_event_and_is_an_error_with_the_reason() {
    let (state, request) = requested();
    let errors =
        value!([{"csr": request.pem(), "error": {"code": 102, "name": "DOMAIN_NOT_ALLOWED", "message": "not ours"}}]);
    let data = [("request_errors", errors.to_string())];
    let state = state.change_relation(3, |relation| relation.remote_app_data(data));
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    assert_eq!(ctx.emitted(&UNIT.certificate_denied())[0].code, 102);
    let out = ctx.run(on::relation_changed(out.relation(3)), out.clone()).unwrap();
    assert!(ctx.emitted(&UNIT.certificate_denied()).is_empty());
    let manager = ctx.manager(on::update_status(), out).unwrap();
    assert_eq!(
        UNIT.assigned_certificate(manager.model()).unwrap_err().to_string(),
        "ca refuses a certificate for shop.example.com: not ours (code 102)"
    );
}
