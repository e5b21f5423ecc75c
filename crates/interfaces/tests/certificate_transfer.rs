//! Tests of shared CA certificates.

mod schema;

use std::collections::BTreeSet;

use interfaces::certificate_transfer::{Provider, Requirer};
use ops::{Charm, Framework, Model};
use ops_testing::{Context, Relation, State, on};

const METADATA: &str = include_str!("charmcraft.yaml");

const RECEIVE: Requirer = Requirer::new("receive");
const SEND: Provider = Provider::new("send", certificates);

fn certificates(_: &Model) -> anyhow::Result<BTreeSet<String>> {
    Ok(["one".to_owned(), "two".to_owned()].into())
}

/// The format of the first libraries.
const PLAIN_TEXT_CA: &str = "-----BEGIN CERTIFICATE-----\nd\n-----END CERTIFICATE-----";

struct App;

impl Charm for App {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(RECEIVE);
        framework.library(SEND).refresh_on([ops::on::config_changed().into()]);
    }
}

fn context() -> Context<App> {
    Context::with_metadata(App, METADATA).unwrap()
}

fn received(state: State) -> Vec<String> {
    let mut ctx = context();
    let manager = ctx.manager(on::update_status(), state).unwrap();
    RECEIVE.certificates(manager.model()).unwrap().into_iter().collect()
}

#[test]
fn the_leader_announces_version_1() {
    let relation = Relation::new("receive").id(2);
    let state = State::default().with_relation(relation.clone());
    let out = context().run(on::relation_created(&relation), state.clone()).unwrap();
    assert!(out.relation(2).local_app_data.is_empty());
    let out = context().run(on::relation_created(&relation), state.with_leader(true)).unwrap();
    assert_eq!(out.relation(2).local_app_data, [("version".to_owned(), "1".to_owned())].into());
    schema::check("certificate_transfer-v1 requirer app", &out.relation(2).local_app_data, &[]);
}

