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

use crate::context::Event;
use crate::context::event::Place;
use emulator::State;

/// What the checks look at.
pub(crate) struct Scene<'a> {
    pub(crate) state: &'a State,
    pub(crate) event: &'a Event,
    pub(crate) meta: &'a CharmMeta,
    pub(crate) place: &'a Place,
    /// Juju's version: major, minor, patch.
    pub(crate) version: (u32, u32, u32),
}

/// Refuse what Juju could not produce, with one sentence for each mistake.
pub(crate) fn check(state: &State, event: &Event, meta: &CharmMeta, place: &Place) -> Result<(), Vec<String>> {
    let Some(version) = unit::parse_version(&place.juju_version) else {
        let version = &place.juju_version;
        return Err(vec![format!("{version:?} is not a version of Juju: write it as 3.6.8")]);
    };
    let scene = Scene { state, event, meta, place, version };
    let mut wrong = Vec::new();
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
        check(&scene, &mut wrong);
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
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
fn repeated<T: PartialEq>(items: &[T]) -> impl Iterator<Item = &T> {
    items.iter().enumerate().filter(|(index, item)| items[..*index].contains(item)).map(|(_, item)| item)
}
