//! A charm for the integration tests with this project's end of every interface. The other ends are charms in Python.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use interfaces::tls_certificates::{
    Authority, Capabilities, Certificate, CertificateAvailable, CertificateDenied, CertificateInvalidated,
    CertificateRequestAttributes, CertificatesRequested, Mode, PrivateKey,
};
use interfaces::{certificate_transfer, cos_agent, database, haproxy_route, ingress, tls_certificates};
use ops::{
    ActionEvent, CollectStatusEvent, Custom, CustomRelation, Framework, Model, OrStatus as _, SecretContent,
    SecretUpdate, Status,
};
use serde::Serialize;

ops::charm!("charmcraft.yaml");

const UNIT: tls_certificates::Requirer = tls_certificates::Requirer::new(endpoints::CERTIFICATES, unit_requests);
const APP: tls_certificates::Requirer =
    tls_certificates::Requirer::new(endpoints::APP_CERTIFICATES, app_requests).mode(Mode::App);
const BOTH: tls_certificates::Requirer =
    tls_certificates::Requirer::new(endpoints::BOTH_CERTIFICATES, unit_requests).also_for_app(website_requests);
const SIGN: tls_certificates::Provider =
    tls_certificates::Provider::new(endpoints::SIGN).capabilities(own_capabilities);
const DATABASE: database::Requirer = database::Requirer::new(endpoints::DATABASE, "shop").extra_user_roles("admin");
const INGRESS: ingress::Requirer = ingress::Requirer::new(endpoints::INGRESS, 8080);
const ROUTE: haproxy_route::Requirer =
    haproxy_route::Requirer::new(endpoints::ROUTE, &[8080]).hostname("shop.example.com").check_path("/up");
const RECEIVE: certificate_transfer::Requirer = certificate_transfer::Requirer::new(endpoints::RECEIVE_CA_CERT);
const SEND: certificate_transfer::Provider =
    certificate_transfer::Provider::new(endpoints::SEND_CA_CERT, ca_certificates);
const COS: cos_agent::Provider = cos_agent::Provider::new(endpoints::COS_AGENT)
    .metrics(&[cos_agent::Metrics::new(9113, "/metrics")])
    .metrics_alert_rules(&[("down", "alert: Down\nexpr: up{%%juju_topology%%} == 0\nfor: 5m\n")])
    .log_alert_rules(&[("errors", "alert: Errors\nexpr: rate({%%juju_topology%%} |= \"error\" [5m]) > 1\n")])
    .dashboards(&[("consumer.json", r#"{"title": "Consumer", "panels": []}"#)])
    .log_files(&["/var/log/consumer/*.log"])
    .tracing_protocols(&["otlp_http"]);

const AUTHORITY: &str = "authority";

fn unit_requests(model: &Model) -> anyhow::Result<Vec<CertificateRequestAttributes>> {
    let unit = model.unit().name().replace('/', "-");
    Ok(vec![CertificateRequestAttributes::new(unit.clone()).dns_names([unit + ".example.com"]).organization("Tests")])
}

fn app_requests(_: &Model) -> anyhow::Result<Vec<CertificateRequestAttributes>> {
    Ok(vec![CertificateRequestAttributes::new("intermediate").ca()])
}

fn website_requests(_: &Model) -> anyhow::Result<Vec<CertificateRequestAttributes>> {
    Ok(vec![CertificateRequestAttributes::new("www.example.com").dns_names(["www.example.com"])])
}

fn own_capabilities(_: &Model) -> anyhow::Result<Capabilities> {
    Ok(Capabilities::default().supports_ca_certificates(true).allowed_domains(["example.com"]))
}

fn ca_certificates(model: &Model) -> anyhow::Result<BTreeSet<String>> {
    Ok([authority(model)?.certificate().pem().to_owned()].into())
}

/// This application's own CA, whose key is in one of its secrets.
fn authority(model: &Model) -> anyhow::Result<Authority> {
    match model.secret_with_label(AUTHORITY).get() {
        Ok(content) => Ok(Authority::new(
            PrivateKey::from_pem(content.expose("key").unwrap_or_default())?,
            Certificate::from_pem(content.expose("certificate").unwrap_or_default())?,
        )?),
        Err(ops::Error::SecretNotFound { .. }) => {
            let authority = Authority::generate("Consumer's CA", Duration::from_hours(24 * 30))?;
            let content = [("key", authority.private_key().pem()), ("certificate", authority.certificate().pem())];
            model.app().add_secret(&SecretContent::new(content), &SecretUpdate::default().label(AUTHORITY))?;
            Ok(authority)
        }
        Err(error) => Err(error.into()),
    }
}

/// The result of the action `report`.
#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intermediate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    website_chain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    website_key: Option<String>,
    events: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoints: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    routes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<String>,
    received: String,
    receivers: String,
}

#[derive(Default)]
struct ConsumerCharm;

impl ops::Charm for ConsumerCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(UNIT).refresh_on([on::config_changed().into()]);
        framework.library(APP);
        framework.library(BOTH);
        framework.library(SIGN);
        framework.library(DATABASE);
        framework.library(INGRESS);
        framework.library(ROUTE);
        framework.library(RECEIVE);
        framework.library(SEND);
        framework.library(COS).refresh_on([on::config_changed().into()]);
        framework.observe(
            UNIT.certificate_available(),
            |charm: &Self, _: &CustomRelation<CertificateAvailable>, m: &Model| charm.count("available", m),
        );
        framework
            .observe(UNIT.certificate_invalidated(), |charm: &Self, _: &Custom<CertificateInvalidated>, m: &Model| {
                charm.count("gone", m)
            });
        framework
            .observe(UNIT.certificate_denied(), |charm: &Self, _: &CustomRelation<CertificateDenied>, m: &Model| {
                charm.count("denied", m)
            });
        framework.observe(DATABASE.changed(), |charm: &Self, _: &CustomRelation<database::Changed>, m: &Model| {
            charm.count("database", m)
        });
        framework.observe(INGRESS.ready(), |charm: &Self, _: &CustomRelation<ingress::Ready>, m: &Model| {
            charm.count("ingress", m)
        });
        framework.observe(
            RECEIVE.certificate_set_updated(),
            |charm: &Self, _: &CustomRelation<certificate_transfer::CertificateSetUpdated>, m: &Model| {
                charm.count("received", m)
            },
        );
        framework.observe(SIGN.certificates_requested(), Self::on_requested);
        framework.observe(on::report_action(), Self::on_report);
        framework
            .observe(on::replace_key_action(), |_: &Self, _: &ActionEvent, m: &Model| UNIT.regenerate_private_key(m));
        framework.observe(on::collect_unit_status(), Self::on_collect_status);
    }
}

