//! Orders and selects validation errors as Juju's JSON schema library does.
//!
//! The library walks schema and document together: first alternatives, then an object's own keywords, then values,
//! then what is below them. For a value of the wrong type it reports only the type. If all alternatives fail, it
//! reports the closest one.

use std::collections::BTreeSet;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use super::schema::{TUPLE_ITEMS, tuple_schema};
use super::{message, validator};

/// The position in the library's walk at which it reports an error: for each keyword on the way, the keyword's rank and
/// the subschema.
type Position = Vec<(u8, Subschema)>;

/// One of a keyword's schemas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subschema {
    Index(usize),
    Name(String),
    /// After all of them.
    End,
}

/// The path of an error through schema and document, keyword by keyword.
struct ErrorPath {
    position: Position,
    /// The names of the document's values, as the library shows them.
    context: Vec<String>,
    /// The `allOf`s and pattern properties on the path, with their position and context.
    enclosing: Vec<(Enclosing, Position, Vec<String>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Enclosing {
    AllOf,
    /// A property of this name that matches a pattern of the schema at this pointer.
    Pattern {
        schema: String,
        name: String,
    },
}

/// The error messages in Juju's order.
pub(super) fn sorted_messages(schema: &Value, document: &Value, errors: &[&ValidationError<'_>]) -> Vec<String> {
    messages_below(schema, "", document, &[], errors)
}

/// The error messages below the schema at the pointer `base`, for the value at the path `value_path` in the document.
fn messages_below(
    schema: &Value,
    base: &str,
    document: &Value,
    value_path: &[String],
    errors: &[&ValidationError<'_>],
) -> Vec<String> {
    let mut found: Vec<(Position, String)> = Vec::new();
    let mut enclosing = BTreeSet::new();
    for error in drop_errors_of_mistyped_values(errors) {
        let path = error_path(error, base, value_path);
        for message in messages(schema, document, value_path, error, &path.context) {
            found.push((path.position.clone(), message));
        }
        enclosing.extend(path.enclosing);
    }
    for (what, position, context) in enclosing {
        let description = match what {
            Enclosing::AllOf => "must validate all the schemas (allOf)".to_owned(),
            Enclosing::Pattern { schema: pointer, name } => {
                message::no_pattern_matches(schema.pointer(&pointer), &name)
            }
        };
        found.push((position, message::with_value(&context, &description, value_at(document, &context))));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(_, message)| message).collect()
}

/// Drop the errors of values that have the wrong type, except the type error itself.
fn drop_errors_of_mistyped_values<'a, 'e>(errors: &[&'a ValidationError<'e>]) -> Vec<&'a ValidationError<'e>> {
    let mistyped: Vec<(String, String)> = errors
        .iter()
        .filter(|error| matches!(error.kind(), Kind::Custom { keyword, .. } if keyword == "type"))
        .map(|error| (parent(error.schema_path().as_str()).to_owned(), error.instance_path().as_str().to_owned()))
        .collect();
    let is_covered = |error: &ValidationError<'_>| {
        mistyped.iter().any(|(schema, instance)| {
            let below = error.schema_path().as_str().strip_prefix(schema).is_some_and(|rest| rest.starts_with('/'));
            below
                && error.schema_path().as_str() != format!("{schema}/type")
                && error.instance_path().as_str() == instance
        })
    };
    errors.iter().copied().filter(|error| !is_covered(error)).collect()
}

fn parent(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The library's messages for an error, including those of the closest alternative.
fn messages(
    schema: &Value,
    document: &Value,
    value_path: &[String],
    error: &ValidationError<'_>,
    context: &[String],
) -> Vec<String> {
    let value: &Value = error.instance();
    if matches!(error.kind(), Kind::Custom { keyword, .. } if keyword == TUPLE_ITEMS) {
        return tuple_messages(schema.pointer(error.schema_path().as_str()), document, value, context);
    }
    let mut messages = message::messages(schema, error, context);
    if let Kind::AnyOf { context: branches } | Kind::OneOfNotValid { context: branches } = error.kind() {
        let scored = branches.iter().enumerate().map(|(index, errors)| {
            let base = format!("{}/{index}", error.schema_path().as_str());
            let below = messages_below(schema, &base, document, value_path, &errors.iter().collect::<Vec<_>>());
            let branch = schema.pointer(&base).unwrap_or(&Value::Null);
            (score(branch, value) - 2 * i64::try_from(below.len()).unwrap_or(i64::MAX / 2), below)
        });
        // The first of the best.
        let best = scored.fold(None, |best: Option<(i64, Vec<String>)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        });
        messages.extend(best.into_iter().flat_map(|(_, messages)| messages));
    }
    messages
}

/// The errors of a list with a schema for each position. The keyword's own error only says that there are errors.
fn tuple_messages(items: Option<&Value>, document: &Value, value: &Value, context: &[String]) -> Vec<String> {
    let tuple = tuple_schema(items.unwrap_or(&Value::Null), value.as_array().map_or(0, Vec::len));
    // It compiled before.
    let Ok(validator) = validator::build(&tuple) else { return Vec::new() };
    let errors: Vec<_> = validator.iter_errors(value).collect();
    messages_below(&tuple, "", document, context, &errors.iter().collect::<Vec<_>>())
}

/// The number of checks that the library counts as passed.
fn score(schema: &Value, value: &Value) -> i64 {
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| validator::has_type(value, name)) {
        return 0;
    }
    // The alternatives, the values, and the end.
    3 + match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(_) | Value::String(_) => 1,
        Value::Array(items) => {
            let tuple = schema.get(TUPLE_ITEMS).map(|tuple| tuple_schema(tuple, items.len()));
            1 + match tuple.as_ref().unwrap_or(schema).get("items") {
                Some(Value::Array(schemas)) => schemas.iter().zip(items).map(|(below, item)| score(below, item)).sum(),
                Some(below @ Value::Object(_)) => items.iter().map(|item| score(below, item)).sum(),
                _ => 0,
            }
        }
        Value::Object(entries) => {
            let required = schema.get("required").and_then(Value::as_array).map_or(0, |required| {
                required.iter().filter_map(Value::as_str).filter(|name| entries.contains_key(*name)).count()
            });
            let below = schema.get("properties").and_then(Value::as_object);
            1 + i64::try_from(required).unwrap_or_default()
                + below.map_or(0, |below| {
                    below.iter().filter_map(|(name, below)| Some(score(below, entries.get(name)?))).sum()
                })
        }
    }
}

/// The path of an error through schema and document, below the schema `base` and the value at `value_path`.
fn error_path(error: &ValidationError<'_>, base: &str, value_path: &[String]) -> ErrorPath {
    let schema: Vec<String> = segments(error.schema_path().as_str()).collect();
    let mut instance = segments(error.instance_path().as_str());
    let mut path = ErrorPath { position: Vec::new(), context: value_path.to_vec(), enclosing: Vec::new() };
    let mut at = 0;
    while let Some(keyword) = schema.get(at) {
        let next = schema.get(at + 1);
        let pointer = pointer(&schema[..at]);
        let is_below_base = pointer.len() >= base.len();
        let rank = rank(keyword);
        let (subschema, consumed) = match (keyword.as_str(), next) {
            ("properties", Some(_)) => {
                let name = instance.next().unwrap_or_default();
                path.context.push(name.clone());
                (Subschema::Name(name), 2)
            }
            ("patternProperties", Some(_)) => {
                let name = instance.next().unwrap_or_default();
                if is_below_base {
                    let mut position = path.position.clone();
                    position.extend([(rank, Subschema::Name(name.clone())), (u8::MAX, Subschema::End)]);
                    let what = Enclosing::Pattern { schema: pointer, name: name.clone() };
                    path.enclosing.push((what, position, path.context.clone()));
                }
                path.context.push(name.clone());
                (Subschema::Name(name), 2)
            }
            // The library reports these under the object's own name.
            ("additionalProperties", Some(_)) => (Subschema::Name(instance.next().unwrap_or_default()), 1),
            ("items" | "additionalItems", Some(next)) => {
                let index = instance.next().unwrap_or_default();
                path.context.push(index.clone());
                let is_list = keyword == "items" && next.parse::<usize>().is_ok();
                (Subschema::Index(index.parse().unwrap_or_default()), if is_list { 2 } else { 1 })
            }
            ("allOf", Some(next)) => {
                if is_below_base {
                    let mut position = path.position.clone();
                    position.push((rank, Subschema::End));
                    path.enclosing.push((Enclosing::AllOf, position, path.context.clone()));
                }
                (Subschema::Index(next.parse().unwrap_or_default()), 2)
            }
            ("dependencies", Some(name)) => (Subschema::Name(name.clone()), 2),
            _ => (Subschema::Index(0), 1),
        };
        path.position.push((rank, subschema));
        at += consumed;
    }
    path
}

/// The position of a keyword among those of its schema.
fn rank(keyword: &str) -> u8 {
    const ORDER: &[&[&str]] = &[
        &["type"],
        &["anyOf"],
        &["oneOf"],
        &["allOf"],
        &["not"],
        &["dependencies"],
        &["minProperties"],
        &["maxProperties"],
        &["required"],
        &["additionalProperties", "patternProperties"],
        &["items", "additionalItems", TUPLE_ITEMS],
        &["minItems"],
        &["maxItems"],
        &["uniqueItems"],
        &["multipleOf"],
        &["maximum", "exclusiveMaximum"],
        &["minimum", "exclusiveMinimum"],
        &["enum"],
        &["minLength"],
        &["maxLength"],
        &["pattern"],
        &["properties"],
    ];
    let rank = ORDER.iter().position(|keywords| keywords.contains(&keyword)).unwrap_or(ORDER.len());
    u8::try_from(rank).unwrap_or(u8::MAX)
}

fn pointer(segments: &[String]) -> String {
    segments.iter().flat_map(|segment| ["/".to_owned(), segment.replace('~', "~0").replace('/', "~1")]).collect()
}

/// The names in a JSON pointer.
fn segments(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}

/// The value at this path.
fn value_at<'a>(document: &'a Value, names: &[String]) -> &'a Value {
    names.iter().fold(document, |value, name| match value {
        Value::Array(items) => name.parse::<usize>().ok().and_then(|index| items.get(index)).unwrap_or(&Value::Null),
        value => value.get(name).unwrap_or(&Value::Null),
    })
}
