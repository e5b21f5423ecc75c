//! A hook's changes to secrets.

use std::collections::{BTreeMap, BTreeSet};

use crate::state::{RelationId, Rotate, SecretContent, SecretId, SecretOwner, Timestamp};

/// A hook's changes to secrets.
#[derive(Debug, Default)]
pub(crate) struct SecretChanges {
    pub(crate) creates: BTreeMap<SecretId, (SecretOwner, SecretUpdate)>,
    pub(crate) updates: BTreeMap<SecretId, SecretUpdate>,
    /// Revisions to remove; `None` for the whole secret.
    pub(crate) removals: BTreeMap<SecretId, Option<BTreeSet<u32>>>,
    pub(crate) grants: BTreeMap<SecretId, BTreeMap<RelationId, String>>,
    pub(crate) revokes: BTreeMap<SecretId, Vec<String>>,
    /// Secrets that the hook reads at their new revision from now on.
    pub(crate) track_latest: BTreeSet<SecretId>,
}

/// The changes to one secret.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecretUpdate {
    pub(crate) content: Option<SecretContent>,
    pub(crate) label: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) expire: Option<Timestamp>,
    pub(crate) rotate: Option<Rotate>,
}

impl SecretUpdate {
    /// Add the changes in `later`.
    fn merge(&mut self, later: Self) {
        let Self { content, label, description, expire, rotate } = later;
        self.content = content.or_else(|| self.content.take());
        self.label = label.or_else(|| self.label.take());
        self.description = description.or_else(|| self.description.take());
        self.expire = expire.or(self.expire);
        self.rotate = rotate.or(self.rotate);
    }

    pub(crate) fn is_empty(&self) -> bool {
        let Self { content, label, description, expire, rotate } = self;
        content.is_none() && label.is_none() && description.is_none() && expire.is_none() && rotate.is_none()
    }
}

impl SecretChanges {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { creates, updates, removals, grants, revokes, track_latest } = self;
        creates.is_empty()
            && updates.is_empty()
            && removals.is_empty()
            && grants.is_empty()
            && revokes.is_empty()
            && track_latest.is_empty()
    }

    pub(crate) fn update(&mut self, id: SecretId, update: SecretUpdate) {
        self.removals.remove(&id);
        match self.creates.get_mut(&id) {
            Some((_, secret)) => secret.merge(update),
            None => self.updates.entry(id).or_default().merge(update),
        }
    }

    pub(crate) fn remove(&mut self, id: SecretId, revision: Option<u32>) {
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
}
