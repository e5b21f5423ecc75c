//! Translates schemas and documents to what Juju's JSON schema library understands.
//!
//! The library implements draft 4 with its own rules. It knows the keywords below and ignores all others, including
//! `format`. Lists may be empty where the draft requires an item. All numbers are floats, as in Go's JSON, and a float
//! without a fraction is an integer.

use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Number, Value};

use super::keywords::{self, BY_PLACE};

/// The largest integer up to which every integer has an exact float: 2⁵³ − 1.
pub(super) const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// The schema in draft 4, without what Juju ignores.
pub(super) fn as_juju_reads_it(schema: &Value) -> Value {
    let Value::Object(schema) = schema else { return schema.clone() };
    let mut read = Map::new();
    for (keyword, value) in schema {
        if let Some(value) = keyword_value(keyword, value) {
            read.insert(keyword.clone(), value);
        }
    }
    let by_place = read.get("items").is_some_and(Value::is_array);
    if by_place {
        let taken = ["items", "additionalItems"].into_iter().filter_map(|keyword| read.remove_entry(keyword));
        let items: Map<String, Value> = taken.collect();
        read.insert(BY_PLACE.to_owned(), items.into());
    }
    Value::Object(read)
}

/// The validator for a schema that [`as_juju_reads_it`] returned.
pub(super) fn validator(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    let options = jsonschema::options()
        .with_draft(Draft::Draft4)
        // Go's regular expressions have no look-around.
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(false)
        .offline();
    keywords::with_jujus_own(options).build(schema)
}

fn keyword_value(keyword: &str, value: &Value) -> Option<Value> {
    match (keyword, value) {
        ("type", Value::Array(types)) => some_of(types.iter().filter(|name| is_type(name)).cloned()),
        ("enum" | "required", Value::Array(items)) => some_of(items.iter().map(as_json_of_go)),
        ("anyOf" | "oneOf" | "allOf" | "items", Value::Array(schemas)) => some_of(schemas.iter().map(as_juju_reads_it)),
        ("items" | "additionalItems" | "additionalProperties" | "not", Value::Object(_)) => {
            Some(as_juju_reads_it(value))
        }
        ("properties" | "patternProperties", Value::Object(schemas)) => {
            Some(each(schemas, |it| Some(as_juju_reads_it(it))))
        }
        ("dependencies", Value::Object(all)) => Some(each(all, |one| match one {
            Value::Array(names) => some_of(names.iter().cloned()),
            schema => Some(as_juju_reads_it(schema)),
        })),
        (
            "type"
            | "required"
            | "enum"
            | "items"
            | "additionalItems"
            | "additionalProperties"
            | "not"
            | "multipleOf"
            | "maximum"
            | "exclusiveMaximum"
            | "minimum"
            | "exclusiveMinimum"
            | "minLength"
            | "maxLength"
            | "pattern"
            | "minProperties"
            | "maxProperties"
            | "minItems"
            | "maxItems"
            | "uniqueItems"
            | "anyOf"
            | "oneOf"
            | "allOf"
            | "properties"
            | "patternProperties"
            | "dependencies",
            value,
        ) => Some(as_json_of_go(value)),
        _ => None,
    }
}

fn each(all: &Map<String, Value>, read: impl Fn(&Value) -> Option<Value>) -> Value {
    all.iter().filter_map(|(name, one)| Some((name.clone(), read(one)?))).collect::<Map<_, _>>().into()
}

/// The unique items, or `None` if there are none.
fn some_of(items: impl Iterator<Item = Value>) -> Option<Value> {
    let mut once: Vec<Value> = Vec::new();
    for item in items {
        if !once.contains(&item) || item.is_object() {
            once.push(item);
        }
    }
    (!once.is_empty()).then_some(Value::Array(once))
}

fn is_type(name: &Value) -> bool {
    matches!(name.as_str(), Some("array" | "boolean" | "integer" | "number" | "null" | "object" | "string"))
}

/// A document after Go has parsed it from JSON: numbers are floats, and those without a fraction are integers.
pub(super) fn as_json_of_go(value: &Value) -> Value {
    match value {
        Value::Number(number) => as_float(number).map_or_else(|| value.clone(), Value::Number),
        Value::Array(items) => items.iter().map(as_json_of_go).collect(),
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), as_json_of_go(value))).collect::<Map<_, _>>().into()
        }
        value => value.clone(),
    }
}

fn as_float(number: &Number) -> Option<Number> {
    let float = number.as_f64()?;
    if float.fract() == 0.0 && float.abs() <= MAX_SAFE_INTEGER {
        // An integer of this size must be formatted exactly.
        return format!("{float:.0}").parse::<i64>().ok().map(Number::from);
    }
    Number::from_f64(float)
}
