//! Hooks: the events that Juju tells a charm of.

use std::fmt;

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
        /// What happened to it.
        kind: StorageKind,
        /// The storage's ID: `NAME/NUMBER`.
        id: String,
    },
    /// One that is about a secret.
    Secret {
        /// What happened to it.
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

const PLAIN: [(Plain, &str); 9] = [
    (Plain::Install, "install"),
    (Plain::Start, "start"),
    (Plain::Stop, "stop"),
    (Plain::Remove, "remove"),
    (Plain::ConfigChanged, "config-changed"),
    (Plain::UpdateStatus, "update-status"),
    (Plain::UpgradeCharm, "upgrade-charm"),
    (Plain::LeaderElected, "leader-elected"),
    (Plain::LeaderSettingsChanged, "leader-settings-changed"),
];

/// What happened in a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelationKind {
    /// It exists.
    Created,
    /// A remote unit entered it.
    Joined,
    /// A remote databag changed.
    Changed,
    /// A remote unit left it, or this one is leaving.
    Departed,
    /// It is over.
    Broken,
}

/// A hook that is about a relation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RelationHook {
    /// What happened.
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
    /// It is there.
    Attached,
    /// It is going.
    Detaching,
}

impl fmt::Display for StorageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attached => "attached",
            Self::Detaching => "detaching",
        })
    }
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
        match self {
            Hook::Plain(plain) => plain.to_string(),
            Hook::Relation(hook) => format!(
                "{}-relation-{}",
                hook.endpoint,
                match hook.kind {
                    RelationKind::Created => "created",
                    RelationKind::Joined => "joined",
                    RelationKind::Changed => "changed",
                    RelationKind::Departed => "departed",
                    RelationKind::Broken => "broken",
                }
            ),
            Hook::Storage { kind, id } => {
                let name = id.split_once('/').map_or(id.as_str(), |(name, _)| name);
                format!("{name}-storage-{kind}")
            }
            Hook::Secret { kind, .. } => match kind {
                SecretKind::Changed => "secret-changed",
                SecretKind::Rotate => "secret-rotate",
                SecretKind::Expired => "secret-expired",
                SecretKind::Remove => "secret-remove",
            }
            .to_owned(),
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

impl From<Plain> for Hook {
    fn from(plain: Plain) -> Self {
        Hook::Plain(plain)
    }
}

impl Plain {
    /// The names of all of them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PLAIN.iter().map(|(_, name)| *name)
    }

    /// The hook with this name.
    pub fn parse(name: &str) -> Option<Self> {
        PLAIN.iter().find(|(_, known)| *known == name).map(|(plain, _)| *plain)
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        PLAIN.iter().find(|(plain, _)| plain == self).map_or(Ok(()), |(_, name)| f.write_str(name))
    }
}
