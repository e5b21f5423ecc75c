//! Keywords for which Juju's JSON schema library differs from draft 4.

use jsonschema::{Keyword, ValidationError, ValidationOptions, Validator};
use serde_json::{Map, Value};

use super::schema::{self, MAX_SAFE_INTEGER};

/// Our name for `items` with a list of schemas. Whether these apply depends on the number of items.
pub(super) const BY_PLACE: &str = "itemsByPlace";

/// Adds these keywords to the options.
pub(super) fn with_jujus_own(options: ValidationOptions<'static>) -> ValidationOptions<'static> {
    options
        .with_keyword("type", |_, types, _| Ok(Box::new(Type { names: names_of(types) })))
        .with_keyword("multipleOf", |_, of, _| Ok(Box::new(MultipleOf { of: of.as_f64().unwrap_or(1.0) })))
        .with_keyword(BY_PLACE, |_, items, _| Ok(Box::new(ByPlace::new(items)?)))
}

/// The error of these keywords. The message is computed from the schema.
fn wrong() -> ValidationError<'static> {
    ValidationError::custom("not valid for Juju's library")
}

fn ok_if(valid: bool) -> Result<(), ValidationError<'static>> {
    if valid { Ok(()) } else { Err(wrong()) }
}

/// `type`: a number is an integer only in the range in which all integers are exact floats.
struct Type {
    names: Vec<String>,
}

fn names_of(types: &Value) -> Vec<String> {
    match types {
        Value::String(name) => vec![name.clone()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

impl<'i> Keyword<'i> for Type {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        ok_if(self.is_valid(instance))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        self.names.iter().any(|name| is_of_type(instance, name))
    }
}

/// Whether a value has the type.
pub(super) fn is_of_type(value: &Value, name: &str) -> bool {
    match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Number(number) => name == "number" || name == "integer" && number.as_f64().is_some_and(is_integer),
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    }
}

fn is_integer(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER
}

/// `multipleOf`: the quotient of the floats must be an integer. So 19.99 is not a multiple of 0.01.
struct MultipleOf {
    of: f64,
}

impl<'i> Keyword<'i> for MultipleOf {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        ok_if(self.is_valid(instance))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_f64().is_none_or(|number| is_integer(number / self.of))
    }
}

/// `items` with a list of schemas.
struct ByPlace {
    count: usize,
    /// Checks a list with as many items as schemas.
    each: Validator,
    /// Checks the additional items of a longer list. The library ignores the first ones then.
    further: Validator,
}

impl ByPlace {
    fn new(items: &Value) -> Result<Self, ValidationError<'static>> {
        let compiled = |part: &Value| schema::validator(part);
        let count = items["items"].as_array().map_or(0, Vec::len);
        Ok(Self { count, each: compiled(&part(items, count))?, further: compiled(&part(items, count + 1))? })
    }
}

impl<'i> Keyword<'i> for ByPlace {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        ok_if(self.is_valid(instance))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_array().is_none_or(|list| match list.len().cmp(&self.count) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => self.each.is_valid(instance),
            std::cmp::Ordering::Greater => self.further.is_valid(instance),
        })
    }
}

/// The schema for a list of this length, in draft 4.
pub(super) fn part(items: &Value, length: usize) -> Value {
    let schemas = items["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut part = Map::new();
    match length.cmp(&schemas.len()) {
        std::cmp::Ordering::Less => {}
        std::cmp::Ordering::Equal => {
            part.insert("items".to_owned(), schemas.into());
        }
        std::cmp::Ordering::Greater => {
            part.insert("items".to_owned(), vec![Value::Object(Map::new()); schemas.len()].into());
            if let Some(additional) = items.get("additionalItems") {
                part.insert("additionalItems".to_owned(), additional.clone());
            }
        }
    }
    part.into()
}
