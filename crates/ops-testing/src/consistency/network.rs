//! Networks.

use super::{Scene, listed};

pub(super) fn check(scene: &Scene<'_>, wrong: &mut Vec<String>) {
    let meta = scene.meta;
    for binding in scene.state.networks.keys() {
        let known = matches!(binding.as_str(), "" | "juju-info")
            || meta.relations.contains_key(binding)
            || meta.extra_bindings.contains(binding);
        if !known {
            let known = listed(meta.relations.keys().chain(&meta.extra_bindings));
            wrong.push(format!("the metadata defines no endpoint or extra binding {binding:?} for a network: {known}"));
        }
    }
    for binding in meta.extra_bindings.iter().filter(|binding| meta.relations.contains_key(*binding)) {
        wrong.push(format!("the metadata has an endpoint and an extra binding {binding:?}: rename one of them"));
    }
}
