//! Checks a charm's `assumes` before a deployment, as Juju does. Juju 3.6: `core/assumes/sat_checker.go`.

use emulator::JujuVersion;
use ops_metadata::{Assumes, AssumesCondition, Feature};

/// Why a charm cannot be deployed to a model of this version of Juju.
#[derive(Debug, thiserror::Error)]
#[error("Charm cannot be deployed because:\n{0}")]
pub struct NotSatisfied(String);

/// Check what a charm assumes.
pub fn check(assumes: &Assumes, juju: JujuVersion) -> Result<(), NotSatisfied> {
    match unsatisfied(assumes, juju) {
        errors if errors.is_empty() => Ok(()),
        errors => Err(NotSatisfied(bullet_list(&errors))),
    }
}

/// The unsatisfied conditions of a group. None for an `any-of` with at least one satisfied condition.
fn unsatisfied(assumes: &Assumes, juju: JujuVersion) -> Vec<String> {
    let checked: Vec<Option<String>> = assumes
        .features
        .iter()
        .map(|feature| match feature {
            Feature::Name(name) => missing(name, juju),
            Feature::Group(group) => {
                let errors = unsatisfied(group, juju);
                let heading = match group.condition {
                    AssumesCondition::AllOf => "charm requires all of the following:",
                    AssumesCondition::AnyOf => "charm requires at least one of the following:",
                };
                (!errors.is_empty()).then(|| format!("{heading}\n{}", bullet_list(&errors)))
            }
        })
        .collect();
    if assumes.condition == AssumesCondition::AnyOf && checked.iter().any(Option::is_none) {
        return Vec::new();
    }
    checked.into_iter().flatten().collect()
}

fn bullet_list(errors: &[String]) -> String {
    let indented = errors.iter().map(|error| {
        let lines: Vec<String> =
            format!("- {}", error.trim_matches('\n')).lines().map(|line| format!("  {line}")).collect();
        lines.join("\n") + "\n"
    });
    indented.collect()
}

/// Why a feature, perhaps with a version (`juju >= 4.0`), is not available.
fn missing(feature: &str, juju: JujuVersion) -> Option<String> {
    let (name, constraint) = match feature.find(['>', '<']) {
        Some(at) => (feature[..at].trim(), Some(&feature[at..])),
        None => (feature.trim(), None),
    };
    match name {
        "juju" => {}
        "k8s-api" => return Some("charm must be deployed on a Kubernetes cloud".to_owned()),
        other => return Some(format!("charm requires feature {other:?} but model does not support it")),
    }
    let constraint = constraint?;
    let (operator, required) = match constraint.strip_prefix(">=") {
        Some(required) => (">=", required),
        None => ("<", constraint.strip_prefix('<')?),
    };
    let required = numbers(required.trim());
    let actual = numbers(&juju.to_string());
    let satisfied = if operator == ">=" { actual >= required } else { actual < required };
    let text = required.map(|number| number.to_string()).join(".");
    (!satisfied).then(|| format!("charm requires Juju version {operator} {text}, model has version {juju}"))
}

/// The three numbers of a version; missing ones are 0.
fn numbers(version: &str) -> [u32; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or_default());
    [(); 3].map(|()| parts.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use ops_metadata::CharmMeta;

    use super::*;

    fn refused(assumes: &str, juju: JujuVersion) -> Option<String> {
        let text = format!("name: a\nsummary: s\ndescription: d\nassumes: {assumes}\n");
        check(&CharmMeta::parse(&text).unwrap().assumes, juju).err().map(|error| error.to_string())
    }

    #[test]
    fn a_charm_is_deployed_to_the_versions_that_it_assumes() {
        for (assumes, old, new) in [
            ("[juju >= 4]", false, true),
            ("[juju >= 3.6]", true, true),
            ("[juju < 4.0]", true, false),
            ("[juju >= 3.1, juju < 4]", true, false),
            ("[juju]", true, true),
            ("[{any-of: [juju >= 4, juju < 4]}]", true, true),
            ("[k8s-api]", false, false),
        ] {
            assert_eq!(refused(assumes, JujuVersion::V3_6).is_none(), old, "{assumes}");
            assert_eq!(refused(assumes, JujuVersion::V4_0).is_none(), new, "{assumes}");
        }
    }

    #[test]
    fn unmet_assumptions_of_a_charm_are_listed() {
        assert_eq!(
            refused("[juju >= 4, k8s-api, {any-of: [juju >= 5, magic]}]", JujuVersion::V3_6).unwrap(),
            "Charm cannot be deployed because:\n  \
             - charm requires Juju version >= 4.0.0, model has version 3.6.12\n  \
             - charm must be deployed on a Kubernetes cloud\n  \
             - charm requires at least one of the following:\n    \
             - charm requires Juju version >= 5.0.0, model has version 3.6.12\n    \
             - charm requires feature \"magic\" but model does not support it\n"
        );
    }
}
