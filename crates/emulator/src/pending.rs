//! What a hook has changed, and Juju keeps back until the hook has succeeded.

use std::collections::BTreeMap;

use crate::commands::SecretChanges;
use crate::state::{Databag, OpenedPort, RelationId};

/// Changes that take effect when the hook has succeeded.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// What the charm keeps with `state-set`, once it has changed it.
    pub(crate) charm_state: Option<BTreeMap<String, String>>,
    /// What this unit has set in relations.
    pub(crate) unit_data: BTreeMap<RelationId, Databag>,
    /// What the leader has set in relations for its application.
    pub(crate) app_data: BTreeMap<RelationId, Databag>,
    /// Secrets.
    pub(crate) secrets: SecretChanges,
    /// Ports to open.
    pub(crate) open: Vec<OpenedPort>,
    /// Ports to close.
    pub(crate) close: Vec<OpenedPort>,
}
