//! `goal-state`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Command, Result, Runner};

/// The planned units and relations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct GoalState {
    /// The units of this application, by name.
    #[serde(default)]
    pub units: BTreeMap<String, Goal>,
    /// For each endpoint, the remote applications and units, by name.
    #[serde(default)]
    pub relations: BTreeMap<String, BTreeMap<String, Goal>>,
}

/// One unit or application in a [`GoalState`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Goal {
    /// Its state, such as `active`, `waiting` or `dying`.
    pub status: String,
    /// When it changed, in Juju's format: `2026-11-22 08:15:01Z`.
    #[serde(default)]
    pub since: String,
}

/// `goal-state`: the planned units and relations.
pub fn goal_state(runner: &dyn Runner) -> Result<GoalState> {
    Command::new("goal-state").arg("--format=json").json(runner)
}
