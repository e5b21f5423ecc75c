//! Resources.

use super::{Scene, listed, repeated};

pub(super) fn check(scene: &Scene<'_>, wrong: &mut Vec<String>) {
    let names: Vec<&String> = scene.state.resources.iter().map(|resource| &resource.name).collect();
    for name in names.iter().filter(|name| !scene.meta.resources.contains_key(**name)) {
        let known = listed(scene.meta.resources.keys());
        wrong.push(format!("the metadata defines no resource {name:?}: {known}"));
    }
    for name in repeated(&names) {
        wrong.push(format!("resource {name:?} occurs twice: a resource is one file"));
    }
}
