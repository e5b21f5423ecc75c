//! The names of events.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of an event: a hook of Juju, an action, or an event of the framework.
///
/// Written as in Ops, with underscores: `install`, `database_relation_changed`, `backup_action`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[non_exhaustive]
pub enum EventName {
    /// The unit is new: install the workload.
    Install,
    /// The unit is installed and configured: start the workload.
    Start,
    /// The unit is being removed: stop the workload.
    Stop,
    /// The unit's last event: clean up.
    Remove,
    /// The config or the unit's addresses changed.
    ConfigChanged,
    /// Sent periodically, every five minutes by default.
    UpdateStatus,
    /// The charm was refreshed to another revision.
    UpgradeCharm,
    /// This unit became the leader of its application.
    LeaderElected,
    /// A relation was created at this endpoint.
    RelationCreated(String),
    /// A remote unit joined a relation at this endpoint.
    RelationJoined(String),
    /// A remote unit or application changed its data in a relation at this endpoint.
    RelationChanged(String),
    /// A remote unit left a relation at this endpoint.
    RelationDeparted(String),
    /// A relation at this endpoint is gone.
    RelationBroken(String),
    /// An instance of this storage was attached.
    StorageAttached(String),
    /// An instance of this storage will be detached.
    StorageDetaching(String),
    /// A secret that this unit observes has a new revision.
    SecretChanged,
    /// A secret that this unit owns is due to be rotated.
    SecretRotate,
    /// A revision of a secret that this unit owns has expired.
    SecretExpired,
    /// A revision of a secret that this unit owns is no longer used.
    SecretRemove,
    /// A user runs this action.
    Action(String),
    /// Emitted on the leader after each event, to collect the application's status.
    CollectAppStatus,
    /// Emitted after each event, to collect the unit's status.
    CollectUnitStatus,
    /// An event that the charm defines and emits itself.
    Custom(String),
    /// A hook that Juju has or had, but that machine charms do not need. It cannot be observed.
    Other(String),
}

/// An unknown name of an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an event: Juju has no such hook, and it names no relation, storage or action")]
pub struct UnknownEvent(String);

/// The events of a relation.
const RELATION_EVENTS: [fn(String) -> EventName; 5] = [
    EventName::RelationCreated,
    EventName::RelationJoined,
    EventName::RelationChanged,
    EventName::RelationDeparted,
    EventName::RelationBroken,
];

/// The events of a storage.
const STORAGE_EVENTS: [fn(String) -> EventName; 2] = [EventName::StorageAttached, EventName::StorageDetaching];

/// The hooks in [`EventName::Other`].
const OTHER_HOOKS: [&str; 7] = [
    "pre-series-upgrade",
    "post-series-upgrade",
    "collect-metrics",
    "meter-status-changed",
    "leader-deposed",
    "leader-settings-changed",
    "remove-unit",
];

impl EventName {
    /// The event that Juju dispatches as `hooks/NAME` or `actions/NAME`.
    ///
    /// # Errors
    /// There is no such event.
    pub fn from_dispatch_path(path: &str) -> Result<Self, UnknownEvent> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("hooks", path));
        // There may be more folders before it: older `dispatch` scripts include the charm's directory.
        match folder.rsplit('/').next() {
            Some("actions") if !name.is_empty() => Ok(Self::Action(name.to_owned())),
            Some("hooks") => Self::from_hook(name),
            _ => Err(UnknownEvent(path.to_owned())),
        }
    }

    fn from_hook(name: &str) -> Result<Self, UnknownEvent> {
        if let Some(event) = Self::of_unit().into_iter().find(|event| event.parts().1 == name) {
            return Ok(event);
        }
        if OTHER_HOOKS.contains(&name) {
            return Ok(Self::Other(name.to_owned()));
        }
        let events = RELATION_EVENTS.into_iter().chain(STORAGE_EVENTS).find_map(|make| {
            let subject = name.strip_suffix(make(String::new()).parts().1)?.strip_suffix('-')?;
            (!subject.is_empty()).then(|| make(subject.to_owned()))
        });
        events.ok_or_else(|| UnknownEvent(name.to_owned()))
    }

    /// Juju's hooks for the unit itself.
    #[must_use]
    pub fn of_unit() -> [Self; 12] {
        [
            Self::Install,
            Self::Start,
            Self::Stop,
            Self::Remove,
            Self::ConfigChanged,
            Self::UpdateStatus,
            Self::UpgradeCharm,
            Self::LeaderElected,
            Self::SecretChanged,
            Self::SecretRotate,
            Self::SecretExpired,
            Self::SecretRemove,
        ]
    }

    /// Juju's hooks that machine charms do not need, as [`EventName::Other`]: series upgrades, metrics, and leadership
    /// before Juju 2.
    pub fn others() -> impl Iterator<Item = Self> {
        OTHER_HOOKS.into_iter().map(|name| Self::Other(name.to_owned()))
    }

    /// Juju's hooks for a relation at this endpoint.
    #[must_use]
    pub fn of_relation(endpoint: &str) -> [Self; 5] {
        RELATION_EVENTS.map(|make| make(endpoint.to_owned()))
    }

    /// Juju's hooks for an instance of this storage.
    #[must_use]
    pub fn of_storage(storage: &str) -> [Self; 2] {
        STORAGE_EVENTS.map(|make| make(storage.to_owned()))
    }

    /// The hook's name, as in `JUJU_HOOK_NAME`. `None` if the event is not a hook.
    #[must_use]
    pub fn hook_name(&self) -> Option<String> {
        self.dispatch_path()?.strip_prefix("hooks/").map(str::to_owned)
    }

    /// The two parts of the name: the endpoint, storage or action, if there is one, and the rest with hyphens.
    fn parts(&self) -> (Option<&str>, &str) {
        match self {
            Self::Install => (None, "install"),
            Self::Start => (None, "start"),
            Self::Stop => (None, "stop"),
            Self::Remove => (None, "remove"),
            Self::ConfigChanged => (None, "config-changed"),
            Self::UpdateStatus => (None, "update-status"),
            Self::UpgradeCharm => (None, "upgrade-charm"),
            Self::LeaderElected => (None, "leader-elected"),
            Self::RelationCreated(endpoint) => (Some(endpoint), "relation-created"),
            Self::RelationJoined(endpoint) => (Some(endpoint), "relation-joined"),
            Self::RelationChanged(endpoint) => (Some(endpoint), "relation-changed"),
            Self::RelationDeparted(endpoint) => (Some(endpoint), "relation-departed"),
            Self::RelationBroken(endpoint) => (Some(endpoint), "relation-broken"),
            Self::StorageAttached(storage) => (Some(storage), "storage-attached"),
            Self::StorageDetaching(storage) => (Some(storage), "storage-detaching"),
            Self::SecretChanged => (None, "secret-changed"),
            Self::SecretRotate => (None, "secret-rotate"),
            Self::SecretExpired => (None, "secret-expired"),
            Self::SecretRemove => (None, "secret-remove"),
            Self::Action(action) => (Some(action), "action"),
            Self::CollectAppStatus => (None, "collect-app-status"),
            Self::CollectUnitStatus => (None, "collect-unit-status"),
            Self::Custom(name) => (Some(name), "custom"),
            Self::Other(name) => (None, name),
        }
    }

    /// The path that Juju dispatches: `hooks/NAME` or `actions/NAME`. `None` for an event that Juju does not send.
    #[must_use]
    pub fn dispatch_path(&self) -> Option<String> {
        match self {
            Self::CollectAppStatus | Self::CollectUnitStatus | Self::Custom(_) => None,
            Self::Action(action) => Some(format!("actions/{action}")),
            _ => Some(match self.parts() {
                (Some(subject), rest) => format!("hooks/{subject}-{rest}"),
                (None, name) => format!("hooks/{name}"),
            }),
        }
    }
}

