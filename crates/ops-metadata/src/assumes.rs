//! What a charm requires from Juju.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{MetadataError, node::Node};

/// How many of the features are required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssumesCondition {
    /// All of them.
    #[default]
    AllOf,
    /// At least one of them.
    AnyOf,
}

impl fmt::Display for AssumesCondition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AllOf => "all-of",
            Self::AnyOf => "any-of",
        })
    }
}

/// A feature that a charm requires, or a group of features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// A feature, perhaps with a version: `k8s-api`, `juju >= 3.6`.
    Name(String),
    /// A group.
    Group(Assumes),
}

/// The features that a charm requires from Juju.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Assumes {
    /// How many of them are required.
    pub condition: AssumesCondition,
    /// The features.
    pub features: Vec<Feature>,
}

impl Assumes {
    pub(crate) fn read(node: &Node<'_>, condition: AssumesCondition) -> Result<Self, MetadataError> {
        let mut features = vec![];
        for item in node.items()? {
            if let Some(name) = item.value().as_str() {
                check_feature(name).map_err(|error| item.invalid(error.to_string()))?;
                features.push(Feature::Name(name.to_owned()));
                continue;
            }
            if !item.value().is_object() {
                return Err(item.expected("a feature's name, or a group of features"));
            }
            for group in item.entries()? {
                let condition = match group.key() {
                    "all-of" => AssumesCondition::AllOf,
                    "any-of" => AssumesCondition::AnyOf,
                    _ => return Err(group.invalid("a group of features is `all-of` or `any-of`")),
                };
                features.push(Feature::Group(Self::read(&group, condition)?));
            }
        }
        Ok(Self { condition, features })
    }
}

/// A feature that Juju cannot read.
#[derive(Debug, thiserror::Error)]
enum FeatureError<'a> {
    #[error("malformed feature expression {0:?}")]
    Expression(&'a str),
    #[error("malformed feature expression {expression:?}: invalid version {version:?}")]
    Version { expression: &'a str, version: &'a str },
}

/// Check a feature as Juju does. Juju 4.0: domain/deployment/charm/assumes/parser.go, which Juju 3.6 has in a library.
fn check_feature(expression: &str) -> Result<(), FeatureError<'_>> {
    let expression = expression.trim();
    let malformed = Err(FeatureError::Expression(expression));
    let (name, constraint) = match expression.find(['>', '<']) {
        Some(at) => (&expression[..at], Some(&expression[at..])),
        None => (expression, None),
    };
    if !is_feature(name.trim_end()) {
        return malformed;
    }
    let Some(constraint) = constraint else { return Ok(()) };
    let Some(version) = constraint.strip_prefix(">=").or_else(|| constraint.strip_prefix('<')) else {
        return malformed;
    };
    let version = version.trim_start();
    if version.is_empty() || version.contains(char::is_whitespace) {
        return malformed;
    }
    if is_version(version) { Ok(()) } else { Err(FeatureError::Version { expression, version }) }
}

/// Two characters or more: lower-case letters, digits and hyphens, with a letter first and no hyphen last.
fn is_feature(name: &str) -> bool {
    let is_plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let (Some(first), Some(last)) = (name.bytes().next(), name.bytes().last()) else { return false };
    name.len() > 1 && first.is_ascii_lowercase() && is_plain(last) && name.bytes().all(|c| is_plain(c) || c == b'-')
}

/// `1`, `1.2`, `1.2.3`, `1.2.3.4`, `1.2-alpha`, `1.2-alpha3` or `1.2-alpha3.4`.
fn is_version(text: &str) -> bool {
    let is_number = |part: &str| (1..=9).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit());
    let (numbers, tag) = match text.split_once('-') {
        Some((numbers, tag)) => (numbers, Some(tag)),
        None => (text, None),
    };
    let count = numbers.split('.').count();
    if !numbers.split('.').all(is_number) {
        return false;
    }
    let Some(tag) = tag else { return count <= 4 };
    let (tag, build) = match tag.split_once('.') {
        Some((tag, build)) => (tag, Some(build)),
        None => (tag, None),
    };
    let patch = tag.trim_start_matches(|c: char| c.is_ascii_lowercase());
    count == 2 && patch.len() < tag.len() && (patch.is_empty() || is_number(patch)) && build.is_none_or(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_read_as_juju_reads_them() {
        for good in
            ["juju", "k8s-api", "juju >= 3.6", "juju>=4", "juju < 4.0.1", "juju >= 3.1-beta2.1", " juju >= 1.2.3.4 "]
        {
            assert!(check_feature(good).is_ok(), "{good}");
        }
        for (bad, reason) in [
            ("j", r#"malformed feature expression "j""#),
            ("Juju", r#"malformed feature expression "Juju""#),
            ("juju-", r#"malformed feature expression "juju-""#),
            ("juju > 4", r#"malformed feature expression "juju > 4""#),
            ("juju >= ", r#"malformed feature expression "juju >=""#),
            ("juju >= 3 6", r#"malformed feature expression "juju >= 3 6""#),
            ("juju == 4", r#"malformed feature expression "juju == 4""#),
            ("juju >= word", r#"malformed feature expression "juju >= word": invalid version "word""#),
            ("juju >= 4.", r#"malformed feature expression "juju >= 4.": invalid version "4.""#),
            ("juju >= 1-beta", r#"malformed feature expression "juju >= 1-beta": invalid version "1-beta""#),
        ] {
            assert_eq!(check_feature(bad).unwrap_err().to_string(), reason);
        }
    }
}
