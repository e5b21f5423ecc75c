//! Tests of load balancers.

mod schema;

use interfaces::{haproxy_route, ingress};
use ops::{Charm, Framework};
use ops_testing::{Context, Model, Network, Relation, State, on};

const METADATA: &str = include_str!("charmcraft.yaml");

const INGRESS: ingress::Requirer = ingress::Requirer::new("ingress", 8080).strip_prefix().https();
const ROUTE: haproxy_route::Requirer =
    haproxy_route::Requirer::new("route", &[8080]).hostname("shop.example.com").paths(&["/shop"]).check_path("/up");

struct App;

impl Charm for App {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(INGRESS).refresh_on([ops::on::leader_elected().into()]);
        framework.library(ROUTE);
    }
}

fn context() -> Context<App> {
    Context::with_metadata(App, METADATA).unwrap().app_name("shop")
}

fn state(relation: &Relation) -> State {
    let model = Model { name: "prod".to_owned(), ..Model::default() };
    State::default()
        .with_leader(true)
        .with_model(model)
        .with_relation(relation.clone())
        .with_network("", Network::new("10.0.0.5"))
}

#[test]
fn an_ingress_request_fits_the_schema() {
    let relation = Relation::new("ingress").id(2);
    let out = context().run(on::relation_created(&relation), state(&relation)).unwrap();
    let data: Vec<(String, String)> = out.relation(2).local_app_data.clone().into_iter().collect();
    let expected = [
        ("model", "\"prod\""),
        ("name", "\"shop\""),
        ("port", "8080"),
        ("scheme", "\"https\""),
        ("strip-prefix", "true"),
    ];
    assert_eq!(data, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    schema::check("ingress-v2 requirer app", &out.relation(2).local_app_data, &["model", "name", "port"]);
    let unit = &out.relation(2).local_unit_data;
    schema::check("ingress-v2 requirer unit", unit, &["host"]);
    assert_eq!((unit["host"].as_str(), unit["ip"].as_str()), ("\"10.0.0.5\"", "\"10.0.0.5\""));
    let out = context().run(on::relation_created(&relation), state(&relation).with_leader(false)).unwrap();
    assert!(out.relation(2).local_app_data.is_empty());
    assert!(out.relation(2).local_unit_data.contains_key("host"));
}

#[test]
fn a_new_url_emits_ready_and_a_broken_relation_emits_revoked() {
    let url = r#"{"url": "http://10.0.0.9/prod-shop"}"#;
    let relation = Relation::new("ingress").id(2).remote_app_data([("ingress", url)]);
    schema::check("ingress-v2 provider app", &relation.remote_app_data, &["ingress"]);
    let mut ctx = context();
    let out = ctx.run(on::relation_changed(&relation), state(&relation)).unwrap();
    assert_eq!(ctx.emitted(&INGRESS.ready())[0].url, "http://10.0.0.9/prod-shop");
    let manager = ctx.manager(on::update_status(), out.clone()).unwrap();
    assert_eq!(INGRESS.url(manager.model()).unwrap().as_deref(), Some("http://10.0.0.9/prod-shop"));
    drop(manager);
    let out = ctx.run(on::relation_changed(&relation), out).unwrap();
    assert!(ctx.emitted(&INGRESS.ready()).is_empty());
    ctx.run(on::relation_broken(&relation), out).unwrap();
    assert_eq!(ctx.emitted(&INGRESS.revoked()).len(), 1);
}

#[test]
fn invalid_data_does_not_fail_the_hook() {
    for (endpoint, key) in [("ingress", "ingress"), ("route", "endpoints")] {
        let relation = Relation::new(endpoint).id(2).remote_app_data([(key, "{")]);
        let mut ctx = context();
        ctx.run(on::relation_changed(&relation), state(&relation)).unwrap();
        assert!(ctx.juju_log().iter().any(|line| line.message.contains(&format!("databag of remote: {key} is "))));
    }
}

#[test]
fn a_route_request_fits_the_schema() {
    let relation = Relation::new("route").id(2);
    let out = context().run(on::relation_created(&relation), state(&relation)).unwrap();
    let data: Vec<(String, String)> = out.relation(2).local_app_data.clone().into_iter().collect();
    let expected = [
        ("check", r#"{"fall":3,"interval":60,"path":"/up","rise":2}"#),
        ("hostname", "\"shop.example.com\""),
        ("paths", "[\"/shop\"]"),
        ("ports", "[8080]"),
        ("service", "\"prod-shop\""),
    ];
    assert_eq!(data, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert_eq!(out.relation(2).local_unit_data["address"], "\"10.0.0.5\"");
    schema::check("haproxy-route-v1 requirer app", &out.relation(2).local_app_data, &["service", "ports"]);
    schema::check("haproxy-route-v1 requirer unit", &out.relation(2).local_unit_data, &["address"]);
}

#[test]
fn new_urls_of_a_route_emit_ready_and_no_urls_emit_removed() {
    let relation =
        Relation::new("route").id(2).remote_app_data([("endpoints", r#"["https://shop.example.com/shop"]"#)]);
    schema::check("haproxy-route-v1 provider app", &relation.remote_app_data, &["endpoints"]);
    let mut ctx = context();
    let out = ctx.run(on::relation_changed(&relation), state(&relation)).unwrap();
    assert_eq!(ctx.emitted(&ROUTE.ready())[0].urls, ["https://shop.example.com/shop"]);
    let out = out.change_relation(2, |relation| relation.remote_app_data([("endpoints", "[]")]));
    ctx.run(on::relation_changed(out.relation(2)), out.clone()).unwrap();
    assert_eq!(ctx.emitted(&ROUTE.removed()).len(), 1);
}
