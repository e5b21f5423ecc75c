//! Tests of the data for the collector.

mod schema;

use std::io::Read as _;

use base64ct::{Base64, Encoding as _};
use interfaces::cos_agent::{Metrics, Provider};
use ops::{Charm, Framework};
use ops_testing::{Context, Error, Model, Relation, State, on};
use serde_json::{Value, json};

const METADATA: &str = include_str!("charmcraft.yaml");

const COS: Provider = Provider::new("cos-agent")
    .metrics(&[Metrics::new(9113, "/metrics")])
    .metrics_alert_rules(&[
        ("down", "alert: ShopDown\nexpr: up{%%juju_topology%%} == 0\nfor: 5m\nlabels:\n  severity: critical\n"),
        ("more", "groups:\n- name: load\n  rules:\n  - alert: Load\n    expr: load > 3\n"),
    ])
    .log_alert_rules(&[("errors", "alert: Errors\nexpr: count_over_time({%%juju_topology%%} |= \"error\" [5m]) > 9\n")])
    .dashboards(&[("shop.json", r#"{"title": "Shop", "uid": "mine", "tags": ["a"]}"#)])
    .log_files(&["/var/log/shop/*.log"])
    .log_slots(&["shop:logs"])
    .tracing_protocols(&["otlp_http"]);
const BROKEN: Provider = Provider::new("cos-agent").metrics_alert_rules(&[("typo", "alert: A\nexp: up\n")]);

macro_rules! charm {
    ($name:ident, $library:ident) => {
        struct $name;
        impl Charm for $name {
            fn observe(framework: &mut Framework<Self>) {
                framework.library($library).refresh_on([ops::on::upgrade_charm().into()]);
            }
        }
    };
}
charm!(App, COS);
charm!(Broken, BROKEN);
const UNCLOSED: Provider = Provider::new("cos-agent").metrics_alert_rules(&[("open", "alert: A\nexpr: up{a=\"b\"\n")]);
charm!(Unclosed, UNCLOSED);

fn state() -> State {
    let relation = Relation::new("cos-agent").id(4).remote_app("opentelemetry-collector");
    let model =
        Model { name: "prod".to_owned(), uuid: "58b48ff0-608b-435f-83b9-ea643e0b98db".to_owned(), ..Model::default() };
    State::default().with_relation(relation).with_model(model)
}

fn config(state: &State) -> Value {
    serde_json::from_str(&state.relation(4).local_unit_data["config"]).unwrap()
}

#[test]
fn the_collector_gets_all_fields_of_the_schema() {
    let state = state();
    let mut ctx = Context::with_metadata(App, METADATA).unwrap().app_name("shop");
    let out = ctx.run(on::relation_joined(state.relation(4)), state.clone()).unwrap();
    assert!(out.relation(4).local_app_data.is_empty());
    let config = config(&out);
    schema::check("cos_agent-v0 provider unit", &out.relation(4).local_unit_data, &["config"]);
    assert_eq!(
        config["metrics_scrape_jobs"],
        json!([{"metrics_path": "/metrics", "static_configs": [{"targets": ["localhost:9113"]}]}])
    );
    assert_eq!(config["include_log_files"], json!(["/var/log/shop/*.log"]));
    assert_eq!(config["log_slots"], json!(["shop:logs"]));
    assert_eq!(config["tracing_protocols"], json!(["otlp_http"]));
}

#[test]
fn rules_have_the_labels_of_the_application() {
    let mut ctx = Context::with_metadata(App, METADATA).unwrap().app_name("shop");
    let config = config(&ctx.run(on::upgrade_charm(), state()).unwrap());
    let groups = config["metrics_alert_rules"]["groups"].as_array().unwrap();
    let names: Vec<&str> = groups.iter().map(|group| group["name"].as_str().unwrap()).collect();
    let all = ["down", "load", "HostHealth"].map(|name| format!("prod_58b48ff0_shop_{name}_rules"));
    assert_eq!(names, all, "its own, and those that every application has");
    let generic: Vec<&str> =
        groups[2]["rules"].as_array().unwrap().iter().map(|it| it["alert"].as_str().unwrap()).collect();
    assert_eq!(generic, ["HostDown", "HostMetricsMissing"]);
    let expression = groups[2]["rules"][1]["expr"].as_str().unwrap();
    assert!(expression.starts_with(r#"absent(up{juju_model="prod", "#), "{expression}");
    assert_eq!(
        groups[0]["rules"][0],
        json!({
            "alert": "ShopDown",
            "expr": "up{juju_model=\"prod\", juju_model_uuid=\"58b48ff0-608b-435f-83b9-ea643e0b98db\", juju_application=\"shop\"} == 0",
            "for": "5m",
            "labels": {
                "severity": "critical",
                "juju_model": "prod",
                "juju_model_uuid": "58b48ff0-608b-435f-83b9-ea643e0b98db",
                "juju_application": "shop",
                "juju_charm": "shop-charm",
            },
        })
    );
    let logs = config["log_alert_rules"]["groups"][0]["rules"][0]["expr"].as_str().unwrap();
    let labels =
        r#"juju_model="prod", juju_model_uuid="58b48ff0-608b-435f-83b9-ea643e0b98db", juju_application="shop""#;
    assert_eq!(logs, format!("count_over_time({{{labels}}} |= \"error\" [5m]) > 9"));
    assert_eq!(groups[1]["rules"][0]["expr"], format!("load{{{labels}}} > 3"), "without the placeholder");
}

#[test]
fn dashboards_are_compressed_json_with_a_generated_identifier() {
    let mut ctx = Context::with_metadata(App, METADATA).unwrap();
    let config = config(&ctx.run(on::upgrade_charm(), state()).unwrap());
    let compressed = Base64::decode_vec(config["dashboards"][0].as_str().unwrap()).unwrap();
    let mut text = String::new();
    lzma_rust2::XzReader::new(&compressed[..], false).read_to_string(&mut text).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(dashboard["title"], "Shop");
    assert_eq!(dashboard["tags"], json!(["a", "charm: shop-charm"]));
    let uid = dashboard["uid"].as_str().unwrap();
    assert!(uid.len() == 40 && uid.bytes().all(|byte| byte.is_ascii_hexdigit()), "{uid}");
}

#[test]
fn invalid_rules_are_an_error_that_names_them() {
    let mut ctx = Context::with_metadata(Broken, METADATA).unwrap();
    let Err(Error::Charm(error)) = ctx.run(on::upgrade_charm(), state()) else { panic!() };
    let error = ops::chain(&error);
    assert!(error.ends_with("the alert rules typo are not valid: there is neither `groups` nor `expr`"), "{error}");

    let mut ctx = Context::with_metadata(Unclosed, METADATA).unwrap();
    let Err(Error::Charm(error)) = ctx.run(on::upgrade_charm(), state()) else { panic!() };
    let error = ops::chain(&error);
    assert!(error.ends_with("the alert rules open are not valid: '}' is missing for the first of {a=\"b\""), "{error}");
}

#[test]
fn receivers_for_traces_are_read_from_the_collector() {
    let receivers = r#"[{"protocol": {"name": "otlp_http", "type": "http"}, "url": "http://10.0.0.9:4318"}, {"protocol": {"name": "zipkin", "type": "http"}, "url": null}]"#;
    let state = state().change_relation(4, |relation| relation.remote_unit_data(0, [("receivers", receivers)]));
    let mut ctx = Context::with_metadata(App, METADATA).unwrap();
    let manager = ctx.manager(on::update_status(), state).unwrap();
    let receivers = COS.receivers(manager.model()).unwrap();
    assert_eq!(receivers.len(), 1);
    assert_eq!((receivers[0].protocol.as_str(), receivers[0].url.as_str()), ("otlp_http", "http://10.0.0.9:4318"));
}

#[test]
fn invalid_receivers_do_not_fail_the_hook_and_are_an_error_that_names_the_databag() {
    let state = state().change_relation(4, |relation| relation.remote_unit_data(0, [("receivers", "[{\"url\": 7}]")]));
    let mut ctx = Context::with_metadata(App, METADATA).unwrap();
    let out = ctx.run(on::relation_changed(state.relation(4)), state).unwrap();
    let out = ctx.run(on::upgrade_charm(), out).unwrap();
    let manager = ctx.manager(on::update_status(), out).unwrap();
    let error = COS.receivers(manager.model()).unwrap_err().to_string();
    assert!(error.starts_with("relation cos-agent:4, databag of opentelemetry-collector/0: receivers is "), "{error}");
}
