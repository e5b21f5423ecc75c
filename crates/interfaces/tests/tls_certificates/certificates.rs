//! The lifetime of certificates: issue, renewal, expiry, revocation.

use std::time::{Duration, SystemTime};

use interfaces::tls_certificates::{CertificateAvailable, CertificateSigningRequest};
use ops_testing::{Secret, on};

use crate::{
    DAY, PREFIX, UNIT, UnitCharm, assigned, authority, certificate_entry, certificate_secrets, context, requested,
    requests_in, sent_requests, with_certificates,
};

#[test]
fn the_secret_of_a_certificate_expires_when_it_must_be_renewed() {
    let (state, request) = requested();
    let authority = authority();
    let certificate = authority.sign(&request, 10 * DAY).unwrap();
    let state = with_certificates(state, &[certificate_entry(&authority, &request, &certificate)]);
    let mut ctx = context(UnitCharm);
    let before = SystemTime::now();
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    let [CertificateAvailable { common_name, .. }] = &ctx.emitted(&UNIT.certificate_available())[..] else { panic!() };
    assert_eq!(common_name, "shop.example.com");
    let [secret] = certificate_secrets(&out)[..] else { panic!("{:?}", out.secrets) };
    let content = secret.latest().unwrap();
    assert_eq!(content.expose("certificate"), Some(certificate.pem()));
    assert_eq!(content.expose("csr"), Some(request.pem()));
    let expires = SystemTime::UNIX_EPOCH + Duration::from_secs(secret.expire.unwrap().unix().try_into().unwrap());
    let after = expires.duration_since(before).unwrap();
    assert!(after.abs_diff(9 * DAY) < Duration::from_mins(2), "{after:?}");

    // There is no second event for a known certificate.
    let out = ctx.run(on::relation_changed(out.relation(3)), out.clone()).unwrap();
    assert!(ctx.emitted(&UNIT.certificate_available()).is_empty());
    assert_eq!(certificate_secrets(&out).len(), 1);
}

#[test]
fn the_charm_gets_the_certificate_with_its_chain_and_key() {
    let (state, _, certificate) = assigned();
    let mut ctx = context(UnitCharm);
    let manager = ctx.manager(on::update_status(), state).unwrap();
    let issued = UNIT.assigned_certificate(manager.model()).unwrap().unwrap();
    assert_eq!(issued.certificate, certificate);
    assert!(certificate.matches_private_key(&issued.private_key));
    assert_eq!(issued.chain.len(), 2);
    assert_eq!(issued.chain_pem().matches("BEGIN CERTIFICATE").count(), 2);
    assert_eq!(issued.ca.common_name(), "Our CA");
}

#[test]
fn an_expired_secret_is_replaced_by_a_new_request_for_the_same_key() {
    let (state, request, _) = assigned();
    let secret = certificate_secrets(&state)[0].clone();
    let out = context(UnitCharm).run(on::secret_expired(&secret, 1), state).unwrap();
    assert!(certificate_secrets(&out).is_empty());
    let [new] = &sent_requests(&out)[..] else { panic!() };
    let new = CertificateSigningRequest::from_pem(new["certificate_signing_request"].as_str().unwrap()).unwrap();
    assert_ne!(new, request);
    assert_eq!(new.content(), request.content());
    assert_eq!(out.secrets.len(), 1, "the key stays");
}

#[test]
fn an_expired_secret_of_the_charm_is_ignored() {
    let (state, _, _) = assigned();
    let charm_secret =
        Secret::new([("password", "x")]).owned_by_unit().label(format!("{PREFIX}-certificate-0-certificates-x-y"));
    let state = state.with_secret(charm_secret.clone());
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::secret_expired(&charm_secret, 1), state.clone()).unwrap();
    assert_eq!(out.secrets, state.secrets);
    assert!(ctx.hook_commands().is_empty(), "{:?}", ctx.hook_commands());
}

#[test]
fn a_certificate_that_should_have_been_renewed_is_renewed_at_the_next_event() {
    let (state, request) = requested();
    let authority = authority();
    // It has been valid for a minute, and has three seconds left.
    let certificate = authority.sign(&request, Duration::from_secs(3)).unwrap();
    let state = with_certificates(state, &[certificate_entry(&authority, &request, &certificate)]);
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    let [new] = &requests_in(&out.relation(3).local_unit_data)[..] else { panic!() };
    assert!(*new != request && new.content() == request.content());
    assert!(ctx.juju_log().iter().any(|line| line.message.ends_with("should have been renewed: renewing it")));
}

#[test]
fn a_revoked_certificate_is_removed_and_emits_an_event() {
    let (state, request, certificate) = assigned();
    let mut entry = certificate_entry(&authority(), &request, &certificate);
    entry["revoked"] = true.into();
    let state = with_certificates(state, &[entry]);
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    assert!(certificate_secrets(&out).is_empty());
    assert_eq!(ctx.emitted(&UNIT.certificate_invalidated()).len(), 1);
    let manager = ctx.manager(on::update_status(), out).unwrap();
    assert_eq!(UNIT.assigned_certificate(manager.model()).unwrap(), None);
}

#[test]
fn the_key_and_the_certificates_are_removed_with_the_relation() {
    let (state, _, _) = assigned();
    let charm_secret = Secret::new([("password", "x")]).owned_by_unit().label("the charm's own");
    let state = state.with_secret(charm_secret.clone());
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_broken(state.relation(3)), state.clone()).unwrap();
    assert_eq!(out.secrets, [charm_secret]);
    assert_eq!(ctx.emitted(&UNIT.certificate_invalidated()).len(), 1);
}
