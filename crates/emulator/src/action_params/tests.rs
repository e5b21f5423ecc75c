use ops_metadata::ActionMeta;
use serde_json::json;

use super::*;

/// Schemas and parameters, with the results of github.com/juju/gojsonschema v1.0.0, which Juju 3.6 uses.
const ANSWERS: &str = include_str!("answers.jsonl");

fn action(schema: &Value) -> ActionMeta {
    let section = |name: &str| schema[name].as_object().cloned().unwrap_or_default();
    let mut rest = schema.as_object().unwrap().clone();
    for name in ["properties", "required", "additionalProperties"] {
        rest.remove(name);
    }
    let required: Vec<String> = serde_json::from_value(schema["required"].clone()).unwrap_or_default();
    let meta = json!({
        "name": "act",
        "title": "",
        "description": "",
        "parameters": section("properties"),
        "required": required,
        "additional_properties": schema["additionalProperties"].as_bool(),
        "parallel": false,
        "execution_group": "",
        "schema": rest,
    });
    serde_json::from_value(meta).unwrap()
}

#[test]
fn parameters_are_checked_and_completed_as_jujus_json_schema_library_does() {
    let mut count = 0;
    for line in ANSWERS.lines() {
        let answer: Value = serde_json::from_str(line).unwrap();
        // Except for its patterns, a schema is checked when the charm is read.
        let error = answer["error"].as_str();
        let schema_error = error.and_then(|error| error.strip_prefix("schema: "));
        if schema_error.is_some_and(|error| !error.contains("regex")) {
            continue;
        }
        let expected = match (schema_error.or(error), &answer["params"]) {
            (Some(error), _) => Err(error.to_owned()),
            (None, Value::Object(params)) => Ok(params.clone()),
            (None, _) => Ok(Map::new()),
        };
        let found = prepare(&action(&answer["schema"]), answer["given"].as_object().unwrap(), JujuVersion::V3_6);
        assert_eq!(found.map_err(|error| error.to_string()), expected, "{line}");
        count += 1;
    }
    assert!(count > 160, "{count}");
}

#[test]
fn a_pattern_that_go_does_not_understand_is_found_before_the_action_runs() {
    let schema = json!({"properties": {"p": {"pattern": "(?=a)"}}});
    assert_eq!(check_schema(&action(&schema)).unwrap_err().to_string(), "pattern must be a valid regex");
    assert_eq!(check_schema(&action(&json!({"properties": {"p": {"pattern": "^a+$"}}}))), Ok(()));
}

#[test]
fn parameters_keep_their_numbers_as_they_were_given() {
    let schema = json!({"properties": {"p": {"type": "number"}}});
    let given = json!({"p": 1.0, "big": 9_007_199_254_740_993_i64});
    let params = prepare(&action(&schema), given.as_object().unwrap(), JujuVersion::V3_6).unwrap();
    assert_eq!(Value::Object(params).to_string(), r#"{"big":9007199254740993,"p":1.0}"#);
}

#[test]
fn juju_4_refuses_parameters_that_the_charm_does_not_define_unless_it_allows_them() {
    let check = |schema: &Value, version| {
        let checked = prepare(&action(schema), json!({"extra": 1}).as_object().unwrap(), version);
        checked.map(|_| ()).map_err(|error| error.to_string())
    };
    let (closed, open) = (json!({"properties": {}}), json!({"properties": {}, "additionalProperties": true}));
    assert_eq!(check(&closed, JujuVersion::V3_6), Ok(()));
    let refusal = r#"validation failed: (root) : additional property "extra" is not allowed, given {"extra":1}"#;
    assert_eq!(check(&closed, JujuVersion::V4_0), Err(refusal.to_owned()));
    assert_eq!(check(&open, JujuVersion::V4_0), Ok(()));
}
