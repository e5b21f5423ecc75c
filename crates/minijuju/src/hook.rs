//! Hooks: Juju's events for charms.

use ops::EventName;
use serde::{Deserialize, Serialize};

/// A hook to run, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hook {
    /// A hook about the unit itself: `install`, `config-changed`, and so on.
    // The database has it under this name.
    #[serde(rename = "plain")]
    Unit(UnitHook),
    Relation(RelationHook),
    /// A hook about a storage of the unit.
    Storage {
        kind: StorageKind,
        /// `NAME/NUMBER`.
        id: String,
    },
    /// A hook about a secret.
    Secret {
        kind: SecretKind,
        uri: String,
        /// The revision; 0 for a hook about the whole secret.
        revision: i64,
        /// The label that the unit or its application gave the secret.
        label: String,
    },
}

/// A hook about the unit itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitHook {
    /// Once, before all other hooks except those of storage.
    Install,
    /// Once after the first `config-changed`, and again after the machine restarted.
    Start,
    /// Before the unit is removed.
    Stop,
    /// The last hook.
    Remove,
    /// The configuration, the trust or the address changed.
    ConfigChanged,
    /// Periodically.
    UpdateStatus,
    /// The charm was refreshed.
    UpgradeCharm,
    /// The unit is now the leader.
    LeaderElected,
    /// Another unit is the leader, and may have called `leader-set`.
    LeaderSettingsChanged,
}

/// What happened in a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelationKind {
    Created,
    /// A remote unit joined.
    Joined,
    /// A remote databag changed.
    Changed,
    /// A remote unit left, or this unit is leaving.
    Departed,
    Broken,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RelationHook {
    pub kind: RelationKind,
    pub relation: i64,
    /// The endpoint on this unit's side.
    pub endpoint: String,
    /// The application on the other side.
    pub application: String,
    /// The remote unit; empty if there is none.
    pub unit: String,
    /// The departing unit; empty if there is none.
    pub departing: String,
    /// The version of the databag.
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
    /// A newer revision exists than the one that the unit reads.
    Changed,
    /// The owner should create a new revision.
    Rotate,
    /// A revision expired.
    Expired,
    /// A revision is no longer read by anyone.
    Remove,
}

impl Hook {
    /// The hook's name, as in `JUJU_HOOK_NAME`.
    pub fn name(&self) -> String {
        let path = self.event().dispatch_path().unwrap_or_default();
        path.trim_start_matches("hooks/").to_owned()
    }

    /// The hook's event in `ops`.
    fn event(&self) -> EventName {
        match self {
            Hook::Unit(hook) => hook.event(),
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
    pub fn status_message(&self) -> String {
        match self {
            Hook::Relation(hook) if !hook.unit.is_empty() => {
                format!("running {} hook for {}", self.name(), hook.unit)
            }
            Hook::Secret { kind, uri, revision, .. } => match (kind, revision) {
                (SecretKind::Expired | SecretKind::Remove, 1..) => {
                    format!("running {} hook for {uri}/{revision}", self.name())
                }
                (SecretKind::Changed | SecretKind::Rotate | SecretKind::Expired | SecretKind::Remove, _) => {
                    format!("running {} hook for {uri}", self.name())
                }
            },
            Hook::Unit(_) | Hook::Relation(_) | Hook::Storage { .. } => format!("running {} hook", self.name()),
        }
    }
}

/// A hook's name, split into its kind and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookName {
    Unit(UnitHook),
    /// An event of relations, and their endpoint.
    Relation(RelationKind, String),
    /// An event of storage, and its name.
    Storage(StorageKind, String),
    Secret(SecretKind),
}

impl HookName {
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
            event => Self::Unit(UnitHook::ALL.into_iter().find(|hook| hook.event() == event)?),
        })
    }
}

impl From<UnitHook> for Hook {
    fn from(hook: UnitHook) -> Self {
        Hook::Unit(hook)
    }
}

impl UnitHook {
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

    /// The names of all hooks about the unit itself.
    pub fn names() -> Vec<String> {
        Self::ALL.into_iter().map(|hook| Hook::Unit(hook).name()).collect()
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
    fn a_hooks_name_gives_its_kind_and_its_endpoint_or_storage() {
        for hook in UnitHook::ALL {
            assert_eq!(HookName::parse(&Hook::Unit(hook).name()), Some(HookName::Unit(hook)));
        }
        // Fails if a hook of `ops` has no counterpart here.
        for event in EventName::of_unit() {
            let name = event.hook_name().unwrap();
            assert!(HookName::parse(&name).is_some(), "{name}");
        }
        let broken = HookName::Relation(RelationKind::Broken, "db-admin".to_owned());
        assert_eq!(HookName::parse("db-admin-relation-broken"), Some(broken));
        assert_eq!(
            HookName::parse("data-storage-attached"),
            Some(HookName::Storage(StorageKind::Attached, "data".to_owned()))
        );
        assert_eq!(HookName::parse("secret-rotate"), Some(HookName::Secret(SecretKind::Rotate)));
        assert_eq!(
            Hook::Storage { kind: StorageKind::Detaching, id: "data/3".to_owned() }.name(),
            "data-storage-detaching"
        );
        for name in ["collect-metrics", "relation-broken", "x/install", ""] {
            assert_eq!(HookName::parse(name), None, "{name}");
        }
    }
}
