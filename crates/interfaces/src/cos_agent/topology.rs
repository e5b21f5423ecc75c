//! The Juju topology in rules and dashboards.

use ops::{Error, Model};

/// The application that rules and dashboards are about.
pub(super) struct Topology {
    model: String,
    uuid: String,
    app: String,
    pub(super) charm: String,
}

impl Topology {
    pub(super) fn from_model(model: &Model) -> Result<Self, Error> {
        Ok(Self {
            model: model.name().to_owned(),
            uuid: model.uuid().to_owned(),
            app: model.app().name().to_owned(),
            charm: model.meta()?.name.clone(),
        })
    }

    pub(super) fn labels(&self) -> [(&'static str, &str); 4] {
        [
            ("juju_model", &self.model),
            ("juju_model_uuid", &self.uuid),
            ("juju_application", &self.app),
            ("juju_charm", &self.charm),
        ]
    }

    /// The prefix for names of groups.
    pub(super) fn prefix(&self) -> String {
        format!("{}_{}_{}", self.model, self.uuid.get(..8).unwrap_or(&self.uuid), self.app)
    }
}
