//! Resources.

use super::{Scenario, duplicates, listed};

pub(super) fn check(scenario: &Scenario<'_>, problems: &mut Vec<String>) {
    let names: Vec<&String> = scenario.state.resources.iter().map(|resource| &resource.name).collect();
    for name in names.iter().filter(|name| !scenario.meta.resources.contains_key(**name)) {
        let known = listed(scenario.meta.resources.keys());
        problems.push(format!("the metadata defines no resource {name:?}: {known}"));
    }
    for name in duplicates(&names) {
        problems.push(format!("resource {name:?} occurs twice: a resource is one file"));
    }
}
