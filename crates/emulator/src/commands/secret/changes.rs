//! A hook's changes to secrets, which Juju applies when the hook has succeeded.

use std::collections::{BTreeMap, BTreeSet};

use super::read::Wanted;
use crate::Juju;
use crate::command_line::failure::Failure;
use crate::go::quoted;
use crate::state::{RelationId, Rotate, Secret, SecretContent, SecretId, SecretOwner, Timestamp};

/// A hook's changes to secrets.
#[derive(Debug, Default)]
pub(crate) struct SecretChanges {
    pub(super) creates: BTreeMap<SecretId, (SecretOwner, Update)>,
    pub(super) updates: BTreeMap<SecretId, Update>,
    /// Revisions to remove; `None` for the whole secret.
    pub(super) removals: BTreeMap<SecretId, Option<BTreeSet<u32>>>,
    pub(super) grants: BTreeMap<SecretId, BTreeMap<RelationId, String>>,
    pub(super) revokes: BTreeMap<SecretId, Vec<String>>,
    /// Secrets that the hook reads at their new revision from now on.
    pub(super) track_latest: BTreeSet<SecretId>,
}

/// The changes to one secret.
#[derive(Clone, Debug, Default)]
pub(super) struct Update {
    pub(super) content: Option<SecretContent>,
    pub(super) label: Option<String>,
    pub(super) description: Option<String>,
    pub(super) expire: Option<Timestamp>,
    pub(super) rotate: Option<Rotate>,
}

impl Update {
    /// Add the changes in `later`.
    fn merge(&mut self, later: Self) {
        let Self { content, label, description, expire, rotate } = later;
        self.content = content.or_else(|| self.content.take());
        self.label = label.or_else(|| self.label.take());
        self.description = description.or_else(|| self.description.take());
        self.expire = expire.or(self.expire);
        self.rotate = rotate.or(self.rotate);
    }

    pub(super) fn is_empty(&self) -> bool {
        let Self { content, label, description, expire, rotate } = self;
        content.is_none() && label.is_none() && description.is_none() && expire.is_none() && rotate.is_none()
    }
}

impl SecretChanges {
    pub(super) fn create(&mut self, id: SecretId, owner: SecretOwner, secret: Update) -> Result<(), Failure> {
        let taken = |label: &String| self.creates.values().any(|(_, other)| other.label.as_ref() == Some(label));
        if let Some(label) = secret.label.as_ref().filter(|label| taken(label)) {
            return Err(Failure::run(format!("secret with label {} already exists", quoted(label))));
        }
        self.creates.insert(id, (owner, secret));
        Ok(())
    }

    pub(super) fn update(&mut self, id: SecretId, update: Update) {
        self.removals.remove(&id);
        match self.creates.get_mut(&id) {
            Some((_, secret)) => secret.merge(update),
            None => self.updates.entry(id).or_default().merge(update),
        }
    }

    pub(super) fn remove(&mut self, id: SecretId, revision: Option<u32>) {
        self.creates.remove(&id);
        self.updates.remove(&id);
        self.grants.remove(&id);
        self.revokes.remove(&id);
        self.track_latest.remove(&id);
        let removal = self.removals.entry(id).or_insert_with(|| revision.map(|_| BTreeSet::new()));
        *removal = match (removal.take(), revision) {
            (Some(mut revisions), Some(revision)) => {
                revisions.insert(revision);
                Some(revisions)
            }
            _ => None,
        };
    }

    /// The content of a new secret or, if the latest is wanted, of a new revision.
    pub(super) fn content(&mut self, id: &SecretId, wanted: Wanted) -> Option<SecretContent> {
        if let Some((_, secret)) = self.creates.get(id) {
            return secret.content.clone();
        }
        let content = self.updates.get(id).filter(|_| wanted != Wanted::Tracked)?.content.clone();
        if wanted == Wanted::Refresh {
            self.track_latest.insert(id.clone());
        }
        content
    }
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
