//! Certificates, as transitions of a unit's state. The other side is played by hand here; the integration tests have the
//! library for charms in Python.

mod schema;

use std::time::{Duration, SystemTime};

use interfaces::tls_certificates::{
    Authority, Available, Capabilities, Certificate, CertificateRequest, Error, Mode, PrivateKey, Provider,
    RequestError, Requested, Requests, Requirer, SigningRequest,
};
use ops::{Charm, CustomRelation, Framework, Model};
use ops_testing::{Context, Relation, Secret, State, json, on};
use serde_json::{Value, json as value};

const METADATA: &str = "
name: shop
summary: A shop.
description: A shop.
requires:
  certificates:
    interface: tls-certificates
    limit: 1
provides:
  sign:
    interface: tls-certificates
config:
  options:
    host:
      type: string
      default: shop.example.com
";
const PREFIX: &str = "afd8c2bccf834997afce12c2706d2ede";
const DAY: Duration = Duration::from_hours(24);

const UNIT: Requirer = Requirer::new("certificates", wanted);
const APP: Requirer = UNIT.mode(Mode::App);

fn wanted(model: &Model) -> anyhow::Result<Vec<CertificateRequest>> {
    let host = model.config()?["host"].as_str().unwrap_or_default().to_owned();
    Ok(vec![CertificateRequest::new(host.clone()).dns_names([host])])
}

macro_rules! charm {
    ($name:ident, $library:ident) => {
        struct $name;
        impl Charm for $name {
            fn observe(framework: &mut Framework<Self>) {
                framework.library($library).refresh_on([ops::on::config_changed().into()]);
            }
        }
    };
}
charm!(UnitCharm, UNIT);
charm!(AppCharm, APP);

fn context<C: Charm>(charm: C) -> Context<C> {
    Context::with_metadata(charm, METADATA).unwrap()
}

/// The state of a unit that has asked for a certificate, and its request.
fn asked() -> (State, SigningRequest) {
    let relation = Relation::new("certificates").id(3).remote_app("ca");
    let out = context(UnitCharm)
        .run(on::relation_created(&relation), State::default().with_relation(relation.clone()))
        .unwrap();
    let [request] = &sent(&out)[..] else { panic!("{:?}", out.relation(3)) };
    let request = SigningRequest::from_pem(request["certificate_signing_request"].as_str().unwrap()).unwrap();
    (out, request)
}

fn sent(state: &State) -> Vec<Value> {
    let data = &state.relation(3).local_unit_data;
    data.get("certificate_signing_requests").map_or(Vec::new(), |text| serde_json::from_str(text).unwrap())
}

fn answer(state: State, entries: &[Value]) -> State {
    state.change_relation(3, |relation| relation.remote_app_data(json(&value!({ "certificates": entries }))))
}

fn entry(authority: &Authority, request: &SigningRequest, certificate: &Certificate) -> Value {
    value!({
        "ca": authority.certificate().pem(),
        "certificate_signing_request": request.pem(),
        "certificate": certificate.pem(),
        "chain": [certificate.pem(), authority.certificate().pem()],
    })
}

fn authority() -> Authority {
    Authority::generate("Our CA", 365 * DAY).unwrap()
}

/// The state of a unit that has its certificate.
fn issued() -> (State, SigningRequest, Certificate) {
    let (state, request) = asked();
    let authority = authority();
    let certificate = authority.sign(&request, false, 10 * DAY).unwrap();
    let state = answer(state, &[entry(&authority, &request, &certificate)]);
    let out = context(UnitCharm).run(on::relation_changed(state.relation(3)), state.clone()).unwrap();
    (out, request, certificate)
}

fn certificate_secrets(state: &State) -> Vec<&Secret> {
    let prefix = format!("{PREFIX}-certificate-0-certificates-");
    state.secrets.iter().filter(|secret| secret.label.as_ref().unwrap().starts_with(&prefix)).collect()
}

#[test]
fn a_unit_asks_with_a_key_that_is_in_a_secret_of_its_own() {
    let (out, request) = asked();
    let data = &out.relation(3).local_unit_data;
    let keys: Vec<&String> = data.keys().filter(|key| !key.contains("address") && *key != "egress-subnets").collect();
    assert_eq!(keys, ["certificate_signing_requests"]);
    schema::check("tls-certificates-v1 requirer unit", data, &["certificate_signing_requests"]);
    let [entry] = &sent(&out)[..] else { panic!() };
    assert_eq!(entry.as_object().unwrap().keys().collect::<Vec<_>>(), ["ca", "certificate_signing_request"]);
    assert_eq!(entry["ca"], false);
    assert!(out.relation(3).local_app_data.is_empty());
    assert_eq!(request.content(), CertificateRequest::new("shop.example.com").dns_names(["shop.example.com"]));
    let secret = out.get_secret_by_label(&format!("{PREFIX}-private-key-0-certificates")).unwrap();
    assert_eq!(secret.owner, Some(ops::SecretOwner::Unit));
    assert_eq!(secret.latest().unwrap().keys().collect::<Vec<_>>(), ["private-key"]);
}

