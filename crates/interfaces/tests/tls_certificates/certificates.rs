//! The lifetime of certificates: issue, renewal, expiry, revocation.

use std::time::{Duration, SystemTime};

use interfaces::tls_certificates::{Available, SigningRequest};
use ops_testing::{Secret, on};

use crate::{
    DAY, PREFIX, UNIT, UnitCharm, answer, asked, authority, certificate_secrets, context, entry, in_databag, issued,
    sent,
};

#[test]
fn a_certificate_is_kept_until_it_is_time_to_renew_it() {
    let (state, request) = asked();
    let authority = authority();
    let certificate = authority.sign(&request, 10 * DAY).unwrap();
    let state = answer(state, &[entry(&authority, &request, &certificate)]);
    let mut ctx = context(UnitCharm);
    let before = SystemTime::now();
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    let [Available { common_name, .. }] = &ctx.emitted(&UNIT.available())[..] else { panic!() };
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
    assert!(ctx.emitted(&UNIT.available()).is_empty());
    assert_eq!(certificate_secrets(&out).len(), 1);
}

#[test]
fn the_charm_gets_the_certificate_with_its_chain_and_key() {
    let (state, _, certificate) = issued();
    let mut ctx = context(UnitCharm);
    let manager = ctx.manager(on::update_status(), state).unwrap();
    let issued = UNIT.issued(manager.model()).unwrap().unwrap();
    assert_eq!(issued.certificate, certificate);
    assert!(certificate.is_for(&issued.private_key));
    assert_eq!(issued.chain.len(), 2);
    assert_eq!(issued.chain_pem().matches("BEGIN CERTIFICATE").count(), 2);
    assert_eq!(issued.ca.common_name(), "Our CA");
}

#[test]
fn an_expired_secret_is_replaced_by_a_new_request_for_the_same_key() {
    let (state, request, _) = issued();
    let secret = certificate_secrets(&state)[0].clone();
    let out = context(UnitCharm).run(on::secret_expired(&secret, 1), state).unwrap();
    assert!(certificate_secrets(&out).is_empty());
    let [new] = &sent(&out)[..] else { panic!() };
    let new = SigningRequest::from_pem(new["certificate_signing_request"].as_str().unwrap()).unwrap();
    assert_ne!(new, request);
    assert_eq!(new.content(), request.content());
    assert_eq!(out.secrets.len(), 1, "the key stays");
}

#[test]
fn an_expired_secret_of_the_charm_is_not_touched() {
    let (state, _, _) = issued();
    let own =
        Secret::new([("password", "x")]).owned_by_unit().label(format!("{PREFIX}-certificate-0-certificates-x-y"));
    let state = state.with_secret(own.clone());
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::secret_expired(&own, 1), state.clone()).unwrap();
    assert_eq!(out.secrets, state.secrets);
    assert!(ctx.hook_commands().is_empty(), "{:?}", ctx.hook_commands());
}

#[test]
fn a_certificate_that_should_have_been_renewed_is_renewed_at_the_next_event() {
    let (state, request) = asked();
    let authority = authority();
    // It has been valid for a minute, and has three seconds left.
    let certificate = authority.sign(&request, Duration::from_secs(3)).unwrap();
    let state = answer(state, &[entry(&authority, &request, &certificate)]);
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    let [new] = &in_databag(&out.relation(3).local_unit_data)[..] else { panic!() };
    assert!(*new != request && new.content() == request.content());
    assert!(ctx.juju_log().iter().any(|line| line.message.ends_with("should have been renewed: renewing it")));
}

#[test]
fn a_revoked_certificate_is_dropped_and_emits_an_event() {
    let (state, request, certificate) = issued();
    let mut entry = entry(&authority(), &request, &certificate);
    entry["revoked"] = true.into();
    let state = answer(state, &[entry]);
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    assert!(certificate_secrets(&out).is_empty());
    assert_eq!(ctx.emitted(&UNIT.gone()).len(), 1);
    let manager = ctx.manager(on::update_status(), out).unwrap();
    assert_eq!(UNIT.issued(manager.model()).unwrap(), None);
}

#[test]
fn when_the_relation_is_gone_so_are_key_and_certificates() {
    let (state, _, _) = issued();
    let own = Secret::new([("password", "x")]).owned_by_unit().label("the charm's own");
    let state = state.with_secret(own.clone());
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_broken(state.relation(3)), state.clone()).unwrap();
    assert_eq!(out.secrets, [own]);
    assert_eq!(ctx.emitted(&UNIT.gone()).len(), 1);
}