impl ConsumerCharm {
    fn count(&self, event: &str, model: &Model) -> Result<(), ops::Error> {
        let mut events: Vec<String> = model.stored("events")?.unwrap_or_default();
        events.push(event.to_owned());
        model.store("events", &events)
    }

    fn on_requested(&mut self, _: &CustomRelation<CertificatesRequested>, model: &Model) -> anyhow::Result<()> {
        let authority = authority(model)?;
        for requested in SIGN.outstanding_certificate_requests(model)? {
            let certificate = authority.sign_requested(&requested, Duration::from_hours(24))?;
            SIGN.issue(&requested, &certificate, authority.certificate(), &[])?;
        }
        Ok(())
    }

    fn on_report(&mut self, event: &ActionEvent, model: &Model) -> anyhow::Result<()> {
        let mut report = Report {
            events: model.stored::<Vec<String>>("events")?.unwrap_or_default().join(" "),
            url: INGRESS.url(model)?,
            routes: Some(ROUTE.urls(model)?.join(" ")).filter(|urls| !urls.is_empty()),
            capabilities: UNIT.capabilities(model)?.map(|it| serde_json::to_string(&it)).transpose()?,
            received: RECEIVE.certificates(model)?.into_iter().collect::<Vec<_>>().join("\n"),
            receivers: COS.receivers(model)?.into_iter().map(|it| it.url).collect::<Vec<_>>().join(" "),
            ..Report::default()
        };
        // The unit's certificate, from the relation that exists.
        if let Some(assigned) = UNIT.assigned_certificate(model)?.or(BOTH.assigned_certificate(model)?) {
            report.chain = Some(assigned.chain_pem());
            report.certificate = Some(assigned.certificate.pem().to_owned());
            report.key = Some(assigned.private_key.pem().to_owned());
        }
        report.intermediate = APP.assigned_certificate(model)?.map(|assigned| assigned.certificate.pem().to_owned());
        if let Some(assigned) = BOTH.assigned_certificates_for_app(model)?.into_iter().next() {
            report.website_chain = Some(assigned.chain_pem());
            report.website_key = Some(assigned.private_key.pem().to_owned());
        }
        if let Some(database) = DATABASE.database(model)? {
            report.endpoints = Some(database.endpoints.join(" "));
            report.password = Some(database.password().to_owned());
            report.user = Some(database.username);
        }
        Ok(event.set_results(&report)?)
    }

    fn on_collect_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
        UNIT.assigned_certificate(model)
            .or_status(|error: &tls_certificates::Error| Status::blocked(error.to_string()))?;
        event.add_status(Status::active());
        Ok(())
    }
}

fn main() -> ExitCode {
    ops::main(ConsumerCharm::default)
}