#[test]
fn certificates_of_both_versions_are_received_and_a_change_emits_one_event() {
    let one = Relation::new("receive").id(2).remote_app_data([("certificates", r#"["a\n", "b"]"#), ("version", "1")]);
    let old = [("ca", "\"c\""), ("certificate", "\"x\""), ("chain", r#"["x", "c"]"#), ("version", "0")];
    let two = Relation::new("receive").id(3).remote_app("old").remote_unit_data(0, old);
    let plain = Relation::new("receive")
        .id(4)
        .remote_app("older")
        .remote_unit_data(0, [("ca", PLAIN_TEXT_CA), ("certificate", "y")]);
    schema::check("certificate_transfer-v1 provider app", &one.remote_app_data, &["certificates"]);
    schema::check("certificate_transfer-v0 provider unit", &two.remote_units_data[&0], &[]);
    let state = State::default().with_relations([one.clone(), two, plain]);
    assert_eq!(received(state.clone()), [PLAIN_TEXT_CA, "a", "b", "c", "x"]);
    let mut ctx = context();
    let out = ctx.run(on::relation_changed(&one), state).unwrap();
    assert_eq!(ctx.emitted(&RECEIVE.certificate_set_updated())[0].count, 2);
    let out = ctx.run(on::relation_changed(&one), out).unwrap();
    assert!(ctx.emitted(&RECEIVE.certificate_set_updated()).is_empty());
    ctx.run(on::relation_broken(&one), out).unwrap();
    assert_eq!(ctx.emitted(&RECEIVE.certificates_removed())[0].relation, 2);
}

#[test]
fn invalid_data_does_not_fail_the_hook() {
    let relation = Relation::new("receive").id(2).remote_app_data([("certificates", "nonsense")]);
    assert_eq!(schema::errors("certificate_transfer-v1 provider app", &relation.remote_app_data).len(), 1);
    let state = State::default().with_relation(relation.clone());
    let mut ctx = context();
    let out = ctx.run(on::relation_changed(&relation), state).unwrap();
    assert!(
        ctx.juju_log().iter().any(|line| line.message.contains("databag of remote: certificates is ")),
        "{:?}",
        ctx.juju_log()
    );
    let manager = ctx.manager(on::update_status(), out).unwrap();
    assert!(RECEIVE.certificates(manager.model()).is_err());
}

/// Data of version 0, and the certificates that are trusted. Nothing is guessed.
#[test]
fn data_of_version_0_is_read_and_invalid_data_is_an_error() {
    let read = |app: &[(&str, &str)], unit: &[(&str, &str)]| {
        let relation = Relation::new("receive").id(2).remote_app_data(app.iter().copied());
        let relation = relation.remote_unit_data(0, unit.iter().copied());
        let mut ctx = context();
        let state = State::default().with_relation(relation.clone());
        ctx.run(on::relation_changed(&relation), state.clone()).unwrap();
        let manager = ctx.manager(on::update_status(), state).unwrap();
        RECEIVE.certificates(manager.model()).map(|all| all.into_iter().collect::<Vec<_>>())
    };
    let unit = [("ca", "\"c\""), ("certificate", "\"x\""), ("chain", r#"["x", "c"]"#)];
    let chain = |chain: &'static str| [("ca", "\"c\""), ("chain", chain)];
    assert_eq!(read(&[], &unit).unwrap(), ["c", "x"]);
    assert_eq!(read(&[("version", "0")], &unit).unwrap(), ["c", "x"]);
    assert_eq!(read(&[], &[("ca", "null"), ("chain", r#"["x"]"#)]).unwrap(), ["x"]);
    assert_eq!(read(&[], &chain("null")).unwrap(), ["c"]);
    // Version 1, without certificates. The version number may be text.
    for version in ["1", "\"1\""] {
        assert_eq!(read(&[("certificates", "[]"), ("version", version)], &unit).unwrap(), [""; 0]);
        assert_eq!(read(&[("certificates", r#"["a"]"#), ("version", version)], &unit).unwrap(), ["a"]);
    }
    for ca in ["7", "true", "{}", r#"["a"]"#, "plain", "\"", "-----END CERTIFICATE-----"] {
        let error = read(&[], &[("ca", ca)]).unwrap_err().to_string();
        assert!(error.starts_with("relation receive:2, databag of remote/0: ca is "), "{error}");
    }
    for invalid in ["7", "\"x\"", "[7]", "[[\"a\"]]", "{}", "plain"] {
        let error = read(&[], &chain(invalid)).unwrap_err().to_string();
        assert!(error.starts_with("relation receive:2, databag of remote/0: chain is "), "{error}");
    }
}

#[test]
fn the_leader_provides_certificates_in_the_version_that_the_requirer_announces() {
    let new = Relation::new("send").id(5).remote_app_data([("version", "1")]);
    let old = Relation::new("send").id(6).remote_app("old");
    let state = State::default().with_leader(true).with_relations([new, old]);
    let out = context().run(on::config_changed(), state.clone()).unwrap();
    let data = &out.relation(5).local_app_data;
    assert_eq!((data["certificates"].as_str(), data["version"].as_str()), (r#"["one","two"]"#, "1"));
    schema::check("certificate_transfer-v1 provider app", data, &["certificates"]);
    assert!(!out.relation(5).local_unit_data.contains_key("ca"));
    let data = &out.relation(6).local_unit_data;
    assert_eq!((data["ca"].as_str(), data["chain"].as_str()), ("\"one\"", r#"["one","two"]"#));
    schema::check("certificate_transfer-v0 provider unit", data, &[]);
    // The first libraries of version 1 do not announce it.
    let data = &out.relation(6).local_app_data;
    assert_eq!(data["certificates"], r#"["one","two"]"#);
    schema::check("certificate_transfer-v1 provider app", data, &["certificates"]);
    let out = context().run(on::config_changed(), state.with_leader(false)).unwrap();
    assert!(out.relation(5).local_app_data.is_empty());
}

/// No longer provides certificates.
struct NoCertificates;

impl Charm for NoCertificates {
    fn observe(framework: &mut Framework<Self>) {
        framework
            .library(Provider::new("send", |_| Ok(BTreeSet::new())))
            .refresh_on([ops::on::config_changed().into()]);
    }
}

#[test]
fn certificates_that_are_no_longer_provided_are_removed_in_both_versions() {
    let new = Relation::new("send").id(5).remote_app_data([("version", "1")]);
    let old = Relation::new("send").id(6).remote_app("old");
    let state = State::default().with_leader(true).with_relations([new, old]);
    let out = context().run(on::config_changed(), state).unwrap();
    assert!(out.relation(6).local_unit_data.contains_key("ca"));
    let out = Context::with_metadata(NoCertificates, METADATA).unwrap().run(on::config_changed(), out).unwrap();
    for relation in [out.relation(5), out.relation(6)] {
        assert_eq!(relation.local_app_data["certificates"], "[]");
        let remaining =
            ["ca", "certificate", "chain", "version"].iter().find(|key| relation.local_unit_data.contains_key(**key));
        assert_eq!(remaining, None, "{:?}", relation.local_unit_data);
    }
}
