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
    fn has<'a>(mut names: impl Iterator<Item = &'a String>, name: &str) -> bool {
        names.any(|defined| defined.replace('-', "_") == name.replace('-', "_"))
    }
    let name = event_name(event)?;
    let is_defined = match &name {
        EventName::RelationCreated(endpoint)
        | EventName::RelationJoined(endpoint)
        | EventName::RelationChanged(endpoint)
        | EventName::RelationDeparted(endpoint)
        | EventName::RelationBroken(endpoint) => has(meta.relations.keys(), endpoint),
        EventName::StorageAttached(storage) | EventName::StorageDetaching(storage) => {
            has(meta.storages.keys(), storage)
        }
        EventName::Action(action) => has(meta.actions.keys(), action),
        // These events do not depend on the metadata.
        _ => true,
    };
    name.event_type().filter(|_| is_defined)
}

/// Whether a unit test can run an event with only a state.
pub(super) fn is_testable(event: &str) -> bool {
    event_name(event).is_some_and(|name| {
        EventName::of_unit().contains(&name)
            && !matches!(
                name,
                EventName::SecretChanged | EventName::SecretRotate | EventName::SecretExpired | EventName::SecretRemove
            )
    })
}
