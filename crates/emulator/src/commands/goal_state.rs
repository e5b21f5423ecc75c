//! `goal-state`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::command_line::failure::CommandResult;
use crate::command_line::flag::{OUTPUT, STRUCTURED_FORMAT};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::juju::Juju;
use crate::state::{Goal, GoalState, RelationKind};

pub(crate) static GET: Spec = Spec {
    name: "goal-state",
    args: "",
    purpose: "Prints the status of the charm's peers and related units.",
    doc: "Prints the planned units of the application, and for each endpoint the\n\
          applications and units that it will be related to, each with its status and the\n\
          time of that status.",
    examples: &["goal-state"],
    flags: &[STRUCTURED_FORMAT.0, OUTPUT.0],
    run: get,
    ..SPEC
};

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.no_args_from(0)?;
    let goal = juju.state.goal_state.as_ref().map_or_else(|| Cow::Owned(derive(juju)), Cow::Borrowed);
    let value = Value::fields([
        ("units", goals(&goal.units)),
        ("relations", Value::map(goal.relations.iter().map(|(endpoint, units)| (endpoint.clone(), goals(units))))),
    ]);
    invocation.write(&value)
}

fn goals(goals: &BTreeMap<String, Goal>) -> Value {
    Value::map(goals.iter().map(|(name, goal)| {
        let mut fields = vec![("status".to_owned(), goal.status.as_str().into())];
        fields.extend(goal.since.map(|since| ("since".to_owned(), since.spaced().into())));
        (name.clone(), Value::Fields(fields))
    }))
}

/// Derive it from the planned units and the other side of each relation.
fn derive(juju: &Juju) -> GoalState {
    let state = &juju.state;
    let since = Some((juju.hook.clock)());
    let app = juju.hook.app();
    let mut units = BTreeMap::new();
    units.insert(juju.hook.unit.clone(), Goal { status: state.unit_status.name.to_string(), since });
    for number in 0.. {
        if units.len() >= state.planned_units.max(1) as usize {
            break;
        }
        let unit = format!("{app}/{number}");
        let status = state.other_unit_statuses.get(&unit).map_or("waiting", |status| status.name.as_str());
        units.entry(unit).or_insert_with(|| Goal { status: status.to_owned(), since });
    }
    let mut relations: BTreeMap<String, BTreeMap<String, Goal>> = BTreeMap::new();
    for relation in state.relations.iter().filter(|relation| relation.kind != RelationKind::Peer) {
        let goals = relations.entry(relation.endpoint.clone()).or_default();
        goals.insert(relation.remote_app.clone(), Goal { status: "joined".to_owned(), since });
        for unit in relation.remote_unit_names(app) {
            goals.insert(unit, Goal { status: "active".to_owned(), since });
        }
    }
    GoalState { units, relations }
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_error, juju};
    use crate::{Goal, GoalState, Timestamp};

    #[test]
    fn units_are_printed_before_relations() {
        let mut juju = juju();
        let active = Goal { status: "active".to_owned(), since: Some(Timestamp::from_unix(1_700_000_000)) };
        let joined = Goal { status: "joined".to_owned(), since: None };
        juju.state.goal_state = Some(GoalState {
            units: [("app/0".to_owned(), active)].into(),
            relations: [("db".to_owned(), [("pg".to_owned(), joined)].into())].into(),
        });
        let yaml = "units:\n  app/0:\n    status: active\n    since: 2023-11-14 22:13:20Z\nrelations:\n  db:\n    pg:\n      status: joined\n";
        check(&mut juju, &["goal-state"], yaml);
        let json = "{\"units\":{\"app/0\":{\"status\":\"active\",\"since\":\"2023-11-14 22:13:20Z\"}},\"relations\":{\"db\":{\"pg\":{\"status\":\"joined\"}}}}\n";
        check(&mut juju, &["goal-state", "--format", "json"], json);
    }

    #[test]
    fn without_a_goal_state_it_follows_from_relations_and_planned_units() {
        let mut juju = juju();
        juju.hook.clock = || Timestamp::from_unix(0);
        juju.state.planned_units = 2;
        let json = concat!(
            "{\"units\":{\"app/0\":{\"status\":\"unknown\",\"since\":\"1970-01-01 00:00:00Z\"},",
            "\"app/1\":{\"status\":\"waiting\",\"since\":\"1970-01-01 00:00:00Z\"}},",
            "\"relations\":{\"db\":{\"postgresql\":{\"status\":\"joined\",\"since\":\"1970-01-01 00:00:00Z\"},",
            "\"postgresql/0\":{\"status\":\"active\",\"since\":\"1970-01-01 00:00:00Z\"}}}}\n"
        );
        check(&mut juju, &["goal-state", "--format=json"], json);
    }

    #[test]
    fn the_smart_format_is_refused() {
        let error = "invalid value \"smart\" for option --format: unknown format \"smart\"";
        check_error(&mut juju(), &["goal-state", "--format=smart"], 2, error);
        check_error(&mut juju(), &["goal-state", "x"], 2, "unrecognized args: [\"x\"]");
    }
}
