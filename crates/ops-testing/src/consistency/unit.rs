//! The unit itself.

use super::Scene;
use emulator::name;

pub(super) fn check(scene: &Scene<'_>, wrong: &mut Vec<String>) {
    let place = scene.place;
    if !name::is_application(&place.app_name) {
        wrong.push(format!(
            "{:?} is not a name that Juju gives to an application: it has lower case letters, digits and hyphens, \
             starts with a letter, and no part behind a hyphen is a number",
            place.app_name
        ));
    }
    if let Some(principal) = &place.principal_unit {
        if !scene.meta.subordinate {
            wrong.push(format!(
                "the charm is not a subordinate, so {principal} cannot be its principal unit: set `subordinate: true` \
                 in the metadata, or leave the principal unit out"
            ));
        } else if !name::is_unit(principal) {
            wrong.push(format!("the principal unit {principal:?} is not a unit's name: write it as app/0"));
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
