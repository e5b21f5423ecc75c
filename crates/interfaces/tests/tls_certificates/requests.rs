//! The requests of a requirer.

use interfaces::tls_certificates::{CertificateRequestAttributes, CertificateSigningRequest};
use ops_testing::{Relation, State, on};

use crate::{AppCharm, PREFIX, UnitCharm, assigned, certificate_secrets, context, requested, schema, sent_requests};

#[test]
fn a_unit_sends_a_request_and_keeps_the_key_in_its_secret() {
    let (out, request) = requested();
    let data = &out.relation(3).local_unit_data;
    let keys: Vec<&String> = data.keys().filter(|key| !key.contains("address") && *key != "egress-subnets").collect();
    assert_eq!(keys, ["certificate_signing_requests"]);
    schema::check("tls-certificates-v1 requirer unit", data, &["certificate_signing_requests"]);
    let [entry] = &sent_requests(&out)[..] else { panic!() };
    assert_eq!(entry.as_object().unwrap().keys().collect::<Vec<_>>(), ["ca", "certificate_signing_request"]);
    assert_eq!(entry["ca"], false);
    assert!(out.relation(3).local_app_data.is_empty());
    assert_eq!(
        request.content(),
        CertificateRequestAttributes::new("shop.example.com").dns_names(["shop.example.com"])
    );
    let secret = out.get_secret_by_label(&format!("{PREFIX}-private-key-0-certificates")).unwrap();
    assert_eq!(secret.owner, Some(ops::SecretOwner::Unit));
    assert_eq!(secret.latest().unwrap().keys().collect::<Vec<_>>(), ["private-key"]);
}

#[test]
fn a_second_hook_changes_nothing() {
    let (out, _) = requested();
    let mut ctx = context(UnitCharm);
    let second = ctx.run(on::config_changed(), out.clone()).unwrap();
    assert_eq!(second.relations, out.relations);
    assert_eq!(second.secrets.len(), 1);
    assert!(
        !ctx.hook_commands().iter().any(|command| command.starts_with("relation-set")),
        "{:?}",
        ctx.hook_commands()
    );
}

#[test]
fn only_the_leader_requests_a_certificate_of_the_application() {
    let relation = Relation::new("certificates").id(3);
    let state = State::default().with_relation(relation.clone());
    let out = context(AppCharm).run(on::relation_created(&relation), state.clone()).unwrap();
    assert!(out.secrets.is_empty() && out.relation(3).local_app_data.is_empty());
    for event in [on::relation_created(&relation), on::leader_elected()] {
        let out = context(AppCharm).run(event, state.clone().with_leader(true)).unwrap();
        let data = &out.relation(3).local_app_data;
        assert!(data["certificate_signing_requests"].contains("-----BEGIN CERTIFICATE REQUEST-----"), "{data:?}");
        schema::check("tls-certificates-v1 requirer app", data, &["certificate_signing_requests"]);
        assert!(sent_requests(&out).is_empty());
        let secret = out.get_secret_by_label(&format!("{PREFIX}-private-key-app-certificates")).unwrap();
        assert_eq!(secret.owner, Some(ops::SecretOwner::Application));
    }
}

#[test]
fn a_changed_request_replaces_the_first() {
    let (state, request, _) = assigned();
    let out = context(UnitCharm).run(on::config_changed(), state.with_config("host", "new.example.com")).unwrap();
    let [new] = &sent_requests(&out)[..] else { panic!() };
    let new = CertificateSigningRequest::from_pem(new["certificate_signing_request"].as_str().unwrap()).unwrap();
    assert_eq!(new.content().common_name, "new.example.com");
    assert_ne!(new, request);
    assert!(certificate_secrets(&out).is_empty());
}
