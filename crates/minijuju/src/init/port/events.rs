//! The events of Ops that `ops` has, and their types.

use ops::EventName;
use ops_metadata::CharmMeta;

/// An event by its attribute of `self.on`: `db_relation_changed`.
fn event_name(attribute: &str) -> Option<EventName> {
    let name = attribute.replace('_', "-");
    let action = || format!("actions/{}", name.strip_suffix("-action")?).parse().ok();
    format!("hooks/{name}").parse().or_else(|_| format!("ops/{name}").parse()).ok().or_else(action)
}

/// The type of an event, if the charm can observe it: `db_relation_changed` needs an endpoint `db`.
pub(super) fn event_type(event: &str, meta: &CharmMeta) -> Option<&'static str> {
    fn of<'a>(mut names: impl Iterator<Item = &'a String>, wanted: &str) -> bool {
        names.any(|name| name.replace('-', "_") == wanted.replace('-', "_"))
    }
    let name = event_name(event)?;
    let defined = match &name {
        EventName::RelationCreated(endpoint)
        | EventName::RelationJoined(endpoint)
        | EventName::RelationChanged(endpoint)
        | EventName::RelationDeparted(endpoint)
        | EventName::RelationBroken(endpoint) => of(meta.relations.keys(), endpoint),
        EventName::StorageAttached(storage) | EventName::StorageDetaching(storage) => of(meta.storages.keys(), storage),
        EventName::Action(action) => of(meta.actions.keys(), action),
        // About nothing that the metadata defines.
        _ => true,
    };
    name.event_type().filter(|_| defined)
}

/// Whether a unit test can run an event with only a state.
pub(super) fn is_plain(event: &str) -> bool {
    event_name(event).is_some_and(|name| {
        EventName::of_unit().contains(&name)
            && !matches!(
                name,
                EventName::SecretChanged | EventName::SecretRotate | EventName::SecretExpired | EventName::SecretRemove
            )
    })
}