#[test]
fn a_second_look_changes_nothing() {
    let (out, _) = asked();
    let mut ctx = context(UnitCharm);
    let again = ctx.run(on::config_changed(), out.clone()).unwrap();
    assert_eq!(again.relations, out.relations);
    assert_eq!(again.secrets.len(), 1);
    assert!(
        !ctx.hook_commands().iter().any(|command| command.starts_with("relation-set")),
        "{:?}",
        ctx.hook_commands()
    );
}

#[test]
fn an_application_s_leader_alone_asks_for_it() {
    let relation = Relation::new("certificates").id(3);
    let state = State::default().with_relation(relation.clone());
    let out = context(AppCharm).run(on::relation_created(&relation), state.clone()).unwrap();
    assert!(out.secrets.is_empty() && out.relation(3).local_app_data.is_empty());
    for event in [on::relation_created(&relation), on::leader_elected()] {
        let out = context(AppCharm).run(event, state.clone().with_leader(true)).unwrap();
        let data = &out.relation(3).local_app_data;
        assert!(data["certificate_signing_requests"].contains("-----BEGIN CERTIFICATE REQUEST-----"), "{data:?}");
        schema::check("tls-certificates-v1 requirer app", data, &["certificate_signing_requests"]);
        assert!(sent(&out).is_empty());
        let secret = out.get_secret_by_label(&format!("{PREFIX}-private-key-app-certificates")).unwrap();
        assert_eq!(secret.owner, Some(ops::SecretOwner::Application));
    }
}

