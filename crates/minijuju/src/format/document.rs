//! Prints values in the requested format.

use serde::Serialize;

use super::{Document, Smart, Tabular, json, shape, yaml};

/// A document in the requested format.
#[must_use]
pub fn document(value: &(impl Serialize + ?Sized), format: Document) -> String {
    match format {
        Document::Yaml => yaml(value),
        Document::Json => json(value),
    }
}

/// A value in the requested format. The smart format prints strings without quotes.
#[must_use]
pub fn smart(value: &(impl Serialize + ?Sized), format: Smart) -> String {
    match format {
        Smart::Json => json(value),
        Smart::Yaml => yaml(value),
        Smart::Smart => shape::smart_text(value),
    }
}

/// A table, or the same data as JSON or YAML.
#[must_use]
pub fn table_or(value: &impl Serialize, format: Tabular, table: impl FnOnce() -> String) -> String {
    match format {
        Tabular::Tabular => table(),
        Tabular::Json => json(value),
        Tabular::Yaml => yaml(value),
    }
}

/// Put a value into one of two fields of a structure that differ only in their names in JSON and in YAML. A table
/// prints neither; it gets the first.
pub fn json_or_yaml_field<T>(value: T, format: impl Into<Tabular>) -> (Option<T>, Option<T>) {
    match format.into() {
        Tabular::Yaml => (None, Some(value)),
        Tabular::Tabular | Tabular::Json => (Some(value), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smart_output_has_no_quotes() {
        assert_eq!(smart("text", Smart::Smart), "text\n");
        assert_eq!(smart("true", Smart::Yaml), "\"true\"\n");
        assert_eq!(smart(&true, Smart::Smart), "True\n");
        assert_eq!(smart(&3, Smart::Smart), "3\n");
        assert_eq!(smart("", Smart::Smart), "");
        assert_eq!(smart("text", Smart::Json), "\"text\"\n");
    }
}
