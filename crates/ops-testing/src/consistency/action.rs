//! Actions.

use ops::EventName;
use serde_json::Value;

use super::{Scene, listed};
use crate::context::Subject;

pub(super) fn check(scene: &Scene<'_>, wrong: &mut Vec<String>) {
    let (EventName::Action(name), Subject::Action { params }) = (&scene.event.name, &scene.event.subject) else {
        return;
    };
    let Some(action) = scene.meta.actions.get(name) else {
        wrong.push(format!("the metadata defines no action {name:?}: {}", listed(scene.meta.actions.keys())));
        return;
    };
    for (param, value) in params {
        match action.parameters.get(param) {
            None if action.additional_properties != Some(false) => {}
            None => wrong.push(format!(
                "action {name} has no parameter {param:?}: {}, and sets `additionalProperties: false`",
                listed(action.parameters.keys())
            )),
            Some(schema) => {
                if let Some(expected) = schema.get("type").and_then(Value::as_str)
                    && !is_of_type(value, expected)
                {
                    wrong.push(format!("parameter {param:?} of action {name} is of type {expected}: {value} is not"));
                }
            }
        }
    }
    for param in &action.required {
        let has_default = action.parameters.get(param).is_some_and(|schema| schema.get("default").is_some());
        if !params.contains_key(param) && !has_default {
            wrong.push(format!("action {name} needs the parameter {param:?}: add param({param:?}, …) to the event"));
        }
    }
}

/// Whether `value` is of a type of JSON schema's. Types that are not known fit.
fn is_of_type(value: &Value, expected: &str) -> bool {
    match expected {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        // As JSON schema has it, and so Juju: 1.0 is an integer.
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}
