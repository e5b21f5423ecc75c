//! What a hook has changed, and Juju keeps back until the hook has succeeded.

use std::collections::BTreeMap;

use super::Juju;
use super::failure::Answer;
use super::secret::{self, SecretChanges};
use super::{opened, relation, storage};
use crate::state::{Databag, Port, RelationId};

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
    pub(crate) open: Vec<Port>,
    /// Ports to close.
    pub(crate) close: Vec<Port>,
}

impl Juju {
    /// Let the changes take effect.
    pub(crate) fn commit(&mut self) -> Answer {
        storage::commit(self)?;
        let ports = opened::committed(self)?;
        // The last that can be refused.
        secret::commit(self)?;
        self.state.opened_ports = ports;
        if let Some(charm_state) = self.pending.charm_state.take() {
            self.state.charm_state = charm_state;
        }
        for (id, databag) in std::mem::take(&mut self.pending.unit_data) {
            relation::commit(&mut self.state.relations, id, databag, false);
        }
        for (id, databag) in std::mem::take(&mut self.pending.app_data) {
            relation::commit(&mut self.state.relations, id, databag, true);
        }
        Ok(())
    }
}
