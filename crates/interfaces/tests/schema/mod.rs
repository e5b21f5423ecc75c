//! Checks databags against the published schemas of interfaces.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The errors of a databag; empty if it fits the schema `NAME-vN side bag`, such as `ingress-v2 requirer app`.
///
/// JSON in a value has `contentSchema`, which validators ignore. It is checked here.
pub fn errors(schema: &str, databag: &BTreeMap<String, String>) -> Vec<String> {
    let [name, side, bag] = schema.split(' ').collect::<Vec<_>>()[..] else { panic!("{schema}") };
    let path = format!("{}/tests/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let all: Value = serde_json::from_str(&text).unwrap();
    let schema = &all[side][bag];
    assert!(schema.is_object(), "{path} has no {side} {bag}");
    let as_json = databag.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect::<Map<_, _>>();
    let mut errors = validation_errors(schema, &as_json.into(), "");
    for (key, text) in databag {
        let Some(content) = schema["properties"][key].get("contentSchema") else { continue };
        match serde_json::from_str(text) {
            Ok(value) => errors.extend(validation_errors(content, &value, key)),
            Err(error) => errors.push(format!("{key}: no JSON: {error}")),
        }
    }
    errors
}

fn validation_errors(schema: &Value, value: &Value, key: &str) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator.iter_errors(value).map(|error| format!("{key}{}: {error}", error.instance_path())).collect()
}

/// Check that a databag fits the schema, and that the schema is effective: without any one of the required keys, it
/// must not fit.
pub fn check(schema: &str, databag: &BTreeMap<String, String>, required: &[&str]) {
    assert_eq!(errors(schema, databag), [""; 0], "{schema}: {databag:?}");
    for key in required {
        let mut databag = databag.clone();
        assert!(databag.remove(*key).is_some(), "{schema}: there is no {key} in {databag:?}");
        assert_ne!(errors(schema, &databag), [""; 0], "{schema} without {key}");
    }
}
