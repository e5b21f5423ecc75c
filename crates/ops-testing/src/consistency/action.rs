//! Actions.

use emulator::action_params;
use ops::EventName;

use super::{Scenario, listed};
use crate::event::Subject;

pub(super) fn check(scenario: &Scenario<'_>, problems: &mut Vec<String>) {
    let (EventName::Action(name), Subject::Action { params }) = (&scenario.event.name, &scenario.event.subject) else {
        return;
    };
    let Some(action) = scenario.meta.actions.get(name) else {
        problems.push(format!("the metadata defines no action {name:?}: {}", listed(scenario.meta.actions.keys())));
        return;
    };
    if let Err(error) = action_params::prepare(action, params, scenario.unit.emulated_version()) {
        problems.push(format!("Juju does not run action {name} with these parameters: {error}"));
    }
}
