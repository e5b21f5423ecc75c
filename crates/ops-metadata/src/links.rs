//! Links to more information about a charm.

use serde::{Deserialize, Serialize};

use crate::{MetadataError, node::Node};

/// Links to more information about a charm.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MetadataLinks {
    /// The project's websites.
    pub websites: Vec<String>,
    /// The source code.
    pub sources: Vec<String>,
    /// Where to report bugs.
    pub issues: Vec<String>,
    /// Its documentation.
    pub documentation: Option<String>,
}

impl MetadataLinks {
    /// Read `links` of `charmcraft.yaml`, or the same links in `metadata.yaml`, where each has its own key.
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
