//! State-transition tests of the charm.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use interfaces::tls_certificates::{Authority, CertificateSigningRequest};
use ops_testing::{Context, Error, Port, Relation, Secret, State, Status, Storage, json, on};
use serde_json::{Value, json as value};
use webserver_charm::WebServerCharm;
use webserver_charm::nginx::{Site, WebServer, config};

/// A web server in memory.
#[derive(Debug, Default)]
struct MockServer {
    served: RefCell<Option<Site>>,
    stopped: RefCell<bool>,
    broken: bool,
}

impl WebServer for MockServer {
    fn install(&self) -> anyhow::Result<()> {
        Ok(())
    }

    fn version(&self) -> anyhow::Result<String> {
        Ok("1.22.1".to_owned())
    }

    fn serve(&self, site: &Site) -> anyhow::Result<()> {
        if self.broken {
            bail!("nginx does not start: its journal says why");
        }
        self.served.replace(Some(site.clone()));
        Ok(())
    }

    fn is_running(&self) -> anyhow::Result<bool> {
        Ok(self.served.borrow().is_some())
    }

    fn stop(&self) -> anyhow::Result<()> {
        self.stopped.replace(true);
        Ok(())
    }
}

fn context(broken: bool) -> Context<WebServerCharm<MockServer>> {
    Context::new(WebServerCharm { web: MockServer { broken, ..MockServer::default() } })
}

fn leader() -> State {
    State::default().with_leader(true).with_storage(Storage::new("site")).with_relation(Relation::peer("peers").id(1))
}

fn served(ctx: &Context<WebServerCharm<MockServer>>) -> Site {
    ctx.charm().web.served.borrow().clone().unwrap()
}

fn sent_request(state: &State) -> CertificateSigningRequest {
    let list: Value = serde_json::from_str(&state.relation(3).local_unit_data["certificate_signing_requests"]).unwrap();
    CertificateSigningRequest::from_pem(list[0]["certificate_signing_request"].as_str().unwrap()).unwrap()
}

/// A leader with a certificate.
fn with_certificate(ctx: &mut Context<WebServerCharm<MockServer>>) -> State {
    let relation = Relation::new("certificates").id(3).remote_app("ca");
    let out = ctx.run(on::relation_created(&relation), leader().with_relation(relation.clone())).unwrap();
    let (request, ca) = (sent_request(&out), Authority::generate("Our CA", Duration::from_hours(48)).unwrap());
    let certificate = ca.sign(&request, Duration::from_hours(24)).unwrap();
    let entry = value!([{
        "ca": ca.certificate().pem(),
        "certificate_signing_request": request.pem(),
        "certificate": certificate.pem(),
        "chain": [certificate.pem(), ca.certificate().pem()],
    }]);
    let state = out.change_relation(3, |it| it.remote_app_data(json(&value!({ "certificates": entry }))));
    ctx.run(on::relation_changed(state.relation(3)), state.clone()).unwrap()
}

#[test]
fn the_server_is_installed_with_its_version() {
    let out = context(false).run(on::install(), leader()).unwrap();
    assert_eq!(out.workload_version, "1.22.1");
}

#[test]
fn the_site_is_served_from_its_storage() {
    let mut ctx = context(false);
    let out = ctx.run(on::start(), leader()).unwrap();
    let site = served(&ctx);
    assert!(site.root.ends_with("storage/site/0"), "{}", site.root.display());
    assert_eq!((site.hostname.as_str(), site.keepalive), ("site.example.com", 65));
    assert_eq!(out.opened_ports, [Port::tcp(80)].into());
    assert_eq!(out.unit_status, Status::active_with("Serving http://site.example.com"));
}

#[test]
fn an_invalid_option_blocks_the_unit() {
    let mut ctx = context(false);
    let out = ctx.run(on::config_changed(), leader().with_config("keepalive", 5000)).unwrap();
    assert_eq!(
        out.unit_status,
        Status::blocked("config option keepalive is 5000: invalid value: integer `5000`, expected u8")
    );
    assert!(ctx.charm().web.served.borrow().is_none());
}

#[test]
fn a_server_that_does_not_start_blocks_the_unit_and_opens_no_port() {
    let out = context(true).run(on::start(), leader()).unwrap();
    assert_eq!(out.unit_status, Status::blocked("nginx does not start: its journal says why"));
    assert!(out.opened_ports.is_empty());
}

#[test]
fn without_a_certificate_the_unit_waits_and_serves_http() {
    let relation = Relation::new("certificates").id(3);
    let mut ctx = context(false);
    let out = ctx.run(on::start(), leader().with_relation(relation)).unwrap();
    assert_eq!(out.unit_status, Status::waiting("Waiting for a certificate"));
    assert!(served(&ctx).tls.is_none());
}

