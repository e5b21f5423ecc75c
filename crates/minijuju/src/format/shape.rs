//! What Juju's structures print differently in JSON and in YAML, said in the names of fields and around values.

use emulator::format::{self, Value, value_of};
use serde::ser::{Serialize, Serializer};

/// The variant around a point in time, which YAML writes bare.
const TIME: &str = "$time";

/// The variant around a structure whose fields all have their zero values, which YAML leaves out of others.
const ZERO: &str = "$zero";

/// The name of a field whose own fields stand in its place.
pub const INLINE: &str = "|";

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notation {
    Json,
    Yaml,
}

/// One line of JSON, as Go writes it.
///
/// A field named `JSON|YAML` has one name in each; without one for YAML, its value stands for the structure there.
///
/// # Panics
/// Where a map has keys that are no text; the structures of this module have none.
#[must_use]
pub fn json(value: &(impl Serialize + ?Sized)) -> String {
    format::json::print(&shape(value, Notation::Json)) + "\n"
}

/// A YAML document, as Juju's library writes it.
///
/// A field named `JSON|YAML` has one name in each; without one for YAML, its value stands for the structure there.
///
/// # Panics
/// Where a map has keys that are no text; the structures of this module have none.
#[must_use]
pub fn yaml(value: &(impl Serialize + ?Sized)) -> String {
    format::yaml::print(&shape(value, Notation::Yaml))
}

/// A value as the smart format prints it: text bare, the rest as YAML.
pub fn bare(value: &(impl Serialize + ?Sized)) -> String {
    format::smart::print(&shape(value, Notation::Yaml))
}

/// Serializes a point in time.
pub fn time<S: Serializer>(time: jiff::Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_variant("Instant", 0, TIME, &time.to_string())
}

/// Serializes a structure whose fields all have their zero values.
pub fn zero<S: Serializer>(value: &impl Serialize, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_variant("Zero", 0, ZERO, value)
}

fn shape(value: &(impl Serialize + ?Sized), notation: Notation) -> Value {
    arrange(value_of(value).expect("output structures have text for keys"), notation)
}

/// What is inside one of the variants above.
fn inside<'a>(value: &'a mut Value, variant: &str) -> Option<&'a mut Value> {
    match value {
        // Only of structures: what a charm or a user wrote is in maps, whatever its keys are.
        Value::Fields(entries) => match entries.as_mut_slice() {
            [(name, value)] if name == variant => Some(value),
            _ => None,
        },
        _ => None,
    }
}

fn arrange(mut value: Value, notation: Notation) -> Value {
    if let Some(Value::Text(text)) = inside(&mut value, TIME) {
        return text.parse().map_or_else(|_| Value::Text(text.clone()), Value::Time);
    }
    if let Some(zero) = inside(&mut value, ZERO) {
        return arrange(std::mem::replace(zero, Value::Null), notation);
    }
    match value {
        Value::List(items) => Value::List(items.into_iter().map(|item| arrange(item, notation)).collect()),
        Value::Map(entries) => {
            Value::Map(entries.into_iter().map(|(key, value)| (key, arrange(value, notation))).collect())
        }
        Value::Fields(entries) => fields(entries, notation),
        other => other,
    }
}

fn fields(entries: Vec<(String, Value)>, notation: Notation) -> Value {
    let mut out = Vec::new();
    for (name, mut value) in entries {
        let (json, yaml) = name.split_once('|').map_or((name.as_str(), None), |(json, yaml)| (json, Some(yaml)));
        if name == INLINE {
            if let Value::Fields(entries) = arrange(value, notation) {
                out.extend(entries);
            }
            continue;
        }
        if notation == Notation::Json {
            out.push((json.to_owned(), arrange(value, notation)));
            continue;
        }
        match yaml {
            Some("") => return arrange(value, notation),
            Some(yaml) => out.push((yaml.to_owned(), arrange(value, notation))),
            // With `omitempty`, as on most of Juju's fields, yaml.v2 also leaves out structures whose fields are all zero.
            None if value == Value::Fields(Vec::new()) || inside(&mut value, ZERO).is_some() => {}
            None => out.push((name, arrange(value, notation))),
        }
    }
    Value::Fields(out)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Nothing {}

    struct Zero;

    impl Serialize for Zero {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            zero(&Inner { inner: 0 }, serializer)
        }
    }

    #[derive(Serialize)]
    struct Inner {
        inner: i32,
    }

    #[derive(Serialize)]
    struct Demo {
        zebra: i32,
        #[serde(rename = "Value|value")]
        value: bool,
        nothing: Nothing,
        #[serde(rename = "kept|kept")]
        kept: Nothing,
        zero: Zero,
        #[serde(rename = "|")]
        inline: Inner,
        map: serde_json::Value,
    }

    #[test]
    fn each_notation_has_its_names_and_leaves_out_what_it_does() {
        let demo = Demo {
            zebra: 1,
            value: true,
            nothing: Nothing {},
            kept: Nothing {},
            zero: Zero,
            inline: Inner { inner: 2 },
            map: serde_json::json!({"u/10": "22.04", "u/2": [null]}),
        };
        assert_eq!(
            json(&demo),
            "{\"zebra\":1,\"Value\":true,\"nothing\":{},\"kept\":{},\"zero\":{\"inner\":0},\"inner\":2,\
             \"map\":{\"u/10\":\"22.04\",\"u/2\":[null]}}\n"
        );
        assert_eq!(
            yaml(&demo),
            "zebra: 1\nvalue: true\nkept: {}\ninner: 2\nmap:\n  u/2:\n  - null\n  u/10: \"22.04\"\n"
        );
    }

    #[test]
    fn a_value_can_stand_for_its_structure() {
        #[derive(Serialize)]
        struct Content {
            #[serde(rename = "Data|")]
            data: Vec<i32>,
        }
        assert_eq!(json(&Content { data: vec![1] }), "{\"Data\":[1]}\n");
        assert_eq!(yaml(&Content { data: vec![1] }), "- 1\n");
    }

    #[test]
    fn what_a_user_wrote_is_printed_as_it_is_whatever_its_keys() {
        for key in [TIME, ZERO, INLINE, "Value|value", "Data|"] {
            let databag = BTreeMap::from([(key, "2026-11-22T08:15:01Z")]);
            assert_eq!(json(&databag), format!("{{\"{key}\":\"2026-11-22T08:15:01Z\"}}\n"));
            let read = ops_metadata::parse_yaml(&yaml(&databag)).unwrap();
            assert_eq!(read, serde_json::json!({key: "2026-11-22T08:15:01Z"}));
        }
    }
}
