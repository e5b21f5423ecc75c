//! Actions.

use emulator::action_params;
use ops::EventName;

use super::{Scene, listed};
use crate::context::Subject;

pub(super) fn check(scene: &Scene<'_>, wrong: &mut Vec<String>) {
    let (EventName::Action(name), Subject::Action { params }) = (&scene.event.name, &scene.event.subject) else {
        return;
    };
    let Some(action) = scene.meta.actions.get(name) else {
        wrong.push(format!("the metadata defines no action {name:?}: {}", listed(scene.meta.actions.keys())));
        return;
    };
    if let Err(error) = action_params::prepare(action, params, scene.place.behaviour()) {
        wrong.push(format!("Juju does not run action {name} with these parameters: {error}"));
    }
}
