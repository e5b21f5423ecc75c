//! Hooks: the events that Juju tells a charm of.

use ops::EventName;
use serde::{Deserialize, Serialize};

/// A hook to run, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hook {
    /// One that is about the unit alone: `install`, `config-changed`, and so on.
    Plain(Plain),
    /// One that is about a relation.
    Relation(RelationHook),
    /// One that is about a storage of the unit.
    Storage {
        kind: StorageKind,
        /// The storage's ID: `NAME/NUMBER`.
        id: String,
    },
    /// One that is about a secret.
    Secret {
        kind: SecretKind,
        /// The secret's URI.
        uri: String,
        /// The revision it is about; 0 where it is about all of it.
        revision: i64,
        /// The unit's or its application's label for the secret.
        label: String,
    },
}

/// A hook that is about the unit alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plain {
    /// Once, before all others but those of storage.
    Install,
    /// Once, after the first `config-changed`; again after the machine started again.
    Start,
    /// Before the unit goes.
    Stop,
    /// The last of all.
    Remove,
    /// The configuration, the trust or the address changed.
    ConfigChanged,
    /// Time to look whether all is well.
    UpdateStatus,
    /// The charm was refreshed.
    UpgradeCharm,
    /// The unit leads the application now.
    LeaderElected,
    /// Another unit leads the application, and may have said something with `leader-set`.
    LeaderSettingsChanged,
}

/// What happened in a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelationKind {
    Created,
    /// A remote unit entered it.
    Joined,
    /// A remote databag changed.
    Changed,
    /// A remote unit left it, or this one is leaving.
    Departed,
    Broken,
}

/// A hook that is about a relation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RelationHook {
    pub kind: RelationKind,
    /// The relation's ID.
    pub relation: i64,
    /// The endpoint on this unit's side.
    pub endpoint: String,
    /// The application on the other side.
    pub application: String,
    /// The remote unit it is about, if any.
    pub unit: String,
    /// The unit that departs, if any.
    pub departing: String,
    /// The version of the databag it is about.
    pub version: i64,
}

/// What happened to a storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StorageKind {
    Attached,
    Detaching,
}

/// What happened to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    /// It has a newer revision than the unit reads.
    Changed,
    /// Its owner should make a new revision.
    Rotate,
    /// A revision of it expired.
    Expired,
    /// Nobody reads a revision of it any more.
    Remove,
}

impl Hook {
    /// The hook's name, as in `JUJU_HOOK_NAME`.
    pub fn name(&self) -> String {
        let path = self.event().dispatch_path().unwrap_or_default();
        path.trim_start_matches("hooks/").to_owned()
    }

    /// The event that it is to the charm.
    fn event(&self) -> EventName {
        match self {
            Hook::Plain(plain) => plain.event(),
            Hook::Relation(hook) => {
                let endpoint = hook.endpoint.clone();
                match hook.kind {
                    RelationKind::Created => EventName::RelationCreated(endpoint),
                    RelationKind::Joined => EventName::RelationJoined(endpoint),
                    RelationKind::Changed => EventName::RelationChanged(endpoint),
                    RelationKind::Departed => EventName::RelationDeparted(endpoint),
                    RelationKind::Broken => EventName::RelationBroken(endpoint),
                }
            }
            Hook::Storage { kind, id } => {
                let name = id.split_once('/').map_or(id.as_str(), |(name, _)| name).to_owned();
                match kind {
                    StorageKind::Attached => EventName::StorageAttached(name),
                    StorageKind::Detaching => EventName::StorageDetaching(name),
                }
            }
            Hook::Secret { kind, .. } => match kind {
                SecretKind::Changed => EventName::SecretChanged,
                SecretKind::Rotate => EventName::SecretRotate,
                SecretKind::Expired => EventName::SecretExpired,
                SecretKind::Remove => EventName::SecretRemove,
            },
        }
    }

