//! Values printed in the format that was asked for.

use serde::Serialize;

use super::{Document, Smart, Tabular, json, shape, yaml};

/// A document in the format that was asked for.
#[must_use]
pub fn document(value: &(impl Serialize + ?Sized), format: Document) -> String {
    match format {
        Document::Yaml => yaml(value),
        Document::Json => json(value),
    }
}

/// A value in the format that was asked for; text is bare in the smart one.
#[must_use]
pub fn smart(value: &(impl Serialize + ?Sized), format: Smart) -> String {
    match format {
        Smart::Json => json(value),
        Smart::Yaml => yaml(value),
        Smart::Smart => shape::bare(value),
    }
}

/// A table, or the document behind it.
#[must_use]
pub fn table_or(value: &impl Serialize, format: Tabular, table: impl FnOnce() -> String) -> String {
    match format {
        Tabular::Tabular => table(),
        Tabular::Json => json(value),
        Tabular::Yaml => yaml(value),
    }
}

/// A value under the name that JSON has for it, or under the one that YAML has: of two fields of a structure, the one that
/// the format prints. A table, which shows neither, has the first.
pub fn named<T>(value: T, format: impl Into<Tabular>) -> (Option<T>, Option<T>) {
    match format.into() {
        Tabular::Yaml => (None, Some(value)),
        Tabular::Tabular | Tabular::Json => (Some(value), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smart_output_is_bare() {
        assert_eq!(smart("text", Smart::Smart), "text\n");
        assert_eq!(smart("true", Smart::Yaml), "\"true\"\n");
        assert_eq!(smart(&true, Smart::Smart), "True\n");
        assert_eq!(smart(&3, Smart::Smart), "3\n");
        assert_eq!(smart("", Smart::Smart), "");
        assert_eq!(smart("text", Smart::Json), "\"text\"\n");
    }
}
