//! Values printed in the format that was asked for.

use serde::{Serialize, Serializer};

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

/// A point in time, which JSON has as text and YAML bare: `2026-11-22T08:15:01Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub jiff::Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        shape::time(self.0, serializer)
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

    #[test]
    fn a_point_in_time_is_bare_in_yaml() {
        let instant = Instant("2026-11-22T08:15:01Z".parse().expect("a time"));
        assert_eq!(yaml(&[instant]), "- 2026-11-22T08:15:01Z\n");
        assert_eq!(json(&[instant]), "[\"2026-11-22T08:15:01Z\"]\n");
    }
}
