//! Private keys from charms in Python.

use interfaces::tls_certificates::{Authority, CertificateSigningRequest, PrivateKey};
use ops_testing::{Relation, Secret, State, on};

use crate::{AppCharm, DAY, PREFIX, UNIT, UnitCharm, certificate_entry, context, sent_requests, with_certificates};

/// A unit with a new relation, and with this key in the secret of a charm in Python.
fn with_key(pem: &str) -> (State, Relation, Secret) {
    let key = Secret::new([("private-key", pem)]).owned_by_unit().label(format!("{PREFIX}-private-key-0-certificates"));
    let relation = Relation::new("certificates").id(3).remote_app("ca");
    (State::default().with_relation(relation.clone()).with_secret(key.clone()), relation, key)
}

#[test]
fn keys_of_every_kind_from_charms_in_python_are_kept_and_used() {
    for pem in [
        include_str!("../../src/tls_certificates/testdata/rsa2048.pkcs1.pem"),
        include_str!("../../src/tls_certificates/testdata/p384.sec1.pem"),
        include_str!("../../src/tls_certificates/testdata/p256.pem"),
    ] {
        let (state, relation, key) = with_key(pem);
        let mut ctx = context(UnitCharm);
        let out = ctx.run(on::relation_created(&relation), state).unwrap();
        assert_eq!(out.get_secret(&key.id).unwrap().latest_revision(), 1);
        let request = CertificateSigningRequest::from_pem(
            sent_requests(&out)[0]["certificate_signing_request"].as_str().unwrap(),
        )
        .unwrap();
        assert_eq!(request.has_valid_signature(), Some(true));
        // A CA with an RSA key, as in charms in Python.
        let ca_key = PrivateKey::from_pem(include_str!("../../src/tls_certificates/testdata/rsa2048.pem")).unwrap();
        let authority = Authority::with_key("Our CA", ca_key, 365 * DAY).unwrap();
        let certificate = authority.sign(&request, 10 * DAY).unwrap();
        let state = with_certificates(out, &[certificate_entry(&authority, &request, &certificate)]);
        let out = ctx.run(on::relation_changed(state.relation(3)), state.clone()).unwrap();
        assert_eq!(ctx.emitted(&UNIT.certificate_available()).len(), 1);
        let manager = ctx.manager(on::update_status(), out).unwrap();
        let issued = UNIT.assigned_certificate(manager.model()).unwrap().unwrap();
        assert_eq!(issued.private_key.pem(), pem.trim());
        assert!(issued.certificate.matches_private_key(&issued.private_key));
    }
}

#[test]
fn an_unusable_key_is_replaced_and_the_reason_is_logged() {
    let (state, relation, key) = with_key(include_str!("../../src/tls_certificates/testdata/ed25519.pem"));
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_created(&relation), state).unwrap();
    let secret = out.get_secret(&key.id).unwrap();
    assert_eq!(secret.latest_revision(), 2);
    PrivateKey::from_pem(secret.latest().unwrap().expose("private-key").unwrap()).unwrap();
    assert_eq!(sent_requests(&out).len(), 1);
    let expected =
        "the private key of certificates cannot be used, and a new one takes its place: this is not a private key";
    assert!(ctx.juju_log().iter().any(|line| line.message.contains(expected)), "{:?}", ctx.juju_log());
}

#[test]
fn the_application_s_key_is_moved_from_the_label_of_old_charms_in_python() {
    let pem = include_str!("../../src/tls_certificates/testdata/rsa2048.pkcs1.pem");
    let old = Secret::new([("private-key", pem)]).owned_by_app().label(format!("{PREFIX}-private-key-certificates"));
    let relation = Relation::new("certificates").id(3);
    let state = State::default().with_leader(true).with_relation(relation.clone()).with_secret(old.clone());
    let out = context(AppCharm).run(on::relation_created(&relation), state).unwrap();
    let [secret] = &out.secrets[..] else { panic!("{:?}", out.secrets) };
    assert_eq!(secret.label.as_deref(), Some(format!("{PREFIX}-private-key-app-certificates").as_str()));
    assert_eq!(secret.latest().unwrap().expose("private-key"), Some(pem.trim()));
}
