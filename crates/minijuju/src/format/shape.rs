//! Differences between JSON and YAML in Juju's output.

use emulator::format::{self, Value};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// One line of JSON, as Go writes it.
///
/// # Panics
/// If a map has keys that are not strings; the structures here have none.
#[must_use]
pub fn json(value: &(impl Serialize + ?Sized)) -> String {
    format::json::print(&to_value(value)) + "\n"
}

/// A YAML document, as Juju's library writes it.
///
/// # Panics
/// If a map has keys that are not strings; the structures here have none.
#[must_use]
pub fn yaml(value: &(impl Serialize + ?Sized)) -> String {
    format::yaml::print(&omit_zeros(to_value(value)))
}

/// A value in the smart format: strings without quotes, the rest as YAML.
pub fn smart_text(value: &(impl Serialize + ?Sized)) -> String {
    format::smart::print(&omit_zeros(to_value(value)))
}

/// Serialize a structure that YAML prints as `{}` if all its fields are omitted.
#[allow(clippy::ref_option, reason = "serde hands over a reference to the field")]
pub fn serialize_even_if_empty<T: Serialize + Default + PartialEq, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if value.as_ref() == Some(&T::default()) {
        return serializer.serialize_map(Some(0))?.end();
    }
    value.serialize(serializer)
}

fn to_value(value: &(impl Serialize + ?Sized)) -> Value {
    format::to_value(value).expect("output structures have text for keys")
}

/// With `omitempty`, as on most of Juju's fields, yaml.v2 also omits structures whose fields are all zero.
fn omit_zeros(value: Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.into_iter().map(omit_zeros).collect()),
        Value::Map(entries) => Value::Map(entries.into_iter().map(|(key, value)| (key, omit_zeros(value))).collect()),
        Value::Fields(entries) => {
            let shown = entries.into_iter().filter(|(_, value)| !matches!(value, Value::Fields(_)) || !is_zero(value));
            Value::Fields(shown.map(|(name, value)| (name, omit_zeros(value))).collect())
        }
        other => other,
    }
}

/// Whether yaml.v2 treats a value as zero.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::NilLines | Value::Bool(false) | Value::Int(0) | Value::Unsigned(0) => true,
        Value::Float(number) => *number == 0.0,
        Value::Text(text) => text.is_empty(),
        Value::Binary(bytes) => bytes.is_empty(),
        Value::Lines(lines) => lines.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Fields(entries) => entries.iter().all(|(_, value)| is_zero(value)),
        Value::Bool(true) | Value::Int(_) | Value::Unsigned(_) | Value::Time(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::*;

    #[derive(Default, PartialEq, Serialize)]
    struct Nothing {}

    #[derive(Serialize)]
    struct Inner {
        inner: i32,
    }

    #[derive(Serialize)]
    struct Demo {
        zebra: i32,
        nothing: Nothing,
        #[serde(serialize_with = "serialize_even_if_empty")]
        empty_but_shown: Option<Nothing>,
        zero: Inner,
        inner: Inner,
        map: serde_json::Value,
    }

    #[test]
    fn yaml_omits_structures_of_zeros() {
        let demo = Demo {
            zebra: 0,
            nothing: Nothing {},
            empty_but_shown: Some(Nothing {}),
            zero: Inner { inner: 0 },
            inner: Inner { inner: 2 },
            map: serde_json::json!({"u/10": "22.04", "u/2": [null]}),
        };
        assert_eq!(
            json(&demo),
            "{\"zebra\":0,\"nothing\":{},\"empty_but_shown\":{},\"zero\":{\"inner\":0},\"inner\":{\"inner\":2},\
             \"map\":{\"u/10\":\"22.04\",\"u/2\":[null]}}\n"
        );
        assert_eq!(
            yaml(&demo),
            "zebra: 0\nempty_but_shown: {}\ninner:\n  inner: 2\nmap:\n  u/2:\n  - null\n  u/10: \"22.04\"\n"
        );
    }

    #[test]
    fn a_users_values_are_printed_unchanged() {
        for key in ["$time", "Instant", "|", "Value|value"] {
            let databag = BTreeMap::from([(key, "2026-11-22T08:15:01Z")]);
            assert_eq!(json(&databag), format!("{{\"{key}\":\"2026-11-22T08:15:01Z\"}}\n"));
            let read = ops_metadata::parse_yaml(&yaml(&databag)).unwrap();
            assert_eq!(read, serde_json::json!({key: "2026-11-22T08:15:01Z"}));
        }
    }
}
