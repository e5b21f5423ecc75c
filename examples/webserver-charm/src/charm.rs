//! The charm: on each event, it makes the unit match config, storage, relations and secrets.

use anyhow::Context as _;
use interfaces::cos_agent::{Metrics, Provider};
use interfaces::tls_certificates::{CertificateRequestAttributes, Error as TlsError, Requirer};
use ops::{
    ActionEvent, CollectStatusEvent, Error, Framework, InstallEvent, Model, OrStatus as _, Port, SecretContent,
    SecretUpdate, Status, StopEvent,
};
use serde::Serialize;

use crate::nginx::{Nginx, Site, WebServer};

ops::charm!("charmcraft.yaml");

const TLS: Requirer = Requirer::new(endpoints::CERTIFICATES, certificate_requests);
const COS: Provider = Provider::new(endpoints::COS_AGENT)
    .metrics(&[Metrics::new(9113, "/metrics")])
    .metrics_alert_rules(&[("nginx", include_str!("../cos/alert_rules/nginx.yaml"))])
    .dashboards(&[("nginx.json", include_str!("../cos/dashboards/nginx.json"))])
    .log_files(&["/var/log/nginx/*.log"]);
const ADMIN: &str = "admin";

#[ops::config]
struct Config {
    hostname: String,
    keepalive: u8,
}

/// The result of the action for users.
#[derive(Serialize)]
struct Credentials {
    username: &'static str,
    password: String,
}

/// Serves a site.
#[derive(Debug)]
pub struct WebServerCharm<W = Nginx> {
    /// The web server.
    pub web: W,
}

impl Default for WebServerCharm {
    fn default() -> Self {
        Self { web: Nginx }
    }
}

impl<W: WebServer + 'static> ops::Charm for WebServerCharm<W> {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(TLS).refresh_on([on::config_changed().into()]);
        framework.library(COS).refresh_on([on::upgrade_charm().into()]);
        framework.observe(on::install(), Self::on_install);
        framework.observe(on::start(), Self::reconcile);
        framework.observe(on::config_changed(), Self::reconcile);
        framework.observe(on::upgrade_charm(), Self::reconcile);
        framework.observe(on::leader_elected(), Self::reconcile);
        framework.observe(on::peers_relation_changed(), Self::reconcile);
        framework.observe(on::secret_changed(), Self::reconcile);
        framework.observe(TLS.certificate_available(), Self::reconcile);
        framework.observe(TLS.certificate_invalidated(), Self::reconcile);
        framework.observe(on::stop(), Self::on_stop);
        framework.observe(on::admin_password_action(), Self::on_admin_password);
        framework.observe(on::rotate_admin_password_action(), Self::on_rotate);
        framework.observe(on::collect_unit_status(), Self::on_collect_status);
    }
}

impl<W: WebServer> WebServerCharm<W> {
    fn on_install(&mut self, _event: &InstallEvent, model: &Model) -> anyhow::Result<()> {
        model.unit().set_status(Status::maintenance("Installing nginx"))?;
        self.web.install()?;
        Ok(model.unit().set_workload_version(&self.web.version()?)?)
    }

    /// Serve the site according to the config, the storage, the relations and the secret.
    fn reconcile<E>(&mut self, _event: &E, model: &Model) -> anyhow::Result<()> {
        let Config { hostname, keepalive } = config(model)?;
        let root = model.storages("site")?.first().context("storage site is not attached")?.location()?;
        let tls = TLS.assigned_certificate(model).or_status(|error: &TlsError| Status::blocked(error.to_string()))?;
        let password = admin_password(model)?.or_status(Status::waiting("Waiting for the leader"))?;
        let ports = if tls.is_some() { vec![Port::tcp(80), Port::tcp(443)] } else { vec![Port::tcp(80)] };
        self.web
            .serve(&Site { hostname, root, keepalive, tls, password })
            .or_status(|error: &anyhow::Error| Status::blocked(format!("{error:#}")))?;
        Ok(model.unit().set_ports(ports)?)
    }

    fn on_stop(&mut self, _event: &StopEvent, _model: &Model) -> anyhow::Result<()> {
        self.web.stop()
    }

    fn on_admin_password(&mut self, event: &ActionEvent, model: &Model) -> anyhow::Result<()> {
        match admin_password(model)? {
            Some(password) => Ok(event.set_results(&Credentials { username: ADMIN, password })?),
            None => Ok(event.fail("there is no password yet")?),
        }
    }

    fn on_rotate(&mut self, event: &ActionEvent, model: &Model) -> anyhow::Result<()> {
        if !model.unit().is_leader()? {
            return Ok(event.fail("only the leader can rotate the password")?);
        }
        let secret = model.secret_with_label(ADMIN);
        secret.set_content(&SecretContent::new([("password", crate::nginx::random_password()?)]))?;
        self.reconcile(event, model)
    }

    fn on_collect_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
        let Config { hostname, .. } = config(model)?;
        let tls = TLS.assigned_certificate(model).or_status(|error: &TlsError| Status::blocked(error.to_string()))?;
        admin_password(model)?.or_status(Status::waiting("Waiting for the leader"))?;
        if model.relation(endpoints::CERTIFICATES)?.is_some() && tls.is_none() {
            event.add_status(Status::waiting("Waiting for a certificate"));
        }
        if !self.web.is_running()? {
            event.add_status(Status::maintenance("nginx does not run"));
        }
        let scheme = if tls.is_some() { "https" } else { "http" };
        event.add_status(Status::active_with(format!("Serving {scheme}://{hostname}")));
        Ok(())
    }
}

fn config(model: &Model) -> Result<Config, Error> {
    model.load_config().or_status(|error: &Error| Status::blocked(error.to_string()))
}

fn certificate_requests(model: &Model) -> anyhow::Result<Vec<CertificateRequestAttributes>> {
    let Config { hostname, .. } = config(model)?;
    Ok(vec![CertificateRequestAttributes::new(hostname.clone()).dns_names([hostname])])
}

/// The password of the user admin. The leader creates it, and tells the other units the secret's ID.
fn admin_password(model: &Model) -> anyhow::Result<Option<String>> {
    let Some(peers) = model.relation(endpoints::PEERS)? else { return Ok(None) };
    let mut id = peers.app_data().get("admin-secret")?;
    if id.is_none() && model.unit().is_leader()? {
        let content = SecretContent::new([("password", crate::nginx::random_password()?)]);
        let secret = model.app().add_secret(&content, &SecretUpdate::default().label(ADMIN))?;
        peers.app_data().set("admin-secret", &secret.id()?)?;
        id = Some(secret.id()?);
    }
    let Some(id) = id else { return Ok(None) };
    Ok(model.secret(&id).with_label(ADMIN).refresh()?.expose("password").map(str::to_owned))
}
