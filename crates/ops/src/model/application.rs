//! Applications.

use crate::error::Error;
use crate::hookcmds::{self, EntityKind};
use crate::model::Model;
use crate::status::Status;

/// An application: this unit's, or a related one.
#[derive(Clone)]
pub struct Application {
    pub(super) model: Model,
    name: String,
}

impl Application {
    pub(crate) fn new(model: Model, name: &str) -> Self {
        Self { model, name: name.to_owned() }
    }

    /// Its name, as it was deployed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is this unit's own application.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.name == self.model.env().app_name()
    }

    /// The application's status.
    ///
    /// # Errors
    /// This unit is not the leader, `status-get` failed, or it is another application.
    pub fn status(&self) -> Result<Status, Error> {
        self.require_ours("status")?;
        self.model.require_leader("read the application's status")?;
        Ok(hookcmds::status_get(self.model.runner(), EntityKind::Application)?)
    }

    /// Set the application's status at once.
    ///
    /// # Errors
    /// This unit is not the leader, `status-set` failed, the status is Juju's own, or it is another application.
    #[allow(clippy::needless_pass_by_value, reason = "as Unit::set_status")]
    pub fn set_status(&self, status: Status) -> Result<(), Error> {
        self.require_ours("status")?;
        self.model.require_leader("set the application's status")?;
        self.model.set_status(EntityKind::Application, &status)
    }

    /// The number of planned units, including this one, without units that are being removed.
    ///
    /// # Errors
    /// `goal-state` failed, or it is another application.
    pub fn planned_units(&self) -> Result<usize, Error> {
        self.require_ours("planned units")?;
        Ok(self.model.goal_state()?.units.values().filter(|unit| unit.status != "dying").count())
    }

    pub(super) fn require_ours(&self, what: &'static str) -> Result<(), Error> {
        if self.is_ours() { Ok(()) } else { Err(Error::NotOurs { entity: self.name.clone(), what }) }
    }
}

impl_named!(Application);
