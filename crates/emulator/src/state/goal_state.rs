//! The state that a model is heading for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// What `goal-state` says: the units that there will be, and what they will be related to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalState {
    /// Units of this application, by name.
    pub units: BTreeMap<String, Goal>,
    /// For each endpoint, the applications and units at the other end, by name.
    pub relations: BTreeMap<String, BTreeMap<String, Goal>>,
}

/// Where a unit or a relation stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// A unit's status, or a relation's: `joined`, `joining`, `broken`.
    pub status: String,
    /// Since when.
    pub since: Option<Timestamp>,
}
