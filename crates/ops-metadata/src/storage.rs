//! A charm's storage.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{MetadataError, juju_name, node::Node};

/// The type of a storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum StorageType {
    /// A mounted file system.
    Filesystem,
    /// A block device.
    Block,
}

impl fmt::Display for StorageType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Filesystem => "filesystem",
            Self::Block => "block",
        })
    }
}

/// A storage in the metadata.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StorageMeta {
    /// The storage's name.
    pub name: String,
    /// Its type.
    pub storage_type: StorageType,
    /// Its description; empty if not given.
    pub description: String,
    /// Whether all units of the application share it.
    pub shared: bool,
    /// Whether it is mounted read-only, if possible.
    pub read_only: bool,
    /// The minimum and maximum number of instances per unit; a missing maximum means unlimited. `None` if the metadata
    /// gives no range, which means exactly one.
    pub multiple_range: Option<(u32, Option<u32>)>,
    /// The minimum size that the charm needs, in MiB.
    pub minimum_size: Option<u64>,
    /// The mount point. With several instances, the folder of the mount points.
    pub location: Option<String>,
    /// Additional properties. Juju knows only `transient`.
    pub properties: Vec<String>,
}

impl StorageMeta {
    /// The minimum and maximum number of instances per unit; a missing maximum means unlimited.
    #[must_use]
    pub fn count(&self) -> (u32, Option<u32>) {
        self.multiple_range.unwrap_or((1, Some(1)))
    }

    pub(crate) fn read(node: &Node<'_>) -> Result<Self, MetadataError> {
        let name = node.key().to_owned();
        if !juju_name::is_charm_name(&name) {
            return Err(node.invalid(
                "a storage's name is lower-case letters and digits, with single dashes between, begins with a letter, \
                 and has no part that is only digits",
            ));
        }
        node.map()?;
        let kind = node.require("type")?;
        let storage_type = match kind.value().as_str() {
            Some("filesystem") => StorageType::Filesystem,
            Some("block") => StorageType::Block,
            _ => return Err(kind.expected("`filesystem` or `block`")),
        };
        if storage_type == StorageType::Block
            && let Some(location) = node.get("location")
        {
            return Err(location.invalid("only storage of type `filesystem` has a location"));
        }
        let multiple_range = match node.get("multiple") {
            None => None,
            Some(multiple) => multiple.get("range").map(|range| read_range(&range)).transpose()?,
        };
        let properties = node.strings_at("properties")?;
        if let (Some(unknown), Some(place)) = (properties.iter().find(|p| *p != "transient"), node.get("properties")) {
            return Err(place.invalid(format!("Juju knows the property `transient`, not {unknown:?}")));
        }
        Ok(Self {
            name,
            storage_type,
            description: node.string_at("description")?.unwrap_or_default(),
            shared: node.boolean_at("shared")?,
            read_only: node.boolean_at("read-only")?,
            multiple_range,
            minimum_size: node.get("minimum-size").map(|size| read_size(&size)).transpose()?,
            location: node.string_at("location")?,
            properties,
        })
    }
}

/// Parse `3`, `2-5`, `2-` or `2+`.
fn read_range(node: &Node<'_>) -> Result<(u32, Option<u32>), MetadataError> {
    let invalid = || node.expected("a number of instances such as 3, 2-5 or 2+");
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse::<u32>().ok()).flatten().ok_or_else(invalid)
    };
    let (from, to) = match node.value() {
        Value::Number(count) => {
            let count = count.as_u64().and_then(|count| u32::try_from(count).ok()).ok_or_else(invalid)?;
            (count, Some(count))
        }
        Value::String(text) => match text.split_once(['-', '+']) {
            None => {
                let count = number(text)?;
                (count, Some(count))
            }
            Some((from, "")) => (number(from)?, None),
            Some((from, to)) if !text.contains('+') => (number(from)?, Some(number(to)?)),
            Some(_) => return Err(invalid()),
        },
        _ => return Err(invalid()),
    };
    match to {
        Some(0) => Err(node.invalid("a storage needs at least one instance")),
        Some(to) if to < from => Err(node.invalid(format!("the range ends ({to}) before it begins ({from})"))),
        _ => Ok((from, to)),
    }
}

/// Parse a size such as `512M` or `1.5GiB`, in MiB, rounded up.
fn read_size(node: &Node<'_>) -> Result<u64, MetadataError> {
    const EXAMPLES: &str = r#"a size in a string, such as "512M" or "1.5G""#;
    let text = node.value().as_str().ok_or_else(|| node.expected(EXAMPLES))?;
    let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let suffix = suffix.strip_suffix("iB").or_else(|| suffix.strip_suffix('B')).unwrap_or(suffix);
    let power = match suffix {
        "M" => 0,
        "" if end == text.len() => 0,
        _ => match "MGTPEZY".find(suffix) {
            Some(power) if suffix.len() == 1 => i32::try_from(power).unwrap_or_default(),
            _ => return Err(node.expected(EXAMPLES)),
        },
    };
    let size: f64 = number.parse().map_err(|_| node.expected(EXAMPLES))?;
    let mib = (size * 1024_f64.powi(power)).ceil();
    // Never negative, because a sign is not a digit. A larger value than fits becomes u64's maximum.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok(mib as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn range(value: &Value) -> Result<(u32, Option<u32>), MetadataError> {
        read_range(&Node::root("metadata.yaml", value))
    }

    #[test]
    fn ranges_are_read_as_juju_reads_them() {
        assert_eq!(range(&json!(3)).unwrap(), (3, Some(3)));
        assert_eq!(range(&json!("3")).unwrap(), (3, Some(3)));
        assert_eq!(range(&json!("0-5")).unwrap(), (0, Some(5)));
        assert_eq!(range(&json!("2-")).unwrap(), (2, None));
        assert_eq!(range(&json!("2+")).unwrap(), (2, None));
    }

    #[test]
    fn invalid_ranges_are_refused() {
        for value in [json!(0), json!(-1), json!("0"), json!("5-2"), json!("+"), json!("-2"), json!("2+3"), json!("a")]
        {
            assert!(range(&value).is_err(), "{value}");
        }
        assert_eq!(
            range(&json!("5-2")).unwrap_err().to_string(),
            "metadata.yaml: the range ends (2) before it begins (5)"
        );
    }

    #[test]
    fn sizes_are_read_as_juju_reads_them() {
        for (text, mib) in [("10", 10), ("512M", 512), ("1G", 1024), ("1.5GB", 1536), ("1TiB", 1 << 20), ("0.1M", 1)] {
            assert_eq!(read_size(&Node::root("x", &json!(text))).unwrap(), mib, "{text}");
        }
        for value in [json!("1K"), json!("1GG"), json!("G"), json!("-1G"), json!("1 G"), json!(""), json!(1024)] {
            assert!(read_size(&Node::root("x", &value)).is_err(), "{value}");
        }
    }
}
