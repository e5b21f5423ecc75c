//! Networks.

use super::{Scenario, listed};

pub(super) fn check(scenario: &Scenario<'_>, problems: &mut Vec<String>) {
    let meta = scenario.meta;
    for binding in scenario.state.networks.keys() {
        let known = matches!(binding.as_str(), "" | "juju-info")
            || meta.relations.contains_key(binding)
            || meta.extra_bindings.contains(binding);
        if !known {
            let known = listed(meta.relations.keys().chain(&meta.extra_bindings));
            problems
                .push(format!("the metadata defines no endpoint or extra binding {binding:?} for a network: {known}"));
        }
    }
    for binding in meta.extra_bindings.iter().filter(|binding| meta.relations.contains_key(*binding)) {
        problems.push(format!("the metadata has an endpoint and an extra binding {binding:?}: rename one of them"));
    }
}
