//! Translates schemas and documents to what Juju's JSON schema library understands.
//!
//! The library implements draft 4 with its own rules. It knows the keywords below and ignores all others, including
//! `format`. Lists may be empty where the draft requires an item. All numbers are floats, as in Go's JSON, and a float
//! without a fraction is an integer.

use serde_json::{Map, Number, Value};

/// Our name for `items` with a list of schemas. Which of these schemas apply depends on the number of items.
pub(super) const TUPLE_ITEMS: &str = "tupleItems";

/// The largest integer up to which every integer has an exact float: 2⁵³ − 1.
pub(super) const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// The schema in draft 4, without what Juju ignores.
pub(super) fn normalize(schema: &Value) -> Value {
    let Value::Object(schema) = schema else { return schema.clone() };
    let mut normalized = Map::new();
    for (keyword, value) in schema {
        if let Some(value) = keyword_value(keyword, value) {
            normalized.insert(keyword.clone(), value);
        }
    }
    if normalized.get("items").is_some_and(Value::is_array) {
        let keywords = ["items", "additionalItems"].into_iter();
        let items: Map<String, Value> = keywords.filter_map(|keyword| normalized.remove_entry(keyword)).collect();
        normalized.insert(TUPLE_ITEMS.to_owned(), items.into());
    }
    Value::Object(normalized)
}

fn keyword_value(keyword: &str, value: &Value) -> Option<Value> {
    match (keyword, value) {
        ("type", Value::Array(types)) => unique_items(types.iter().filter(|name| is_type(name)).cloned()),
        ("enum" | "required", Value::Array(items)) => unique_items(items.iter().map(normalize_numbers)),
        ("anyOf" | "oneOf" | "allOf" | "items", Value::Array(schemas)) => unique_items(schemas.iter().map(normalize)),
        ("items" | "additionalItems" | "additionalProperties" | "not", Value::Object(_)) => Some(normalize(value)),
        ("properties" | "patternProperties", Value::Object(schemas)) => {
            Some(map_values(schemas, |schema| Some(normalize(schema))))
        }
        ("dependencies", Value::Object(dependencies)) => {
            Some(map_values(dependencies, |dependency| match dependency {
                Value::Array(names) => unique_items(names.iter().cloned()),
                schema => Some(normalize(schema)),
            }))
        }
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
        ) => Some(normalize_numbers(value)),
        _ => None,
    }
}

fn map_values(entries: &Map<String, Value>, convert: impl Fn(&Value) -> Option<Value>) -> Value {
    entries.iter().filter_map(|(name, value)| Some((name.clone(), convert(value)?))).collect::<Map<_, _>>().into()
}

/// The unique items, or `None` if there are none.
fn unique_items(items: impl Iterator<Item = Value>) -> Option<Value> {
    let mut unique: Vec<Value> = Vec::new();
    for item in items {
        if !unique.contains(&item) || item.is_object() {
            unique.push(item);
        }
    }
    (!unique.is_empty()).then_some(Value::Array(unique))
}

fn is_type(name: &Value) -> bool {
    matches!(name.as_str(), Some("array" | "boolean" | "integer" | "number" | "null" | "object" | "string"))
}

/// A document after Go has parsed it from JSON: numbers are floats, and those without a fraction are integers.
pub(super) fn normalize_numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) => as_float(number).map_or_else(|| value.clone(), Value::Number),
        Value::Array(items) => items.iter().map(normalize_numbers).collect(),
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), normalize_numbers(value))).collect::<Map<_, _>>().into()
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

/// The schema in draft 4 for a list of this length. `items` is the value of [`TUPLE_ITEMS`].
pub(super) fn tuple_schema(items: &Value, length: usize) -> Value {
    let schemas = items["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut schema = Map::new();
    match length.cmp(&schemas.len()) {
        std::cmp::Ordering::Less => {}
        std::cmp::Ordering::Equal => {
            schema.insert("items".to_owned(), schemas.into());
        }
        std::cmp::Ordering::Greater => {
            schema.insert("items".to_owned(), vec![Value::Object(Map::new()); schemas.len()].into());
            if let Some(additional) = items.get("additionalItems") {
                schema.insert("additionalItems".to_owned(), additional.clone());
            }
        }
    }
    schema.into()
}
