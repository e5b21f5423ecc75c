//! Where to learn more about a charm.

use serde::{Deserialize, Serialize};

use crate::{MetadataError, node::Node};

/// Where to learn more about a charm.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MetadataLinks {
    /// The project's pages.
    pub websites: Vec<String>,
    /// Where its sources are.
    pub sources: Vec<String>,
    /// Where to report bugs.
    pub issues: Vec<String>,
    /// Its documentation.
    pub documentation: Option<String>,
}

impl MetadataLinks {
    /// `links` of `charmcraft.yaml`, or the same links as they stand in `metadata.yaml`: each with a key of its own.
    pub(crate) fn read(metadata: &Node<'_>) -> Result<Self, MetadataError> {
        let flat = Self {
            websites: metadata.one_or_more_at("website")?,
            sources: metadata.one_or_more_at("source")?,
            issues: metadata.one_or_more_at("issues")?,
            documentation: metadata.string_at("docs")?,
        };
        let Some(links) = metadata.get("links") else { return Ok(flat) };
        links.map()?;
        let or = |found: Vec<String>, key| if found.is_empty() { links.one_or_more_at(key) } else { Ok(found) };
        Ok(Self {
            websites: or(flat.websites, "website")?,
            sources: or(flat.sources, "source")?,
            issues: or(flat.issues, "issues")?,
            documentation: match flat.documentation {
                None => links.string_at("documentation")?,
                found => found,
            },
        })
    }
}
