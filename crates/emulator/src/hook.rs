//! The hook that calls hook commands.

use ops::EventName;
use serde_json::{Map, Value};

use crate::state::{RelationId, Timestamp};
use crate::version::JujuVersion;

/// The hook or action that is running while hook commands are answered.
#[derive(Clone, Debug)]
pub struct Hook {
    /// The unit, such as `app/0`.
    pub unit: String,
    /// The hook's name in Juju, such as `database-relation-changed`; for an action, the action's name.
    pub name: String,
    /// The relation that the hook is about.
    pub relation: Option<RelationId>,
    /// The remote unit that the hook is about.
    pub remote_unit: Option<String>,
    /// The remote application that the hook is about.
    pub remote_app: Option<String>,
    /// The storage instance that the hook is about, such as `data/0`.
    pub storage: Option<String>,
    /// The action that is running.
    pub action: Option<Action>,
    /// The controller's address and port.
    pub controller: String,
    /// The model's version of Juju.
    pub version: JujuVersion,
    /// Returns the current time.
    pub clock: fn() -> Timestamp,
}

/// An action that is running.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Action {
    /// The action's name in the charm.
    pub name: String,
    /// The ID of its task.
    pub id: String,
    /// Its parameters, defaults included.
    pub params: Map<String, Value>,
}

impl Hook {
    /// The hook `name` on `unit`.
    pub fn new(unit: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            unit: unit.into(),
            name: name.into(),
            relation: None,
            remote_unit: None,
            remote_app: None,
            storage: None,
            action: None,
            controller: "127.0.0.1:17070".to_owned(),
            version: JujuVersion::default(),
            clock: Timestamp::now,
        }
    }

    /// The unit's application.
    #[must_use]
    pub fn app(&self) -> &str {
        self.unit.split_once('/').map_or(self.unit.as_str(), |(app, _)| app)
    }

    /// Whether the hook is about a unit that has just departed.
    pub(crate) fn is_departure(&self) -> bool {
        self.relation.is_some() && matches!(self.event(), Some(EventName::RelationDeparted(_)))
    }

    /// Whether this is `relation-broken` for this relation.
    pub(crate) fn is_end_of(&self, relation: RelationId) -> bool {
        self.relation == Some(relation) && matches!(self.event(), Some(EventName::RelationBroken(_)))
    }

    fn event(&self) -> Option<EventName> {
        EventName::from_dispatch_path(&format!("hooks/{}", self.name)).ok()
    }
}