    /// The message of the agent's status while the hook runs.
    pub fn running(&self) -> String {
        match self {
            Hook::Relation(hook) if !hook.unit.is_empty() => {
                format!("running {} hook for {}", self.name(), hook.unit)
            }
            Hook::Secret { kind, uri, revision, .. } => match (kind, revision) {
                (SecretKind::Expired | SecretKind::Remove, 1..) => {
                    format!("running {} hook for {uri}/{revision}", self.name())
                }
                _ => format!("running {} hook for {uri}", self.name()),
            },
            _ => format!("running {} hook", self.name()),
        }
    }
}

/// What a hook's name alone says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Plain(Plain),
    /// What happened, and to the relations at which endpoint.
    Relation(RelationKind, String),
    /// What happened, and to the storage of which name.
    Storage(StorageKind, String),
    Secret(SecretKind),
}

impl Named {
    /// The hook with this name, if Juju has it.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match EventName::from_dispatch_path(&format!("hooks/{name}")).ok()? {
            EventName::RelationCreated(endpoint) => Self::Relation(RelationKind::Created, endpoint),
            EventName::RelationJoined(endpoint) => Self::Relation(RelationKind::Joined, endpoint),
            EventName::RelationChanged(endpoint) => Self::Relation(RelationKind::Changed, endpoint),
            EventName::RelationDeparted(endpoint) => Self::Relation(RelationKind::Departed, endpoint),
            EventName::RelationBroken(endpoint) => Self::Relation(RelationKind::Broken, endpoint),
            EventName::StorageAttached(storage) => Self::Storage(StorageKind::Attached, storage),
            EventName::StorageDetaching(storage) => Self::Storage(StorageKind::Detaching, storage),
            EventName::SecretChanged => Self::Secret(SecretKind::Changed),
            EventName::SecretRotate => Self::Secret(SecretKind::Rotate),
            EventName::SecretExpired => Self::Secret(SecretKind::Expired),
            EventName::SecretRemove => Self::Secret(SecretKind::Remove),
            event => Self::Plain(Plain::ALL.into_iter().find(|plain| plain.event() == event)?),
        })
    }
}

impl From<Plain> for Hook {
    fn from(plain: Plain) -> Self {
        Hook::Plain(plain)
    }
}

impl Plain {
    const ALL: [Self; 9] = [
        Self::Install,
        Self::Start,
        Self::Stop,
        Self::Remove,
        Self::ConfigChanged,
        Self::UpdateStatus,
        Self::UpgradeCharm,
        Self::LeaderElected,
        Self::LeaderSettingsChanged,
    ];

    /// The names of all of them.
    pub fn names() -> Vec<String> {
        Self::ALL.into_iter().map(|plain| Hook::Plain(plain).name()).collect()
    }

    fn event(self) -> EventName {
        match self {
            Self::Install => EventName::Install,
            Self::Start => EventName::Start,
            Self::Stop => EventName::Stop,
            Self::Remove => EventName::Remove,
            Self::ConfigChanged => EventName::ConfigChanged,
            Self::UpdateStatus => EventName::UpdateStatus,
            Self::UpgradeCharm => EventName::UpgradeCharm,
            Self::LeaderElected => EventName::LeaderElected,
            Self::LeaderSettingsChanged => EventName::Other("leader-settings-changed".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_known_by_its_name() {
        for plain in Plain::ALL {
            assert_eq!(Named::parse(&Hook::Plain(plain).name()), Some(Named::Plain(plain)));
        }
        let broken = Named::Relation(RelationKind::Broken, "db-admin".to_owned());
        assert_eq!(Named::parse("db-admin-relation-broken"), Some(broken));
        assert_eq!(
            Named::parse("data-storage-attached"),
            Some(Named::Storage(StorageKind::Attached, "data".to_owned()))
        );
        assert_eq!(Named::parse("secret-rotate"), Some(Named::Secret(SecretKind::Rotate)));
        assert_eq!(
            Hook::Storage { kind: StorageKind::Detaching, id: "data/3".to_owned() }.name(),
            "data-storage-detaching"
        );
        for name in ["collect-metrics", "relation-broken", "x/install", ""] {
            assert_eq!(Named::parse(name), None, "{name}");
        }
    }
}
