//! The goal state of a model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// The output of `goal-state`: the planned units, and what they will be related to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalState {
    /// The units of this application, by name.
    pub units: BTreeMap<String, Goal>,
    /// For each endpoint, the remote applications and units, by name.
    pub relations: BTreeMap<String, BTreeMap<String, Goal>>,
}

/// The status of a unit or a relation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The status of a unit, or `joined`, `joining`, `broken` for a relation.
    pub status: String,
    /// When the status was set.
    pub since: Option<Timestamp>,
}
