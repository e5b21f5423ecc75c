//! Resources: files and images of a charm that can be replaced without a new charm.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{MetadataError, node::Node};

/// The type of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ResourceType {
    /// A file.
    #[default]
    File,
    /// A container image. `resource-get` returns a file with its location.
    OciImage,
}

impl fmt::Display for ResourceType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::File => "file",
            Self::OciImage => "oci-image",
        })
    }
}

/// A resource in the metadata.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResourceMeta {
    /// The resource's name.
    pub name: String,
    /// Its type.
    pub resource_type: ResourceType,
    /// The name of the file on a unit; always set for [`ResourceType::File`].
    pub filename: Option<String>,
    /// Its description; empty if not given.
    pub description: String,
}

impl ResourceMeta {
    pub(crate) fn read(node: &Node<'_>) -> Result<Self, MetadataError> {
        let name = node.key().to_owned();
        if name.is_empty() {
            return Err(node.invalid("a resource needs a name"));
        }
        node.map()?;
        let resource_type = match node.get("type") {
            None => ResourceType::File,
            Some(kind) => match kind.value().as_str() {
                Some("file") => ResourceType::File,
                Some("oci-image") => ResourceType::OciImage,
                _ => return Err(kind.expected("`file` or `oci-image`")),
            },
        };
        let filename = node.string_at("filename")?.filter(|name| !name.is_empty());
        if resource_type == ResourceType::File {
            match &filename {
                None => return Err(node.invalid("a resource of type `file` needs a `filename`")),
                Some(filename) if filename.contains('/') => {
                    return Err(node.invalid(format!("`filename` is a name, not a path: {filename:?}")));
                }
                Some(_) => {}
            }
        }
        Ok(Self { name, resource_type, filename, description: node.string_at("description")?.unwrap_or_default() })
    }
}
