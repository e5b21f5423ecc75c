//! Secrets.

use std::collections::{BTreeMap, BTreeSet};

use ops::{Rotate, SecretContent, SecretOwner};
use serde::{Deserialize, Serialize};

use super::{RelationId, SecretId, Timestamp};

/// A secret that this unit owns, whose owner it leads, or that it may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// The secret's ID, without the prefix `secret:`.
    pub id: SecretId,
    /// Its owner, if that is this unit or its application; `None` if it was granted to this unit.
    #[serde(default)]
    pub owner: Option<SecretOwner>,
    /// The owner's label for an owned secret, else this unit's label.
    #[serde(default)]
    pub label: Option<String>,
    /// The owner's description.
    #[serde(default)]
    pub description: Option<String>,
    /// When the latest revision expires.
    #[serde(default)]
    pub expire: Option<Timestamp>,
    /// How often the owner should rotate it.
    #[serde(default)]
    pub rotate: Rotate,
    /// When the next rotation is due.
    #[serde(default)]
    pub next_rotate: Option<Timestamp>,
    /// The revisions, by number. A value that is not text is base64-encoded, and its key ends in `#base64`.
    #[serde(with = "exposed")]
    pub revisions: BTreeMap<u32, SecretContent>,
    /// The revision that this unit reads until it asks for a refresh; `None` before its first read.
    #[serde(default)]
    pub tracked_revision: Option<u32>,
    /// For an owned secret: the units and applications with access, by the relation of the grant.
    #[serde(default)]
    pub remote_grants: BTreeMap<RelationId, BTreeSet<String>>,
    /// Whether this unit may not read it: it was never granted, or was revoked.
    #[serde(default)]
    pub revoked: bool,
}

impl Secret {
    /// A secret that was granted to this unit, with one revision, which the unit has already read.
    pub fn new<K: Into<String>, V: Into<String>>(content: impl IntoIterator<Item = (K, V)>) -> Self {
        Self {
            id: SecretId::unique(),
            owner: None,
            label: None,
            description: None,
            expire: None,
            rotate: Rotate::Never,
            next_rotate: None,
            revisions: [(1, content.into_iter().collect())].into(),
            tracked_revision: Some(1),
            remote_grants: BTreeMap::new(),
            revoked: false,
        }
    }

    /// Set the ID, with or without the prefix `secret:`.
    ///
    /// # Panics
    /// If `id` is not a valid secret ID in Juju.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        self.id = id.parse().unwrap_or_else(|error| panic!("{error}"));
        self
    }

    /// Make this unit the owner.
    #[must_use]
    pub fn owned_by_unit(mut self) -> Self {
        self.owner = Some(SecretOwner::Unit);
        self
    }

    /// Make this application the owner.
    #[must_use]
    pub fn owned_by_app(mut self) -> Self {
        self.owner = Some(SecretOwner::Application);
        self
    }

    /// Set the label.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Set the description.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Set the time at which the latest revision expires.
    #[must_use]
    pub fn expire(mut self, time: Timestamp) -> Self {
        self.expire = Some(time);
        self
    }

    /// Set the rotation policy.
    #[must_use]
    pub fn rotate(mut self, rotate: Rotate) -> Self {
        self.rotate = rotate;
        self
    }

    /// Add a revision that this unit has not read yet.
    #[must_use]
    pub fn latest_content<K: Into<String>, V: Into<String>>(
        mut self,
        content: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.revisions.insert(self.latest_revision() + 1, content.into_iter().collect());
        self
    }

    /// Make it unreadable for this unit.
    #[must_use]
    pub fn revoked(mut self) -> Self {
        self.revoked = true;
        self
    }

    /// Grant it to a unit or an application, for a relation.
    #[must_use]
    pub fn granted(mut self, relation: RelationId, to: impl Into<String>) -> Self {
        self.remote_grants.entry(relation).or_default().insert(to.into());
        self
    }

    /// Forget that this unit has read it.
    #[must_use]
    pub fn untracked(mut self) -> Self {
        self.tracked_revision = None;
        self
    }

    /// The number of the latest revision; 0 if there is none.
    #[must_use]
    pub fn latest_revision(&self) -> u32 {
        self.revisions.keys().next_back().copied().unwrap_or(0)
    }

    /// The content that this unit reads: that of its tracked revision, else the latest.
    #[must_use]
    pub fn tracked(&self) -> Option<&SecretContent> {
        self.revisions.get(&self.tracked_revision.unwrap_or_else(|| self.latest_revision()))
    }

    /// The content of the latest revision.
    #[must_use]
    pub fn latest(&self) -> Option<&SecretContent> {
        self.revisions.values().next_back()
    }
}

/// Serializes revisions in clear text, which a charm's secrets never do by themselves.
mod exposed {
    use std::collections::BTreeMap;

    use ops::SecretContent;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        revisions: &BTreeMap<u32, SecretContent>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let exposed: BTreeMap<u32, BTreeMap<&str, &str>> =
            revisions.iter().map(|(number, content)| (*number, content.expose_all().collect())).collect();
        exposed.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<u32, SecretContent>, D::Error> {
        let exposed = BTreeMap::<u32, BTreeMap<String, String>>::deserialize(deserializer)?;
        Ok(exposed.into_iter().map(|(number, content)| (number, SecretContent::new(content))).collect())
    }
}
