//! The output of constraints.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::format::{ConstraintsFormat, json, yaml};

/// Constraints and their values, as given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constraints(pub BTreeMap<String, String>);

/// The type of a constraint's value in a document.
enum ValueType {
    Text,
    Number,
    Mebibytes,
    List,
    Bool,
}

/// The constraints in Juju's order in documents.
const DOCUMENT_ORDER: [(&str, ValueType); 15] = [
    ("arch", ValueType::Text),
    ("container", ValueType::Text),
    ("cores", ValueType::Number),
    ("cpu-power", ValueType::Number),
    ("mem", ValueType::Mebibytes),
    ("root-disk", ValueType::Mebibytes),
    ("root-disk-source", ValueType::Text),
    ("tags", ValueType::List),
    ("instance-role", ValueType::Text),
    ("instance-type", ValueType::Text),
    ("spaces", ValueType::List),
    ("virt-type", ValueType::Text),
    ("zones", ValueType::List),
    ("allocate-public-ip", ValueType::Bool),
    ("image-id", ValueType::Text),
];

/// The constraints in Juju's order in a line.
const LINE_ORDER: [&str; 15] = [
    "arch",
    "container",
    "cores",
    "cpu-power",
    "instance-role",
    "instance-type",
    "mem",
    "root-disk",
    "root-disk-source",
    "tags",
    "spaces",
    "virt-type",
    "zones",
    "allocate-public-ip",
    "image-id",
];

/// `8G` to 8192. 0 for an invalid size.
fn mebibytes(text: &str) -> u64 {
    let (digits, factor) = match text.chars().last() {
        Some('M') => (&text[..text.len() - 1], 1.0),
        Some('G') => (&text[..text.len() - 1], 1024.0),
        Some('T') => (&text[..text.len() - 1], 1024.0 * 1024.0),
        Some('P') => (&text[..text.len() - 1], 1024.0 * 1024.0 * 1024.0),
        _ => (text, 1.0),
    };
    let size = digits.parse::<f64>().unwrap_or_default() * factor;
    // Juju rounds up. A size too large for u64 counts as none.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let size = size.ceil().max(0.0) as u64;
    size
}

impl fmt::Display for Constraints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for name in LINE_ORDER {
            let Some(value) = self.0.get(name) else { continue };
            let value = match name {
                "mem" | "root-disk" if mebibytes(value) > 0 => format!("{}M", mebibytes(value)),
                _ => value.replace(' ', "\\ "),
            };
            write!(f, "{separator}{name}={value}")?;
            separator = " ";
        }
        Ok(())
    }
}

impl Serialize for Constraints {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Constraints", self.0.len())?;
        for (name, value_type) in DOCUMENT_ORDER {
            let Some(value) = self.0.get(name) else { continue };
            match value_type {
                ValueType::Text => out.serialize_field(name, value)?,
                ValueType::Number => out.serialize_field(name, &value.parse::<u64>().unwrap_or_default())?,
                ValueType::Mebibytes => out.serialize_field(name, &mebibytes(value))?,
                ValueType::List => {
                    let items: Vec<&str> = value.split(',').filter(|item| !item.is_empty()).collect();
                    out.serialize_field(name, &items)?;
                }
                ValueType::Bool => out.serialize_field(name, &(value == "true"))?,
            }
        }
        out.end()
    }
}

/// `juju constraints` and `juju model-constraints`.
#[must_use]
pub fn constraints(constraints: &Constraints, format: ConstraintsFormat) -> String {
    match format {
        ConstraintsFormat::Constraints => format!("{constraints}\n"),
        ConstraintsFormat::Json => json(constraints),
        ConstraintsFormat::Yaml => yaml(constraints),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_a_line_or_a_document() {
        let pairs = [("mem", "8G"), ("arch", "amd64"), ("tags", "a,b"), ("cores", "4"), ("allocate-public-ip", "true")];
        let given = Constraints(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect());
        assert_eq!(
            constraints(&given, ConstraintsFormat::Constraints),
            "arch=amd64 cores=4 mem=8192M tags=a,b allocate-public-ip=true\n"
        );
        assert_eq!(
            constraints(&given, ConstraintsFormat::Json),
            "{\"arch\":\"amd64\",\"cores\":4,\"mem\":8192,\"tags\":[\"a\",\"b\"],\"allocate-public-ip\":true}\n"
        );
        assert_eq!(constraints(&Constraints::default(), ConstraintsFormat::Json), "{}\n");
    }
}