#[test]
fn a_certificate_is_kept_until_it_is_time_to_renew_it() {
    let (state, request) = asked();
    let authority = authority();
    let certificate = authority.sign(&request, false, 10 * DAY).unwrap();
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

    // What is known already is not told again.
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
fn a_certificate_for_another_key_is_refused_by_name_and_nothing_is_kept() {
    let (state, request) = asked();
    let authority = authority();
    let other = request.content().sign(&interfaces::tls_certificates::PrivateKey::generate().unwrap()).unwrap();
    let certificate = authority.sign(&other, false, DAY).unwrap();
    let state = answer(state, &[entry(&authority, &request, &certificate)]);
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    assert!(ctx.emitted(&UNIT.available()).is_empty() && certificate_secrets(&out).is_empty());
    let manager = ctx.manager(on::update_status(), out).unwrap();
    let error = UNIT.issued(manager.model()).unwrap_err();
    assert!(matches!(error, Error::OtherKey { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "ca sent a certificate for shop.example.com over certificates:3 that is for another private key: it must sign the \
         request anew"
    );
}

#[test]
fn a_ca_s_certificate_that_was_not_asked_for_is_refused() {
    let (state, request) = asked();
    let authority = authority();
    let certificate = authority.sign(&request, true, DAY).unwrap();
    let state = answer(state, &[entry(&authority, &request, &certificate)]);
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    assert!(certificate_secrets(&out).is_empty());
    let manager = ctx.manager(on::update_status(), out).unwrap();
    assert!(matches!(UNIT.issued(manager.model()), Err(Error::OtherKind { .. })));
}

#[test]
fn what_cannot_be_read_fails_no_hook_and_is_an_error_that_names_the_databag() {
    let (state, request) = asked();
    let no_certificate = value!([{"ca": "x", "certificate_signing_request": request.pem(), "certificate": "x"}]);
    for (certificates, says) in [
        ("no JSON".to_owned(), "relation certificates:3, databag of ca: certificates is "),
        ("{}".to_owned(), "relation certificates:3, databag of ca: certificates is "),
        (r#"[{"ca": 1}]"#.to_owned(), "relation certificates:3, databag of ca: certificates is "),
        (no_certificate.to_string(), "this is no certificate: "),
    ] {
        let data = [("certificates", certificates)];
        let state = state.clone().change_relation(3, |relation| relation.remote_app_data(data));
        let mut ctx = context(UnitCharm);
        let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
        assert!(certificate_secrets(&out).is_empty());
        assert!(ctx.juju_log().iter().any(|line| line.message.contains(says)), "{:?}", ctx.juju_log());
        let manager = ctx.manager(on::update_status(), out).unwrap();
        let error = UNIT.issued(manager.model()).unwrap_err().to_string();
        assert!(error.starts_with(says), "{error}");
    }
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
fn an_expired_secret_of_the_charm_s_own_is_left_alone() {
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
fn a_revoked_certificate_is_dropped_and_told() {
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
fn another_request_takes_the_place_of_the_first() {
    let (state, request, _) = issued();
    let out = context(UnitCharm).run(on::config_changed(), state.with_config("host", "new.example.com")).unwrap();
    let [new] = &sent(&out)[..] else { panic!() };
    let new = SigningRequest::from_pem(new["certificate_signing_request"].as_str().unwrap()).unwrap();
    assert_eq!(new.content().common_name, "new.example.com");
    assert_ne!(new, request);
    assert!(certificate_secrets(&out).is_empty());
}

#[test]
fn a_refusal_is_told_once_and_is_an_error_that_says_why() {
    let (state, request) = asked();
    let errors =
        value!([{"csr": request.pem(), "error": {"code": 102, "name": "DOMAIN_NOT_ALLOWED", "message": "not ours"}}]);
    let data = [("request_errors", errors.to_string())];
    let state = state.change_relation(3, |relation| relation.remote_app_data(data));
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    assert_eq!(ctx.emitted(&UNIT.denied())[0].code, 102);
    let out = ctx.run(on::relation_changed(out.relation(3)), out.clone()).unwrap();
    assert!(ctx.emitted(&UNIT.denied()).is_empty());
    let manager = ctx.manager(on::update_status(), out).unwrap();
    assert_eq!(
        UNIT.issued(manager.model()).unwrap_err().to_string(),
        "ca refuses a certificate for shop.example.com: not ours (code 102)"
    );
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

/// A unit with this key in the secret where a charm in Python left it, whose relation is new.
fn with_key(pem: &str) -> (State, Relation, Secret) {
    let key = Secret::new([("private-key", pem)]).owned_by_unit().label(format!("{PREFIX}-private-key-0-certificates"));
    let relation = Relation::new("certificates").id(3).remote_app("ca");
    (State::default().with_relation(relation.clone()).with_secret(key.clone()), relation, key)
}

#[test]
fn a_key_of_any_kind_that_a_charm_in_python_left_is_kept_and_used() {
    for pem in [
        include_str!("../src/tls_certificates/testdata/rsa2048.pkcs1.pem"),
        include_str!("../src/tls_certificates/testdata/p384.sec1.pem"),
        include_str!("../src/tls_certificates/testdata/p256.pem"),
    ] {
        let (state, relation, key) = with_key(pem);
        let mut ctx = context(UnitCharm);
        let out = ctx.run(on::relation_created(&relation), state).unwrap();
        assert_eq!(out.get_secret(&key.id).unwrap().latest_revision(), 1);
        let request = SigningRequest::from_pem(sent(&out)[0]["certificate_signing_request"].as_str().unwrap()).unwrap();
        assert_eq!(request.is_signed(), Some(true));
        // A CA with an RSA key, as those of charms in Python.
        let ca_key = PrivateKey::from_pem(include_str!("../src/tls_certificates/testdata/rsa2048.pem")).unwrap();
        let authority = Authority::with_key("Our CA", ca_key, 365 * DAY).unwrap();
        let certificate = authority.sign(&request, false, 10 * DAY).unwrap();
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
fn a_key_that_cannot_be_used_is_replaced_and_the_log_says_why() {
    let (state, relation, key) = with_key(include_str!("../src/tls_certificates/testdata/ed25519.pem"));
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_created(&relation), state).unwrap();
    let secret = out.get_secret(&key.id).unwrap();
    assert_eq!(secret.latest_revision(), 2);
    PrivateKey::from_pem(secret.latest().unwrap().expose("private-key").unwrap()).unwrap();
    assert_eq!(sent(&out).len(), 1);
    let says = "the private key of certificates cannot be used, and a new one takes its place: this is no private key";
    assert!(ctx.juju_log().iter().any(|line| line.message.contains(says)), "{:?}", ctx.juju_log());
}

#[test]
fn the_application_s_key_is_taken_over_from_where_old_charms_in_python_have_it() {
    let pem = include_str!("../src/tls_certificates/testdata/rsa2048.pkcs1.pem");
    let old = Secret::new([("private-key", pem)]).owned_by_app().label(format!("{PREFIX}-private-key-certificates"));
    let relation = Relation::new("certificates").id(3);
    let state = State::default().with_leader(true).with_relation(relation.clone()).with_secret(old.clone());
    let out = context(AppCharm).run(on::relation_created(&relation), state).unwrap();
    let [secret] = &out.secrets[..] else { panic!("{:?}", out.secrets) };
    assert_eq!(secret.label.as_deref(), Some(format!("{PREFIX}-private-key-app-certificates").as_str()));
    assert_eq!(secret.latest().unwrap().expose("private-key"), Some(pem.trim()));
}

const BOTH: Requirer = UNIT.also_for_app(wanted_for_app);
charm!(BothCharm, BOTH);

fn wanted_for_app(_: &Model) -> anyhow::Result<Vec<CertificateRequest>> {
    Ok(vec![CertificateRequest::new("all.example.com")])
}

/// The requests in a databag.
fn in_databag(data: &std::collections::BTreeMap<String, String>) -> Vec<SigningRequest> {
    let list = data.get("certificate_signing_requests").map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
    let pem = |entry: &Value| SigningRequest::from_pem(entry["certificate_signing_request"].as_str().unwrap()).unwrap();
    list.as_array().into_iter().flatten().map(pem).collect()
}

#[test]
fn one_library_has_certificates_of_the_unit_and_of_its_application() {
    let relation = Relation::new("certificates").id(3).remote_app("ca");
    let state = State::default().with_relation(relation.clone());
    let out = context(BothCharm).run(on::relation_created(&relation), state.clone()).unwrap();
    assert_eq!(in_databag(&out.relation(3).local_unit_data).len(), 1);
    assert!(out.relation(3).local_app_data.is_empty(), "the leader asks");

    let out = context(BothCharm).run(on::relation_created(&relation), state.with_leader(true)).unwrap();
    let [of_unit] = &in_databag(&out.relation(3).local_unit_data)[..] else { panic!() };
    let [of_app] = &in_databag(&out.relation(3).local_app_data)[..] else { panic!() };
    assert_eq!(of_unit.content().common_name, "shop.example.com");
    assert_eq!(of_app.content().common_name, "all.example.com");
    assert_eq!(out.secrets.len(), 2, "each has a key of its own");

    let authority = authority();
    let [for_unit, for_app] = [of_unit, of_app].map(|request| authority.sign(request, false, 10 * DAY).unwrap());
    let entries = [entry(&authority, of_unit, &for_unit), entry(&authority, of_app, &for_app)];
    let state = answer(out.clone(), &entries);
    let mut ctx = context(BothCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    let told: Vec<(String, Mode)> =
        ctx.emitted(&BOTH.available()).into_iter().map(|it| (it.common_name, it.mode)).collect();
    assert_eq!(told, [("shop.example.com".to_owned(), Mode::Unit), ("all.example.com".to_owned(), Mode::App)]);
    let manager = ctx.manager(on::update_status(), out.clone()).unwrap();
    assert_eq!(BOTH.issued(manager.model()).unwrap().unwrap().certificate, for_unit);
    assert_eq!(BOTH.all_issued_for_app(manager.model()).unwrap()[0].certificate, for_app);
    drop(manager);

    // Each is renewed by itself.
    let label = format!("{PREFIX}-certificate-certificates-");
    let secret = out.secrets.iter().find(|secret| secret.label.as_ref().unwrap().starts_with(&label)).unwrap().clone();
    let renewed = ctx.run(on::secret_expired(&secret, 1), out.clone()).unwrap();
    assert_eq!(in_databag(&renewed.relation(3).local_unit_data), std::slice::from_ref(of_unit));
    let [new] = &in_databag(&renewed.relation(3).local_app_data)[..] else { panic!() };
    assert!(new != of_app && new.content() == of_app.content());

    let out = ctx.run(on::relation_broken(out.relation(3)), out.clone()).unwrap();
    assert_eq!(out.secrets, []);
}

#[test]
fn a_certificate_that_should_have_been_renewed_is_renewed_at_the_next_look() {
    let (state, request) = asked();
    let authority = authority();
    // Its life began a minute ago, and all but three seconds of it are over.
    let certificate = authority.sign(&request, false, Duration::from_secs(3)).unwrap();
    let state = answer(state, &[entry(&authority, &request, &certificate)]);
    let mut ctx = context(UnitCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    let [new] = &in_databag(&out.relation(3).local_unit_data)[..] else { panic!() };
    assert!(*new != request && new.content() == request.content());
    assert!(ctx.juju_log().iter().any(|line| line.message.ends_with("should have been renewed: renewing it")));
}

#[test]
fn what_the_provider_can_do_is_published_by_its_leader_and_read_by_requirers() {
    const ABLE: Provider = Provider::new("sign").capabilities(capabilities);
    struct AbleCharm;
    impl Charm for AbleCharm {
        fn observe(framework: &mut Framework<Self>) {
            framework.library(ABLE).refresh_on([ops::on::config_changed().into()]);
        }
    }
    fn capabilities(model: &Model) -> anyhow::Result<Capabilities> {
        let domain = model.config()?["host"].as_str().unwrap_or_default().to_owned();
        Ok(Capabilities::default().supports_ip_sans(false).allowed_domains([domain]).provider_type("acme"))
    }
    let relation = Relation::new("sign").id(5);
    let state = State::default().with_relation(relation.clone());
    let out = context(AbleCharm).run(on::relation_created(&relation), state.clone()).unwrap();
    assert!(out.relation(5).local_app_data.is_empty(), "the leader publishes");
    let out = context(AbleCharm).run(on::relation_created(&relation), state.with_leader(true)).unwrap();
    let data = &out.relation(5).local_app_data;
    schema::check("tls-certificates-v1 provider app", data, &[]);
    let says = |host: &str| value!({"supports_ip_sans": false, "allowed_domains": [host], "provider_type": "acme"});
    assert_eq!(serde_json::from_str::<Value>(&data["capabilities"]).unwrap(), says("shop.example.com"));
    let out = context(AbleCharm).run(on::config_changed(), out.with_config("host", "b.example.com")).unwrap();
    let data = &out.relation(5).local_app_data;
    assert_eq!(serde_json::from_str::<Value>(&data["capabilities"]).unwrap(), says("b.example.com"));
    // A provider that says nothing any more takes it back.
    let gone = context(CaCharm(authority())).run(on::relation_changed(out.relation(5)), out.clone()).unwrap();
    assert!(gone.relation(5).local_app_data.is_empty());

    let read = |databag: &[(&str, &str)]| {
        let relation = Relation::new("certificates").id(3).remote_app_data(databag.iter().copied());
        let mut ctx = context(UnitCharm);
        let manager = ctx.manager(on::update_status(), State::default().with_relation(relation)).unwrap();
        UNIT.capabilities(manager.model())
    };
    let known = read(&[("capabilities", &data["capabilities"])]).unwrap().unwrap();
    assert_eq!((known.supports_ip_sans, known.supports_subdomain), (Some(false), None));
    assert_eq!(known.allowed_domains.as_deref(), Some(&["b.example.com".to_owned()][..]));
    assert_eq!(read(&[]).unwrap(), None);
    assert!(read(&[("capabilities", "7")]).is_err());
}

/// Signs what it is asked to sign, but for one name.
struct CaCharm(Authority);

const SIGN: Provider = Provider::new("sign");

impl Charm for CaCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(SIGN);
        framework.observe(SIGN.requested(), Self::on_requested);
        framework.observe(ops::on::config_changed(), |_: &Self, _: &ops::ConfigChangedEvent, model: &Model| {
            SIGN.revoke_all(model)
        });
    }
}

impl CaCharm {
    fn on_requested(&mut self, _: &CustomRelation<Requests>, model: &Model) -> anyhow::Result<()> {
        for requested in SIGN.outstanding(model)? {
            let Requested { request, ca, .. } = &requested;
            if request.content().common_name == "evil.example.com" {
                SIGN.refuse(&requested, RequestError::new(102, "DOMAIN_NOT_ALLOWED", "no"))?;
                continue;
            }
            let certificate = self.0.sign(request, *ca, DAY)?;
            SIGN.issue(&requested, &certificate, self.0.certificate(), &[])?;
        }
        Ok(())
    }
}

fn request(name: &str) -> Value {
    let key = interfaces::tls_certificates::PrivateKey::generate().unwrap();
    let request = CertificateRequest::new(name).sign(&key).unwrap();
    value!({"certificate_signing_request": request.pem(), "ca": false})
}

fn requests(list: &[Value]) -> [(&'static str, String); 1] {
    [("certificate_signing_requests", Value::from(list).to_string())]
}

#[test]
fn a_provider_signs_refuses_and_takes_back() {
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
    assert_ne!(schema::faults("tls-certificates-v1 provider app", &hostile), [""; 0]);
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

    // Nobody asks any more.
    let out = out.change_relation(5, |relation| relation.remote_unit_data(0, requests(&[])));
    let out = ctx.run(on::relation_changed(out.relation(5)), out.clone()).unwrap();
    assert!(out.relation(5).local_app_data.is_empty(), "{:?}", out.relation(5).local_app_data);

    // The other units have nothing to do.
    let out = ctx.run(on::relation_changed(&relation), state.with_leader(false)).unwrap();
    assert!(out.relation(5).local_app_data.is_empty());
}
