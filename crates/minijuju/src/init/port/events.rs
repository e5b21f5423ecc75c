//! The events of Ops that `ops` has, and their types.

use ops_metadata::CharmMeta;

/// Events of every charm, by their attribute of `self.on`.
const PLAIN: &[(&str, &str)] = &[
    ("install", "InstallEvent"),
    ("start", "StartEvent"),
    ("stop", "StopEvent"),
    ("remove", "RemoveEvent"),
    ("config_changed", "ConfigChangedEvent"),
    ("update_status", "UpdateStatusEvent"),
    ("upgrade_charm", "UpgradeCharmEvent"),
    ("leader_elected", "LeaderElectedEvent"),
    ("secret_changed", "SecretChangedEvent"),
    ("secret_rotate", "SecretRotateEvent"),
    ("secret_expired", "SecretExpiredEvent"),
    ("secret_remove", "SecretRemoveEvent"),
    ("collect_app_status", "CollectStatusEvent"),
    ("collect_unit_status", "CollectStatusEvent"),
];

const RELATION: &[(&str, &str)] = &[
    ("_relation_created", "RelationCreatedEvent"),
    ("_relation_joined", "RelationJoinedEvent"),
    ("_relation_changed", "RelationChangedEvent"),
    ("_relation_departed", "RelationDepartedEvent"),
    ("_relation_broken", "RelationBrokenEvent"),
];

const STORAGE: &[(&str, &str)] =
    &[("_storage_attached", "StorageAttachedEvent"), ("_storage_detaching", "StorageDetachingEvent")];

/// The type of an event, if the charm can observe it: `db_relation_changed` takes an endpoint `db`.
pub(super) fn event_type(event: &str, meta: &CharmMeta) -> Option<&'static str> {
    fn of<'a>(names: impl Iterator<Item = &'a String>, wanted: &str) -> bool {
        names.into_iter().any(|name| name.replace('-', "_") == wanted)
    }
    let ending = |events: &'static [(&str, &'static str)]| {
        events.iter().find_map(|(end, kind)| Some((event.strip_suffix(end)?, *kind)))
    };
    if let Some((_, kind)) = PLAIN.iter().find(|(name, _)| *name == event) {
        return Some(kind);
    }
    if let Some((endpoint, kind)) = ending(RELATION) {
        return of(meta.relations.keys(), endpoint).then_some(kind);
    }
    if let Some((storage, kind)) = ending(STORAGE) {
        return of(meta.storages.keys(), storage).then_some(kind);
    }
    let action = event.strip_suffix("_action")?;
    of(meta.actions.keys(), action).then_some("ActionEvent")
}

/// Whether a unit test can run an event with nothing but a state.
pub(super) fn is_plain(event: &str) -> bool {
    PLAIN.iter().any(|(name, _)| *name == event) && !event.starts_with("secret_") && !event.starts_with("collect_")
}
