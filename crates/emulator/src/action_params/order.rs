//! Orders and selects validation errors as Juju's JSON schema library does.
//!
//! The library walks schema and document together: first alternatives, then an object's own keywords, then values,
//! then what is below them. For a value of the wrong type it reports only the type. If all alternatives fail, it
//! reports the closest one.

use std::collections::BTreeSet;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use super::keywords::{self, BY_PLACE};
use super::{schema as juju, text};

/// The position in the library's walk at which it reports an error, keyword by keyword.
type Turn = Vec<(u8, Place)>;

/// The position among a keyword's schemas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Index(usize),
    Name(String),
    /// After all of them.
    End,
}

/// The path of an error through schema and document, keyword by keyword.
struct Trail {
    turn: Turn,
    /// The names of the document's values, as the library shows them.
    context: Vec<String>,
    /// Pointers to the `allOf`s and pattern properties on the path, with their turn and context.
    through: Vec<(Through, Turn, Vec<String>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Through {
    AllOf,
    Pattern { schema: String, name: String },
}

/// The error messages in Juju's order.
pub(super) fn in_jujus_order(schema: &Value, document: &Value, errors: &[&ValidationError<'_>]) -> Vec<String> {
    below_schema(schema, "", document, &[], errors)
}

/// The errors below the schema at the pointer `base`, for the value at `place` in the document.
fn below_schema(
    schema: &Value,
    base: &str,
    document: &Value,
    place: &[String],
    errors: &[&ValidationError<'_>],
) -> Vec<String> {
    let mut found: Vec<(Turn, String)> = Vec::new();
    let mut through = BTreeSet::new();
    for error in without_mistyped(errors) {
        let trail = follow(error, base, place);
        for line in lines(schema, document, place, error, &trail.context) {
            found.push((trail.turn.clone(), line));
        }
        through.extend(trail.through);
    }
    for (what, turn, context) in through {
        let description = match what {
            Through::AllOf => "must validate all the schemas (allOf)".to_owned(),
            Through::Pattern { schema: at, name } => text::no_pattern_fits(schema.pointer(&at), &name),
        };
        found.push((turn, text::line(&context, &description, below(document, &context))));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(_, line)| line).collect()
}

/// The errors, with only the type error for a value of the wrong type.
fn without_mistyped<'a, 'e>(errors: &[&'a ValidationError<'e>]) -> Vec<&'a ValidationError<'e>> {
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
fn lines(
    schema: &Value,
    document: &Value,
    place: &[String],
    error: &ValidationError<'_>,
    context: &[String],
) -> Vec<String> {
    let value: &Value = error.instance();
    if matches!(error.kind(), Kind::Custom { keyword, .. } if keyword == BY_PLACE) {
        return by_place(schema.pointer(error.schema_path().as_str()), document, value, context);
    }
    let mut lines = text::of(schema, error, context);
    if let Kind::AnyOf { context: branches } | Kind::OneOfNotValid { context: branches } = error.kind() {
        let nearest = branches.iter().enumerate().map(|(index, errors)| {
            let base = format!("{}/{index}", error.schema_path().as_str());
            let below = below_schema(schema, &base, document, place, &errors.iter().collect::<Vec<_>>());
            let branch = schema.pointer(&base).unwrap_or(&Value::Null);
            (score(branch, value) - 2 * i64::try_from(below.len()).unwrap_or(i64::MAX / 2), below)
        });
        // The first of the best.
        let best = nearest.fold(None, |best: Option<(i64, Vec<String>)>, one| match best {
            Some(best) if best.0 >= one.0 => Some(best),
            _ => Some(one),
        });
        lines.extend(best.into_iter().flat_map(|(_, lines)| lines));
    }
    lines
}

/// The errors of a list with a schema for each position. The keyword's own error only says that there are errors.
fn by_place(items: Option<&Value>, document: &Value, value: &Value, context: &[String]) -> Vec<String> {
    let part = keywords::part(items.unwrap_or(&Value::Null), value.as_array().map_or(0, Vec::len));
    // It compiled before.
    let Ok(validator) = juju::validator(&part) else { return Vec::new() };
    let errors: Vec<_> = validator.iter_errors(value).collect();
    below_schema(&part, "", document, context, &errors.iter().collect::<Vec<_>>())
}

/// The number of checks that the library counts as passed.
fn score(schema: &Value, value: &Value) -> i64 {
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| keywords::is_of_type(value, name)) {
        return 0;
    }
    // The alternatives, the values, and the end.
    3 + match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(_) | Value::String(_) => 1,
        Value::Array(items) => {
            let part = schema.get(BY_PLACE).map(|by_place| keywords::part(by_place, items.len()));
            1 + match part.as_ref().unwrap_or(schema).get("items") {
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

/// The trail of an error through schema and document, below the schema `base` and the value at `place`.
fn follow(error: &ValidationError<'_>, base: &str, place: &[String]) -> Trail {
    let schema: Vec<String> = pieces(error.schema_path().as_str()).collect();
    let mut instance = pieces(error.instance_path().as_str());
    let mut trail = Trail { turn: Vec::new(), context: place.to_vec(), through: Vec::new() };
    let mut at = 0;
    while let Some(keyword) = schema.get(at) {
        let next = schema.get(at + 1);
        let pointer = pointer(&schema[..at]);
        let is_looked_at = pointer.len() >= base.len();
        let rank = rank(keyword);
        let (place, taken) = match (keyword.as_str(), next) {
            ("properties", Some(_)) => {
                let name = instance.next().unwrap_or_default();
                trail.context.push(name.clone());
                (Place::Name(name), 2)
            }
            ("patternProperties", Some(_)) => {
                let name = instance.next().unwrap_or_default();
                if is_looked_at {
                    let mut turn = trail.turn.clone();
                    turn.extend([(rank, Place::Name(name.clone())), (u8::MAX, Place::End)]);
                    let what = Through::Pattern { schema: pointer, name: name.clone() };
                    trail.through.push((what, turn, trail.context.clone()));
                }
                trail.context.push(name.clone());
                (Place::Name(name), 2)
            }
            // The library reports these under the object's own name.
            ("additionalProperties", Some(_)) => (Place::Name(instance.next().unwrap_or_default()), 1),
            ("items" | "additionalItems", Some(next)) => {
                let index = instance.next().unwrap_or_default();
                trail.context.push(index.clone());
                let is_list = keyword == "items" && next.parse::<usize>().is_ok();
                (Place::Index(index.parse().unwrap_or_default()), if is_list { 2 } else { 1 })
            }
            ("allOf", Some(next)) => {
                if is_looked_at {
                    let mut turn = trail.turn.clone();
                    turn.push((rank, Place::End));
                    trail.through.push((Through::AllOf, turn, trail.context.clone()));
                }
                (Place::Index(next.parse().unwrap_or_default()), 2)
            }
            ("dependencies", Some(name)) => (Place::Name(name.clone()), 2),
            _ => (Place::Index(0), 1),
        };
        trail.turn.push((rank, place));
        at += taken;
    }
    trail
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
        &["items", "additionalItems", BY_PLACE],
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
    let place = ORDER.iter().position(|keywords| keywords.contains(&keyword)).unwrap_or(ORDER.len());
    u8::try_from(place).unwrap_or(u8::MAX)
}

fn pointer(pieces: &[String]) -> String {
    pieces.iter().flat_map(|piece| ["/".to_owned(), piece.replace('~', "~0").replace('/', "~1")]).collect()
}

/// The names in a JSON pointer.
fn pieces(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|piece| piece.replace("~1", "/").replace("~0", "~"))
}

/// The value at this path.
fn below<'a>(document: &'a Value, names: &[String]) -> &'a Value {
    names.iter().fold(document, |value, name| match value {
        Value::Array(items) => name.parse::<usize>().ok().and_then(|index| items.get(index)).unwrap_or(&Value::Null),
        value => value.get(name).unwrap_or(&Value::Null),
    })
}
