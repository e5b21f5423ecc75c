//! The messages of Juju's JSON schema library.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use crate::format;

/// A message: what is wrong, where, and the given value.
pub(super) fn with_value(context: &[String], description: &str, value: &Value) -> String {
    format!("{} : {description}, given {}", path(context), json(value))
}

/// The same for a number, which the library prints as text.
fn with_number(context: &[String], description: &str, value: &Value) -> String {
    with_value(context, description, &Value::String(number(value)))
}

fn path(context: &[String]) -> String {
    context.iter().fold("(root)".to_owned(), |path, name| format!("{path}.{name}"))
}

/// The library's messages for one error.
pub(super) fn messages(schema: &Value, error: &ValidationError<'_>, context: &[String]) -> Vec<String> {
    let value: &Value = error.instance();
    let one = |description: String| vec![with_value(context, &description, value)];
    let numeric = |description: String| vec![with_number(context, &description, value)];
    let rule = || schema.pointer(error.schema_path().as_str());
    match error.kind() {
        // The keywords that `validator` adds.
        Kind::Custom { keyword, .. } if keyword == "type" => one(format!("must be of type {}", types(rule()))),
        Kind::Custom { keyword, .. } if keyword == "multipleOf" => {
            numeric(format!("must be a multiple of {}", rule().map(number).unwrap_or_default()))
        }
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            one(if error.schema_path().as_str().ends_with("/dependencies") {
                format!("has a dependency on {name}")
            } else {
                format!("\"{name}\" property is missing and required")
            })
        }
        Kind::AdditionalProperties { unexpected } => {
            let mut names: Vec<&String> = unexpected.iter().collect();
            names.sort_unstable();
            names.iter().map(|name| with_value(context, &not_allowed(name), value)).collect()
        }
        Kind::AdditionalItems { .. } => one("no additional item allowed on array".to_owned()),
        Kind::Enum { options } => {
            let options: Vec<String> = options.as_array().into_iter().flatten().map(json).collect();
            one(format!("must match one of the enum values [{}]", options.join(",")))
        }
        // The library has swapped the messages of the two kinds of bounds.
        Kind::Minimum { limit } => numeric(format!("must be greater than {}", number(limit))),
        Kind::ExclusiveMinimum { limit } => numeric(format!("must be greater than or equal to {}", number(limit))),
        Kind::Maximum { limit } => numeric(format!("must be lower than {}", number(limit))),
        Kind::ExclusiveMaximum { limit } => numeric(format!("must be lower than or equal to {}", number(limit))),
        Kind::MinLength { limit } => one(format!("string length must be greater or equal to {limit}")),
        Kind::MaxLength { limit } => one(format!("string length must be lower or equal to {limit}")),
        Kind::Pattern { pattern } => one(format!("does not match pattern '{pattern}'")),
        Kind::MinItems { limit } => one(format!("array must have at least {limit} items")),
        Kind::MaxItems { limit } => one(format!("array must have at the most {limit} items")),
        Kind::UniqueItems => {
            let message = with_value(context, "array items must be unique", value);
            std::iter::repeat_n(message, count_duplicates(value)).collect()
        }
        Kind::MinProperties { limit } => one(format!("must have at least {limit} properties")),
        Kind::MaxProperties { limit } => one(format!("must have at the most {limit} properties")),
        Kind::AnyOf { .. } => one("must validate at least one schema (anyOf)".to_owned()),
        Kind::OneOfMultipleValid { .. } | Kind::OneOfNotValid { .. } => {
            one("must validate one and only one schema (oneOf)".to_owned())
        }
        Kind::Not { .. } => one("must not validate the schema (not)".to_owned()),
        // Keywords of later drafts, which the schema does not have.
        _ => one(error.to_string()),
    }
}

/// The library's message for an invalid schema whose parts have the right types.
pub(super) fn schema_error(error: &ValidationError<'_>) -> String {
    // The meta-schema finds some invalid expressions, and the regex crate others.
    for path in [error.instance_path().as_str(), error.schema_path().as_str()] {
        let mut names = path.rsplit('/');
        match (names.next(), names.next(), error.instance().as_str()) {
            (Some("patternProperties"), _, Some(pattern)) | (_, Some("patternProperties"), Some(pattern)) => {
                return format!("Invalid regex pattern '{pattern}'");
            }
            (Some("pattern"), ..) => return "pattern must be a valid regex".to_owned(),
            _ => {}
        }
    }
    format!("{error}, at {}", error.instance_path())
}

/// The message for a property that matches a pattern, but not the pattern's schema.
pub(super) fn no_pattern_matches(schema: Option<&Value>, name: &str) -> String {
    if schema.and_then(|schema| schema.get("additionalProperties")) == Some(&Value::Bool(false)) {
        return not_allowed(name);
    }
    let patterns = schema.and_then(|schema| schema.get("patternProperties")).and_then(Value::as_object);
    let patterns: Vec<String> = patterns.into_iter().flatten().map(|(pattern, _)| format!("\"{pattern}\"")).collect();
    match patterns.as_slice() {
        [pattern] => format!("property \"{name}\" does not match pattern {pattern}"),
        patterns => format!("property \"{name}\" does not match pattern [{}]", patterns.join(",")),
    }
}

fn not_allowed(name: &str) -> String {
    format!("additional property \"{name}\" is not allowed")
}

fn types(rule: Option<&Value>) -> String {
    match rule {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            if let [name] = names[..] { name.to_owned() } else { format!("[{}]", names.join(",")) }
        }
        _ => "undefined".to_owned(),
    }
}

/// The number of items that equal an earlier one.
fn count_duplicates(items: &Value) -> usize {
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().enumerate().filter(|(index, item)| items[..*index].contains(item)).count()
}

fn json(value: &Value) -> String {
    format::json::to_string(value).unwrap_or_else(|_| value.to_string())
}

fn number(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_f64() => number.as_f64().map(format::float::yaml).unwrap_or_default(),
        value => value.to_string(),
    }
}