/// An event of a relation, storage or action that the charm's metadata does not define.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {event}: the charm's metadata defines no {kind} {name:?}")]
pub struct UndefinedEvent {
    pub(crate) event: EventName,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.parts() {
            (Some(name), "custom") | (None, name) => name.to_owned(),
            (Some(subject), rest) => format!("{subject}_{rest}"),
        };
        f.write_str(&name.replace('-', "_"))
    }
}

/// As `hooks/NAME`, `actions/NAME` or `custom/NAME`: with underscores, `a-b` and `a_b` would be the same.
impl From<EventName> for String {
    fn from(name: EventName) -> Self {
        name.dispatch_path().unwrap_or_else(|| match name.parts() {
            (Some(custom), _) => format!("custom/{custom}"),
            (None, name) => format!("ops/{name}"),
        })
    }
}

impl TryFrom<String> for EventName {
    type Error = UnknownEvent;

    fn try_from(path: String) -> Result<Self, UnknownEvent> {
        path.parse()
    }
}

impl FromStr for EventName {
    type Err = UnknownEvent;

    fn from_str(path: &str) -> Result<Self, UnknownEvent> {
        match path.split_once('/') {
            Some(("custom", name)) if !name.is_empty() => Ok(Self::Custom(name.to_owned())),
            Some(("ops", "collect-app-status")) => Ok(Self::CollectAppStatus),
            Some(("ops", "collect-unit-status")) => Ok(Self::CollectUnitStatus),
            _ => Self::from_dispatch_path(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_can_be_written_and_read_back() {
        for (path, shown) in [
            ("hooks/install", "install"),
            ("hooks/config-changed", "config_changed"),
            ("hooks/my-db-relation-changed", "my_db_relation_changed"),
            ("hooks/my_db-relation-broken", "my_db_relation_broken"),
            ("hooks/data-storage-attached", "data_storage_attached"),
            ("hooks/secret-remove", "secret_remove"),
            ("hooks/leader-settings-changed", "leader_settings_changed"),
            ("actions/back-up", "back_up_action"),
            ("custom/backup_done", "backup_done"),
            ("ops/collect-unit-status", "collect_unit_status"),
        ] {
            let event: EventName = path.parse().unwrap();
            assert_eq!(event.to_string(), shown);
            assert_eq!(String::from(event), path);
        }
    }

    #[test]
    fn every_hook_can_be_parsed_from_its_name() {
        let named = EventName::of_relation("my-db").into_iter().chain(EventName::of_storage("data"));
        let hooks: Vec<EventName> = EventName::of_unit().into_iter().chain(EventName::others()).chain(named).collect();
        for hook in &hooks {
            let name = hook.hook_name().unwrap();
            assert_eq!(EventName::from_dispatch_path(&format!("hooks/{name}")).as_ref(), Ok(hook), "{name}");
        }
        assert_eq!(hooks.len(), 26);
        assert_eq!(EventName::Action("back-up".to_owned()).hook_name(), None);
        assert_eq!(EventName::CollectUnitStatus.hook_name(), None);
    }

    #[test]
    fn the_error_for_an_unknown_event_names_it() {
        for path in ["hooks/nonsense", "hooks/-relation-changed", "actions/", "nonsense", "", "lib/install"] {
            let Err(error) = EventName::from_dispatch_path(path) else { panic!("{path} is an event") };
            assert!(error.to_string().contains("is not an event"), "{error}");
        }
        // As for a `dispatch` that is called through the link of a hook.
        assert_eq!(EventName::from_dispatch_path("/var/lib/juju/charm/hooks/start"), Ok(EventName::Start));
    }
}
