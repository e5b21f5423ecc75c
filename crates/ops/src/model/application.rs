//! Applications.

use std::fmt;

use crate::error::Error;
use crate::hookcmds::{self, SecretOwner};
use crate::model::unit::set_status;
use crate::model::{Model, Secret, SecretContent, SecretUpdate};
use crate::status::Status;

/// An application: this unit's, or another that it knows of.
#[derive(Clone)]
pub struct Application {
    model: Model,
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

    /// Whether it is the application of the unit that runs this charm.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.name == self.model.env().app_name()
    }

    /// The application's status.
    ///
    /// # Errors
    /// This unit is not the leader, `status-get` failed, or it is another application.
    pub fn status(&self) -> Result<Status, Error> {
        self.ours("status")?;
        self.model.require_leader("read the application's status")?;
        Ok(hookcmds::status_get(self.model.runner(), true)?)
    }

    /// Set the application's status at once.
    ///
    /// # Errors
    /// This unit is not the leader, `status-set` failed, the status is Juju's own, or it is another application.
    #[allow(clippy::needless_pass_by_value, reason = "as Unit::set_status")]
    pub fn set_status(&self, status: Status) -> Result<(), Error> {
        self.ours("status")?;
        self.model.require_leader("set the application's status")?;
        set_status(&self.model, true, &status)
    }

    /// How many units Juju plans for the application, this one included, units that are going not.
    ///
    /// # Errors
    /// `goal-state` failed, or it is another application.
    pub fn planned_units(&self) -> Result<usize, Error> {
        self.ours("planned units")?;
        Ok(self.model.goal_state()?.units.values().filter(|unit| unit.status != "dying").count())
    }

    /// Add a secret that the application owns.
    ///
    /// # Errors
    /// This unit is not the leader, `secret-add` failed, the content is not one that Juju takes, or it is another
    /// application.
    pub fn add_secret(&self, content: &SecretContent, about: &SecretUpdate) -> Result<Secret, Error> {
        self.ours("secrets")?;
        self.model.require_leader("add a secret that the application owns")?;
        Secret::add(&self.model, SecretOwner::Application, content, about)
    }

    fn ours(&self, what: &'static str) -> Result<(), Error> {
        if self.is_ours() { Ok(()) } else { Err(Error::NotOurs { entity: self.name.clone(), what }) }
    }
}

impl PartialEq for Application {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Application {}

impl PartialOrd for Application {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// By name.
impl Ord for Application {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name.cmp(&other.name)
    }
}

impl std::hash::Hash for Application {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Application({})", self.name)
    }
}

impl fmt::Display for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
