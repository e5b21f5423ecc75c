//! A hook's changes that Juju applies when the hook has succeeded.

mod secrets;

use std::collections::BTreeMap;

pub(crate) use self::secrets::{SecretChanges, SecretUpdate};
use crate::state::{Databag, OpenedPort, RelationId};

/// Changes that are applied when the hook has succeeded.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// The charm's state after `state-set`, if it has changed.
    pub(crate) charm_state: Option<BTreeMap<String, String>>,
    /// This unit's databags.
    pub(crate) unit_data: BTreeMap<RelationId, Databag>,
    /// The application's databags, as set by the leader.
    pub(crate) app_data: BTreeMap<RelationId, Databag>,
    pub(crate) secrets: SecretChanges,
    /// Ports to open.
    pub(crate) open: Vec<OpenedPort>,
    /// Ports to close.
    pub(crate) close: Vec<OpenedPort>,
}
