//! Private keys from charms in Python.

use interfaces::tls_certificates::{Authority, PrivateKey, SigningRequest};
use ops_testing::{Relation, Secret, State, on};

use crate::{AppCharm, DAY, PREFIX, UNIT, UnitCharm, answer, context, entry, sent};

/// A unit with a new relation, and with this key in the secret of a charm in Python.
fn with_key(pem: &str) -> (State, Relation, Secret) {
    let key = Secret::new([("private-key", pem)]).owned_by_unit().label(format!("{PREFIX}-private-key-0-certificates"));
    let relation = Relation::new("certificates").id(3).remote_app("ca");
    (State::default().with_relation(relation.clone()).with_secret(key.clone()), relation, key)
}

#[test]
fn a_key_of_any_kind_that_a_charm_in_python_left_is_kept_and_used() {
    for pem in [
        include_str!("../../src/tls_certificates/testdata/rsa2048.pkcs1.pem"),
        include_str!("../../src/tls_certificates/testdata/p384.sec1.pem"),
        include_str!("../../src/tls_certificates/testdata/p256.pem"),
    ] {
        let (state, relation, key) = with_key(pem);
        let mut ctx = context(UnitCharm);
        let out = ctx.run(on::relation_created(&relation), state).unwrap();
        assert_eq!(out.get_secret(&key.id).unwrap().latest_revision(), 1);
        let request = SigningRequest::from_pem(sent(&out)[0]["certificate_signing_request"].as_str().unwrap()).unwrap();
        assert_eq!(request.is_signed(), Some(true));
        // A CA with an RSA key, as in charms in Python.
        let ca_key = PrivateKey::from_pem(include_str!("../../src/tls_certificates/testdata/rsa2048.pem")).unwrap();
        let authority = Authority::with_key("Our CA", ca_key, 365 * DAY).unwrap();
        let certificate = authority.sign(&request, 10 * DAY).unwrap();
        let state = answer(out, &[entry(&authority, &request, &certificate)]);
        let out = ctx.run(on::relation_changed(state.relation(3)), state.clone()).unwrap();
        assert_eq!(ctx.emitted(&UNIT.available()).len(), 1);
        let manager = ctx.manager(on::update_status(), out).unwrap();
        let issued = UNIT.issued(manager.model()).unwrap().unwrap();
        assert_eq!(issued.private_key.pem(), pem.trim());
        assert!(issued.certificate.is_for(&issued.private_key));
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
    assert_eq!(sent(&out).len(), 1);
    let says =
        "the private key of certificates cannot be used, and a new one takes its place: this is not a private key";
    assert!(ctx.juju_log().iter().any(|line| line.message.contains(says)), "{:?}", ctx.juju_log());
}

#[test]
fn the_application_s_key_is_taken_over_from_where_old_charms_in_python_have_it() {
    let pem = include_str!("../../src/tls_certificates/testdata/rsa2048.pkcs1.pem");
    let old = Secret::new([("private-key", pem)]).owned_by_app().label(format!("{PREFIX}-private-key-certificates"));
    let relation = Relation::new("certificates").id(3);
    let state = State::default().with_leader(true).with_relation(relation.clone()).with_secret(old.clone());
    let out = context(AppCharm).run(on::relation_created(&relation), state).unwrap();
    let [secret] = &out.secrets[..] else { panic!("{:?}", out.secrets) };
    assert_eq!(secret.label.as_deref(), Some(format!("{PREFIX}-private-key-app-certificates").as_str()));
    assert_eq!(secret.latest().unwrap().expose("private-key"), Some(pem.trim()));
}
