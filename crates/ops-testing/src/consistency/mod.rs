//! Checks whether Juju could produce a state and an event.
//!
//! A test with a state that Juju never produces proves nothing. Each failed check is a sentence that says what is
//! wrong, and what would be right.

mod action;
mod config;
mod network;
mod port;
mod relation;
mod resource;
mod secret;
mod storage;
#[cfg(test)]
mod tests;
mod unit;

use ops_metadata::CharmMeta;

use crate::event::Event;
use crate::unit::UnitInfo;
use emulator::State;

/// What the checks look at.
pub(crate) struct Scenario<'a> {
    pub(crate) state: &'a State,
    pub(crate) event: &'a Event,
    pub(crate) meta: &'a CharmMeta,
    pub(crate) unit: &'a UnitInfo,
    /// Juju's version: major, minor, patch.
    pub(crate) version: (u32, u32, u32),
}

/// Refuse what Juju could not produce, with one sentence for each problem.
pub(crate) fn check(state: &State, event: &Event, meta: &CharmMeta, unit: &UnitInfo) -> Result<(), Vec<String>> {
    let Some(version) = unit::parse_version(&unit.juju_version) else {
        let version = &unit.juju_version;
        return Err(vec![format!("{version:?} is not a version of Juju: write it as 3.6.8")]);
    };
    let scenario = Scenario { state, event, meta, unit, version };
    let mut problems = Vec::new();
    for check in [
        unit::check,
        config::check,
        relation::check,
        storage::check,
        secret::check,
        action::check,
        resource::check,
        network::check,
        port::check,
    ] {
        check(&scenario, &mut problems);
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// A sentence about the names in the metadata: `there are none` or `a, b and c`.
fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    match names.split_last() {
        None => "there are none".to_owned(),
        Some((only, [])) => format!("there is only {only}"),
        Some((last, rest)) => format!("there are {} and {last}", rest.join(", ")),
    }
}

/// The items that occur a second time.
fn duplicates<T: PartialEq>(items: &[T]) -> impl Iterator<Item = &T> {
    items.iter().enumerate().filter(|(index, item)| items[..*index].contains(item)).map(|(_, item)| item)
}