#[test]
fn with_a_certificate_the_site_is_served_by_https() {
    let mut ctx = context(false);
    let out = with_certificate(&mut ctx);
    assert_eq!(out.unit_status, Status::active_with("Serving https://site.example.com"));
    assert_eq!(out.opened_ports, [Port::tcp(80), Port::tcp(443)].into());
    let tls = served(&ctx).tls.unwrap();
    assert!(tls.certificate.matches_private_key(&tls.private_key));
    assert!(config(&served(&ctx)).contains("listen 443 ssl"));

    let out = ctx.run(on::relation_broken(out.relation(3)), out.clone()).unwrap();
    assert!(served(&ctx).tls.is_none());
    assert_eq!(out.opened_ports, [Port::tcp(80)].into());
}

#[test]
fn a_new_host_name_requests_a_new_certificate() {
    let mut ctx = context(false);
    let out = with_certificate(&mut ctx);
    let out = ctx.run(on::config_changed(), out.with_config("hostname", "new.example.com")).unwrap();
    assert_eq!(sent_request(&out).content().common_name, "new.example.com");
    assert_eq!(out.unit_status, Status::waiting("Waiting for a certificate"));
}

#[test]
fn the_leader_shares_the_password_with_its_peers() {
    let mut ctx = context(false);
    let out = ctx.run(on::leader_elected(), leader()).unwrap();
    let secret = out.get_secret_by_label("admin").unwrap();
    let password = secret.latest().unwrap().expose("password").unwrap().to_owned();
    assert_eq!(served(&ctx).password, password);
    assert!(out.relation(1).local_app_data["admin-secret"].ends_with(&secret.id.to_string()));

    ctx.run(on::action("admin-password"), out).unwrap();
    assert_eq!(ctx.action_results()["password"], password);
}

#[test]
fn a_unit_that_does_not_lead_waits_for_the_leader() {
    let mut ctx = context(false);
    let out = ctx.run(on::start(), leader().with_leader(false)).unwrap();
    assert_eq!(out.unit_status, Status::waiting("Waiting for the leader"));
    let secret = Secret::new([("password", "x")]).owned_by_app().label("admin").untracked();
    let peers = Relation::peer("peers").id(1).local_app_data([("admin-secret", secret.id.uri())]);
    let state = State::default().with_storage(Storage::new("site")).with_relation(peers).with_secret(secret);
    let out = ctx.run(on::relation_changed(state.relation(1)).of_app(), state.clone()).unwrap();
    assert_eq!(served(&ctx).password, "x");
    assert_eq!(out.unit_status, Status::active_with("Serving http://site.example.com"));
}

#[test]
fn the_leader_rotates_the_password() {
    let mut ctx = context(false);
    let out = ctx.run(on::leader_elected(), leader()).unwrap();
    let old = served(&ctx).password;
    let out = ctx.run(on::action("rotate-admin-password"), out).unwrap();
    assert_ne!(served(&ctx).password, old);
    let error = ctx.run(on::action("rotate-admin-password"), out.with_leader(false)).unwrap_err();
    assert!(matches!(error, Error::ActionFailed { .. }), "{error}");
}

#[test]
fn the_collector_gets_metrics_logs_alerts_and_a_dashboard() {
    let relation = Relation::new("cos-agent").id(4);
    let out = context(false).run(on::relation_joined(&relation), leader().with_relation(relation.clone())).unwrap();
    let config: Value = serde_json::from_str(&out.relation(4).local_unit_data["config"]).unwrap();
    assert_eq!(config["metrics_scrape_jobs"][0]["static_configs"][0]["targets"][0], "localhost:9113");
    assert_eq!(config["include_log_files"], value!(["/var/log/nginx/*.log"]));
    assert_eq!(config["metrics_alert_rules"]["groups"][0]["rules"][0]["alert"], "NginxDown");
    assert_eq!(config["dashboards"].as_array().unwrap().len(), 1);
}

#[test]
fn the_server_stops_with_its_unit() {
    let mut ctx = context(false);
    ctx.run(on::stop(), leader()).unwrap();
    assert!(*ctx.charm().web.stopped.borrow());
}

/// The number of lines that are neither empty nor a comment or docstring.
fn code_lines(path: &str) -> usize {
    let comment = if path.starts_with("tests/oracle/") { "#" } else { "//" };
    let text = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let mut in_docstring = false;
    let code = text.lines().map(str::trim).filter(|line| {
        let quotes = line.matches("\"\"\"").count();
        let docstring = in_docstring || quotes > 0;
        if quotes == 1 {
            in_docstring = !in_docstring;
        }
        !docstring && !line.is_empty() && !line.starts_with(comment)
    });
    code.count()
}

#[test]
fn the_charm_has_at_most_a_tenth_more_lines_than_the_same_charm_in_python() {
    let ours: usize =
        ["src/charm.rs", "src/nginx.rs", "src/main.rs", "src/lib.rs"].iter().map(|path| code_lines(path)).sum();
    let python: usize =
        ["tests/oracle/src/charm.py", "tests/oracle/src/nginx.py"].iter().map(|path| code_lines(path)).sum();
    println!("ours: {ours} lines, in Python: {python}");
    assert!(ours * 10 <= python * 11, "ours has {ours} lines, the one in Python {python}");
}
