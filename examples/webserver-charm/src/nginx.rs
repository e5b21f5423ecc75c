//! nginx on the machine.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use charmlibs::pathops::Options;
use charmlibs::process::Run;
use charmlibs::{apt, pathops, systemd};
use interfaces::tls_certificates::AssignedCertificate;

const CONFIG: &str = "/etc/nginx/conf.d/site.conf";
const CHAIN: &str = "/etc/nginx/site.chain.pem";
const KEY: &str = "/etc/nginx/site.key.pem";
const USERS: &str = "/etc/nginx/site.users";

/// The site and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The host name.
    pub hostname: String,
    /// The folder with its files.
    pub root: PathBuf,
    /// How long idle connections stay open, in seconds.
    pub keepalive: u8,
    /// The certificate, if there is one.
    pub tls: Option<AssignedCertificate>,
    /// The password of the user admin.
    pub password: String,
}

/// A web server. Tests replace it.
pub trait WebServer {
    /// Install it.
    ///
    /// # Errors
    /// A package cannot be installed.
    fn install(&self) -> anyhow::Result<()>;
    /// Its installed version.
    ///
    /// # Errors
    /// It is not installed.
    fn version(&self) -> anyhow::Result<String>;
    /// Serve this site.
    ///
    /// # Errors
    /// A file cannot be written, or the server does not start.
    fn serve(&self, site: &Site) -> anyhow::Result<()>;
    /// Whether it is running.
    ///
    /// # Errors
    /// systemd cannot be asked.
    fn is_running(&self) -> anyhow::Result<bool>;
    /// Stop it, and keep its files.
    ///
    /// # Errors
    /// It does not stop.
    fn stop(&self) -> anyhow::Result<()>;
}

/// nginx, from the distribution's packages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nginx;

impl WebServer for Nginx {
    fn install(&self) -> anyhow::Result<()> {
        apt::update()?;
        apt::add_packages(&["nginx-light", "prometheus-nginx-exporter"])?;
        pathops::remove("/etc/nginx/sites-enabled/default")?;
        Ok(())
    }

    fn version(&self) -> anyhow::Result<String> {
        let version = apt::installed_version("nginx-light")?.context("nginx-light is not installed")?;
        Ok(version.split(['-', '+']).next().unwrap_or_default().to_owned())
    }

    fn serve(&self, site: &Site) -> anyhow::Result<()> {
        let private = Options::new().mode(0o640).group("www-data");
        let mut changed = private.ensure_contents(USERS, format!("admin:{{PLAIN}}{}\n", site.password))?;
        if let Some(tls) = &site.tls {
            changed |= pathops::ensure_contents(CHAIN, tls.chain_pem())?;
            changed |= Options::new().mode(0o600).ensure_contents(KEY, tls.private_key.pem())?;
        }
        changed |= pathops::ensure_contents(CONFIG, config(site))?;
        if site.tls.is_none() {
            pathops::remove(CHAIN)?;
            pathops::remove(KEY)?;
        }
        Run::new("nginx").args(["-t", "-q"]).output()?;
        if changed && systemd::service_running("nginx")? {
            systemd::service_reload_or_restart("nginx")?;
        }
        systemd::service_resume("nginx")?;
        Ok(systemd::service_resume("prometheus-nginx-exporter")?)
    }

    fn is_running(&self) -> anyhow::Result<bool> {
        Ok(systemd::service_running("nginx")?)
    }

    fn stop(&self) -> anyhow::Result<()> {
        systemd::service_pause("prometheus-nginx-exporter")?;
        Ok(systemd::service_pause("nginx")?)
    }
}

/// The configuration of nginx.
#[must_use]
pub fn config(site: &Site) -> String {
    let Site { hostname, root, keepalive, .. } = site;
    let listen = match site.tls {
        Some(_) => format!(
            "server {{ listen 80 default_server; return 301 https://{hostname}$request_uri; }}\n\
             server {{\n  listen 443 ssl default_server;\n  ssl_certificate {CHAIN};\n  ssl_certificate_key {KEY};\n"
        ),
        None => "server {\n  listen 80 default_server;\n".to_owned(),
    };
    format!(
        "{listen}  server_name {hostname};\n  root {};\n  keepalive_timeout {keepalive};\n  location /admin/ {{\n    \
         auth_basic admin;\n    auth_basic_user_file {USERS};\n  }}\n}}\n\
         server {{ listen 127.0.0.1:8080; location /stub_status {{ stub_status; }} }}\n",
        root.display()
    )
}

/// A random password.
///
/// # Errors
/// The machine has no random numbers.
pub fn random_password() -> anyhow::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/uuid")?.trim().to_owned())
}
