//! Parameters of actions, checked against what the charm says about them.

use std::collections::BTreeMap;

use anyhow::bail;
use ops_metadata::ActionMeta;
use serde_json::{Map, Value};

/// Put a value at a path of keys: `a.b=1`.
pub fn insert(into: &mut Map<String, Value>, keys: &[String], value: Value) {
    match keys {
        [] => {}
        [key] => drop(into.insert(key.clone(), value)),
        [key, rest @ ..] => {
            let below = into.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
            if !below.is_object() {
                *below = Value::Object(Map::new());
            }
            if let Value::Object(below) = below {
                insert(below, rest, value);
            }
        }
    }
}

/// The parameters that an action gets: those given, and the defaults of the others.
pub fn check(action: &ActionMeta, given: &Map<String, Value>) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut params: BTreeMap<String, Value> = given.clone().into_iter().collect();
    for (name, schema) in &action.parameters {
        if let Some(default) = schema.get("default") {
            params.entry(name.clone()).or_insert_with(|| default.clone());
        }
    }
    let mut wrong = Vec::new();
    if action.additional_properties == Some(false) {
        let unknown: Vec<&str> =
            params.keys().filter(|name| !action.parameters.contains_key(*name)).map(String::as_str).collect();
        if !unknown.is_empty() {
            let names: Vec<String> = unknown.iter().map(|name| format!("{name:?}")).collect();
            wrong.push(format!(
                "(root) : additional property {} is not allowed, given {}",
                names.join(", "),
                shown(given)
            ));
        }
    }
    for name in &action.required {
        if !params.contains_key(name) {
            wrong.push(format!("(root) : {name:?} property is missing and required, given {}", shown(given)));
        }
    }
    for (name, value) in &params {
        let Some(schema) = action.parameters.get(name) else { continue };
        if let Some(kind) = schema.get("type").and_then(Value::as_str)
            && !fits(kind, value)
        {
            wrong.push(format!("(root).{name} : must be of type {kind}, given {value}"));
        }
        if let Some(Value::Array(allowed)) = schema.get("enum")
            && !allowed.contains(value)
        {
            let allowed: Vec<String> = allowed.iter().map(Value::to_string).collect();
            wrong.push(format!(
                "(root).{name} : must match one of the enum values [{}], given {value}",
                allowed.join(", ")
            ));
        }
    }
    if !wrong.is_empty() {
        bail!("validation failed: {}", wrong.join("\nvalidation failed: "));
    }
    Ok(params)
}

fn shown(given: &Map<String, Value>) -> String {
    Value::Object(given.clone()).to_string()
}

/// Whether a value is of a JSON schema's type.
fn fits(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

/// A value from text, as typed on a command line: YAML as Juju reads it.
pub fn value(text: &str) -> anyhow::Result<Value> {
    ops_metadata::parse_yaml(text).map_err(|why| anyhow::anyhow!("{text:?}: {why}"))
}

#[cfg(test)]
mod tests {
    use ops_metadata::CharmMeta;
    use serde_json::json;

    use super::*;

    fn check(given: &Value) -> anyhow::Result<BTreeMap<String, Value>> {
        let actions = "
backup:
  params:
    path: {type: string}
    level: {type: integer, default: 3}
    mode: {type: string, enum: [full, part]}
  required: [path]
  additionalProperties: false
";
        let meta = CharmMeta::from_parts("name: a\nsummary: s\ndescription: d\n", None, Some(actions)).unwrap();
        super::check(&meta.actions["backup"], given.as_object().unwrap())
    }

    #[test]
    fn defaults_are_filled_in() {
        assert_eq!(check(&json!({"path": "/x"})).unwrap()["level"], 3);
    }

    #[test]
    fn what_the_schema_forbids_is_refused_in_jujus_words() {
        let refused = |given: Value| check(&given).unwrap_err().to_string();
        assert_eq!(refused(json!({"path": 5})), "validation failed: (root).path : must be of type string, given 5");
        assert!(refused(json!({})).contains(r#""path" property is missing and required"#));
        assert!(refused(json!({"path": "x", "other": 1})).contains(r#"additional property "other" is not allowed"#));
        assert!(refused(json!({"path": "x", "mode": "odd"})).contains("must match one of the enum values"));
    }

    #[test]
    fn dotted_keys_make_maps() {
        let mut map = Map::new();
        insert(&mut map, &["a".to_owned(), "b".to_owned()], json!(1));
        insert(&mut map, &["a".to_owned(), "c".to_owned()], json!(2));
        assert_eq!(Value::Object(map), json!({"a": {"b": 1, "c": 2}}));
    }

    #[test]
    fn arguments_are_yaml_as_juju_reads_it() {
        let actions = "back-up: {params: {b: {type: boolean}, s: {type: string}, i: {type: integer}}}";
        let meta = CharmMeta::from_parts("name: a\nsummary: s\ndescription: d\n", None, Some(actions)).unwrap();
        let action = &meta.actions["back-up"];
        for (argument, parameter) in [
            ("b=no", json!(false)),
            ("b=y", json!(true)),
            ("i=07", json!(7)),
            ("i=1_000", json!(1000)),
            ("s='no'", json!("no")),
        ] {
            let (name, text) = argument.split_once('=').unwrap();
            let given = Map::from_iter([(name.to_owned(), value(text).unwrap())]);
            assert_eq!(super::check(action, &given).unwrap()[name], parameter, "{argument}");
        }
        for (argument, given_as) in [("s=yes", "true"), ("s=0123", "83"), ("s=y", "true")] {
            let (name, text) = argument.split_once('=').unwrap();
            let given = Map::from_iter([(name.to_owned(), value(text).unwrap())]);
            let error = super::check(action, &given).unwrap_err().to_string();
            assert!(
                error.ends_with(&format!("(root).s : must be of type string, given {given_as}")),
                "{argument}: {error}"
            );
        }
    }
}
