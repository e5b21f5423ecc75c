//! Relations, and events about them.

use ops::EventName;
use ops_metadata::{RelationRole, RelationScope};

use super::{Scenario, duplicates, listed};
use crate::event::{DepartingUnit, Subject};
use emulator::name;
use emulator::{Relation, RelationKind};

pub(super) fn check(scenario: &Scenario<'_>, problems: &mut Vec<String>) {
    for relation in &scenario.state.relations {
        check_relation(scenario, relation, problems);
    }
    let ids: Vec<u32> = scenario.state.relations.iter().map(|relation| relation.id).collect();
    for id in duplicates(&ids) {
        problems.push(format!("two relations have the id {id}: each needs its own, which Relation::new gives it"));
    }
    check_event(scenario, problems);
}

fn check_relation(scenario: &Scenario<'_>, relation: &Relation, problems: &mut Vec<String>) {
    let endpoint = &relation.endpoint;
    let Some(meta) = scenario.meta.relations.get(endpoint) else {
        let known = listed(scenario.meta.relations.keys());
        problems.push(format!(
            "the metadata defines no endpoint {endpoint:?} for relation {}: {known}",
            relation.full_id()
        ));
        return;
    };
    let expected = match (meta.role, meta.scope) {
        (RelationRole::Peer, _) => (RelationKind::Peer, "a peer relation: make it with Relation::peer"),
        (_, RelationScope::Container) => (
            RelationKind::Subordinate,
            "one between a subordinate and its principal: make it with Relation::subordinate",
        ),
        _ => (RelationKind::Regular, "one with another application: make it with Relation::new"),
    };
    if relation.kind != expected.0 {
        problems.push(format!("a relation of endpoint {endpoint:?} is {}", expected.1));
        return;
    }
    if relation.kind == RelationKind::Peer {
        let this_unit = scenario.unit.unit_number;
        if relation.remote_units_data.contains_key(&this_unit) {
            problems.push(format!(
                "peer relation {} has data of unit {this_unit} as another unit, but that is the unit under test: set it \
                 with local_unit_data",
                relation.full_id()
            ));
        }
    } else if !name::is_application(&relation.remote_app) {
        problems.push(format!(
            "relation {} is with {:?}, which is not an application's name",
            relation.full_id(),
            relation.remote_app
        ));
    }
}

fn check_event(scenario: &Scenario<'_>, problems: &mut Vec<String>) {
    let event = scenario.event;
    let Subject::Relation { relation, departing_unit, .. } = &event.subject else { return };
    let (name, id) = (&event.name, relation.full_id());
    if !scenario.state.relations.contains(relation) {
        let same_id = scenario.state.get_relation(relation.id).is_some();
        let reason = if same_id { "the one there with its id differs" } else { "it is not there" };
        problems.push(format!(
            "{name} is about relation {id}, which is not in the state ({reason}): give both the same relation"
        ));
        return;
    }
    let of_unit = matches!(name, EventName::RelationJoined(_) | EventName::RelationDeparted(_));
    let number = event.remote_unit_number();
    let missing = number.filter(|number| !relation.remote_units_data.contains_key(number));
    if let Some(number) = missing {
        problems.push(format!(
            "{name} is about unit {number} at the other end of relation {id}, which has no such unit: add it with \
             remote_unit_data({number}, …)"
        ));
    } else if number.is_none() && (of_unit || matches!(name, EventName::RelationChanged(_)) && !event.is_of_app()) {
        problems.push(format!(
            "{name} is about a unit at the other end of relation {id}, which has no units: add one with \
             remote_unit_data(0, …)"
        ));
    }
    if let Some(DepartingUnit::Number(departing)) = departing_unit {
        let is_this_unit = relation.kind == RelationKind::Peer && *departing == scenario.unit.unit_number;
        if !is_this_unit && !relation.remote_units_data.contains_key(departing) {
            problems.push(format!("unit {departing} cannot depart from relation {id}: it has not joined it"));
        }
    }
}
