//! Which secrets a unit may manage.

use crate::command_line::failure::{CommandResult, Failure};
use crate::juju::Juju;
use crate::state::{Secret, SecretId, SecretOwner};

/// Refuse to manage an application's secret if this unit knows it but is not the leader. For a secret that the unit
/// does not know, the end of the hook decides.
pub(super) fn check_leader(juju: &Juju, id: &SecretId) -> CommandResult {
    let created = juju.pending.secrets.creates.get(id).map(|(owner, _)| *owner);
    let owner = created.or_else(|| juju.managed_secret(id)?.owner);
    if owner == Some(SecretOwner::Application) && !juju.state.leader { Err(Failure::not_leader()) } else { Ok(()) }
}

impl Juju {
    /// The secret, if this unit owns it or leads its owner.
    pub(super) fn managed_secret(&self, id: &SecretId) -> Option<&Secret> {
        self.state.get_secret(id).filter(|secret| match secret.owner {
            Some(SecretOwner::Application) => self.state.leader,
            owner => owner == Some(SecretOwner::Unit),
        })
    }

    /// The secrets that this unit owns or whose owner it leads, except those that will be removed.
    pub(super) fn owned_secrets(&self) -> impl Iterator<Item = &Secret> {
        self.state.secrets.iter().filter(|secret| {
            self.managed_secret(&secret.id).is_some() && !self.pending.secrets.removals.contains_key(&secret.id)
        })
    }
}
