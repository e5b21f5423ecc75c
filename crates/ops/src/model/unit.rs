//! Units.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::hookcmds::{self, EntityKind, Port, RebootTime};
use crate::model::{Application, Model};
use crate::status::Status;

/// A unit: this one, or another one that it knows.
#[derive(Clone)]
pub struct Unit {
    pub(super) model: Model,
    name: String,
}

impl Unit {
    pub(crate) fn new(model: Model, name: &str) -> Self {
        Self { model, name: name.to_owned() }
    }

    /// Its name, such as `tinyproxy/0`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its application.
    #[must_use]
    pub fn app(&self) -> Application {
        self.model.application(self.name.split('/').next().unwrap_or(&self.name))
    }

    /// Whether it is this charm's own unit.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.name == self.model.env().unit_name
    }

    /// Whether this unit is the leader.
    ///
    /// # Errors
    /// `is-leader` failed, or it is another unit, for which Juju does not say.
    pub fn is_leader(&self) -> Result<bool, Error> {
        self.require_ours("leadership")?;
        self.model.is_leader()
    }

    /// This unit's status: the one that this hook has set, or else Juju's. (`status-get` repeats its first answer
    /// until the hook ends.)
    ///
    /// # Errors
    /// `status-get` failed, or it is another unit.
    pub fn status(&self) -> Result<Status, Error> {
        self.require_ours("status")?;
        match &*self.model.inner.unit_status.borrow() {
            Some(status) => Ok(status.clone()),
            None => Ok(hookcmds::status_get(self.model.runner(), EntityKind::Unit)?),
        }
    }

    /// Set this unit's status at once. If the charm observes [`collect_unit_status`](crate::on::collect_unit_status),
    /// the status that is collected replaces it at the end of the hook.
    ///
    /// # Errors
    /// `status-set` failed, the status is Juju's own, or it is another unit.
    #[allow(clippy::needless_pass_by_value, reason = "a status is made to be set, and a borrow at each call is noise")]
    pub fn set_status(&self, status: Status) -> Result<(), Error> {
        self.require_ours("status")?;
        self.model.set_status(EntityKind::Unit, &status)
    }

    /// Set the workload's version, which `juju status` shows for the application.
    ///
    /// # Errors
    /// `application-version-set` failed, or it is another unit.
    pub fn set_workload_version(&self, version: &str) -> Result<(), Error> {
        self.require_ours("workload version")?;
        Ok(hookcmds::application_version_set(self.model.runner(), version)?)
    }

    /// Open a port, which can be reached when the application is exposed. Takes effect if the hook succeeds.
    ///
    /// # Errors
    /// `open-port` failed, or it is another unit.
    pub fn open_port(&self, port: Port) -> Result<(), Error> {
        self.require_ours("ports")?;
        Ok(hookcmds::open_port(self.model.runner(), port, &[])?)
    }

    /// Close a port. Takes effect if the hook succeeds.
    ///
    /// # Errors
    /// `close-port` failed, or it is another unit.
    pub fn close_port(&self, port: Port) -> Result<(), Error> {
        self.require_ours("ports")?;
        Ok(hookcmds::close_port(self.model.runner(), port, &[])?)
    }

    /// The ports that this unit opened.
    ///
    /// # Errors
    /// `opened-ports` failed, or it is another unit.
    pub fn opened_ports(&self) -> Result<BTreeSet<Port>, Error> {
        self.require_ours("ports")?;
        Ok(hookcmds::opened_ports(self.model.runner())?.into_iter().collect())
    }

    /// Open these ports, and close all others.
    ///
    /// # Errors
    /// A hook command failed, or it is another unit.
    pub fn set_ports(&self, ports: impl IntoIterator<Item = Port>) -> Result<(), Error> {
        let wanted: BTreeSet<Port> = ports.into_iter().collect();
        let opened = self.opened_ports()?;
        for port in opened.difference(&wanted) {
            self.close_port(*port)?;
        }
        for port in wanted.difference(&opened) {
            self.open_port(*port)?;
        }
        Ok(())
    }

    /// Reboot the machine when this hook has succeeded.
    ///
    /// # Errors
    /// `juju-reboot` failed, it is another unit, or this is an action, in which Juju refuses it.
    pub fn reboot(&self) -> Result<(), Error> {
        self.require_ours("machine")?;
        Ok(hookcmds::juju_reboot(self.model.runner(), RebootTime::AfterHook)?)
    }

    /// Reboot the machine at once. Juju runs this hook again after the reboot.
    ///
    /// This never returns `Ok`: return its error from the handler with `?`. The process then ends without saving
    /// anything, which does not count as a failure.
    ///
    /// # Errors
    /// [`Error::Rebooting`]; or `juju-reboot` failed, it is another unit, or this is an action, in which Juju refuses
    /// it.
    pub fn reboot_now(&self) -> Result<std::convert::Infallible, Error> {
        self.require_ours("machine")?;
        hookcmds::juju_reboot(self.model.runner(), RebootTime::Now)?;
        self.model.inner.rebooting.set(true);
        Err(Error::Rebooting)
    }

    pub(super) fn require_ours(&self, what: &'static str) -> Result<(), Error> {
        if self.is_ours() { Ok(()) } else { Err(Error::NotOurs { entity: self.name.clone(), what }) }
    }
}

impl_named!(Unit);
