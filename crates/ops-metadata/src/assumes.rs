//! What a charm requires from Juju.

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
