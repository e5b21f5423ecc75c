//! The unit itself.

use super::Scenario;
use emulator::name;

pub(super) fn check(scenario: &Scenario<'_>, problems: &mut Vec<String>) {
    let unit = scenario.unit;
    if !name::is_application(&unit.app_name) {
        problems.push(format!(
            "{:?} is not a name that Juju gives to an application: it has lower case letters, digits and hyphens, \
             starts with a letter, and no part behind a hyphen is a number",
            unit.app_name
        ));
    }
    if let Some(principal) = &unit.principal_unit {
        if !scenario.meta.subordinate {
            problems.push(format!(
                "the charm is not a subordinate, so {principal} cannot be its principal unit: set `subordinate: true` \
                 in the metadata, or leave the principal unit out"
            ));
        } else if !name::is_unit(principal) {
            problems.push(format!("the principal unit {principal:?} is not a unit's name: write it as app/0"));
        }
    }
}

/// Major, minor and patch. A suffix, as in `3.7-beta1`, is ignored.
pub(super) fn parse_version(version: &str) -> Option<(u32, u32, u32)> {
    let mut parts = version.split(['.', '-']);
    let (major, minor) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let patch = parts.next().map_or("", |patch| patch.trim_start_matches(|c: char| c.is_ascii_alphabetic()));
    Some((major, minor, if patch.is_empty() { 0 } else { patch.parse().ok()? }))
}
