//! The code of `machine.md`.

use charmlibs::apt::{self, Repository};
use charmlibs::passwd::{self, NewGroup, NewUser};
use charmlibs::pathops;
use charmlibs::process::Run;
use charmlibs::snap::{self, Install};
use charmlibs::sysctl;
use charmlibs::systemd::{self, Systemd};
use ops::{Charm, ConfigChangedEvent, Framework, InstallEvent, Model, OrStatus as _, RemoveEvent, Status};

use crate::on;

/// The key that the vendor's packages are signed with. A real charm has it in a file: `include_bytes!("vendor.asc")`.
const KEY: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n…";

const UNIT: &str = "\
[Unit]
Description=The demo's web server
After=network-online.target

[Service]
User=demo
ExecStart=/usr/bin/demo-server --config /etc/demo/server.conf
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure

[Install]
WantedBy=multi-user.target
";

/// A charm that runs a service.
#[derive(Debug, Default)]
pub struct ServiceCharm {
    systemd: Systemd,
}

impl Charm for ServiceCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::install(), Self::on_install);
        framework.observe(on::config_changed(), Self::on_config_changed);
        framework.observe(on::remove(), Self::on_remove);
    }
}

impl ServiceCharm {
    fn on_install(&mut self, _event: &InstallEvent, _model: &Model) -> anyhow::Result<()> {
        apt::update()?;
        apt::add_packages(&["demo-server", "curl"])?;
        apt::hold("demo-server")?;

        let vendor = Repository::new("vendor", "https://packages.example.com/apt", "noble").key(KEY);
        apt::add_repository(&vendor)?;
        apt::add_ppa("ppa:demo/tools")?;
        apt::add_package_version("demo-tools", "2.1-1")?;

        passwd::add_group("demo-data", &NewGroup::system())?;
        passwd::add_user("demo", &NewUser::system().secondary_groups(&["demo-data"]))?;

        let folder = pathops::Options::new().mode(0o750).user("demo").group("demo-data");
        folder.ensure_folder("/srv/demo")?;
        pathops::ensure_tree("assets", "/srv/demo/assets")?;
        pathops::Options::new().user("demo").ensure_owner("/srv/demo")?;

        sysctl::Config::new("demo").configure(&[("net.core.somaxconn", "4096")])?;
        Ok(())
    }

    fn on_config_changed(&mut self, _event: &ConfigChangedEvent, model: &Model) -> anyhow::Result<()> {
        let config = "port = 80\n";
        let new_config = pathops::ensure_contents("/etc/demo/server.conf", config)?;
        let new_unit = systemd::ensure_unit("demo.service", UNIT)?;
        if new_unit {
            systemd::service_restart("demo")?;
        } else if new_config {
            systemd::service_reload_or_restart("demo")?;
        }
        systemd::service_resume("demo")?;
        self.start(model)
    }

    fn start(&self, model: &Model) -> anyhow::Result<()> {
        let blocked = |error: &systemd::Error| Status::blocked(format!("cannot start demo: {}", reason(error)));
        self.systemd.start("demo").or_status(blocked)?;
        model.unit().set_status(Status::active())?;
        Ok(())
    }

    fn on_remove(&mut self, _event: &RemoveEvent, _model: &Model) -> anyhow::Result<()> {
        systemd::remove_unit("demo.service")?;
        pathops::remove("/srv/demo")?;
        passwd::remove_user("demo")?;
        apt::remove_package("demo-server")?;
        apt::remove_repository("vendor")?;
        sysctl::Config::new("demo").remove()?;
        Ok(())
    }
}

/// The last line of the service's journal, or else the whole error.
fn reason(error: &systemd::Error) -> String {
    error.service().and_then(|failure| failure.journal.last().cloned()).unwrap_or_else(|| error.to_string())
}

/// A workload that comes as a snap.
///
/// # Errors
/// See [`snap::Error`].
pub fn install_snap() -> Result<(), snap::Error> {
    snap::ensure("lxd", &Install::new().channel("5.21/stable"))?;
    snap::hold("lxd", None)?;
    snap::set("lxd", &serde_json::json!({"daemon.debug": true}))?;
    snap::restart("lxd", &["daemon"])?;
    Ok(())
}

/// Packages from the operator's mirror, and not from Ubuntu's archive.
///
/// # Errors
/// See [`apt::Error`].
pub fn use_mirror(line: &str) -> Result<(), apt::Error> {
    apt::add_repository(&apt::Repository::from_line("mirror", line)?)?;
    for source in apt::sources()? {
        if source.uris.iter().any(|uri| uri.contains("archive.ubuntu.com")) {
            apt::disable_source(&source)?;
        }
    }
    Ok(())
}

/// Ask the workload, with a password that neither the log nor another user of the machine sees.
///
/// # Errors
/// See [`charmlibs::process::Error`].
pub fn create_database(password: &str) -> Result<String, charmlibs::process::Error> {
    Run::new("demo-admin").args(["create-database", "main"]).secret_env("DEMO_PASSWORD", password).text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_does_not_start_is_reported_with_its_last_lines() {
        let failure = systemd::ServiceFailure {
            operation: "start",
            unit: "demo".to_owned(),
            reason: "its process exited".to_owned(),
            journal: vec!["Started demo.".to_owned(), "no licence found".to_owned()],
        };
        assert_eq!(reason(&systemd::Error::Service(failure)), "no licence found");
        let error = Systemd::in_folder("/nonexistent").start("demo").unwrap_err();
        assert_eq!(reason(&error), "systemd does not run on this machine: the program systemctl is missing");
    }

    #[test]
    fn a_failure_names_the_command_and_not_the_password() {
        let error = create_database("hunter2").unwrap_err();
        assert!(error.to_string().starts_with("could not run `demo-admin create-database main`: "), "{error}");
    }
}
