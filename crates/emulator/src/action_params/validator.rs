//! Builds validators, with the keywords for which Juju's JSON schema library differs from draft 4.

use jsonschema::{Draft, Keyword, PatternOptions, ValidationError, Validator};
use serde_json::Value;

use super::schema::{MAX_SAFE_INTEGER, TUPLE_ITEMS, tuple_schema};

/// The validator for a schema that [`schema::normalize`](super::schema::normalize) returned.
pub(super) fn build(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    jsonschema::options()
        .with_draft(Draft::Draft4)
        // Go's regular expressions have no look-around.
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(false)
        .offline()
        .with_keyword("type", |_, types, _| Ok(Box::new(Type { names: type_names(types) })))
        .with_keyword("multipleOf", |_, divisor, _| {
            Ok(Box::new(MultipleOf { divisor: divisor.as_f64().unwrap_or(1.0) }))
        })
        .with_keyword(TUPLE_ITEMS, |_, items, _| Ok(Box::new(TupleItems::new(items)?)))
        .build(schema)
}

/// The error of these keywords. The message is computed from the schema.
fn invalid() -> ValidationError<'static> {
    ValidationError::custom("not valid for Juju's library")
}

fn ok_if(valid: bool) -> Result<(), ValidationError<'static>> {
    if valid { Ok(()) } else { Err(invalid()) }
}

/// `type`: a number is an integer only in the range in which all integers are exact floats.
struct Type {
    names: Vec<String>,
}

fn type_names(types: &Value) -> Vec<String> {
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
        self.names.iter().any(|name| has_type(instance, name))
    }
}

/// Whether a value has the type.
pub(super) fn has_type(value: &Value, name: &str) -> bool {
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
    divisor: f64,
}

impl<'i> Keyword<'i> for MultipleOf {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        ok_if(self.is_valid(instance))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_f64().is_none_or(|number| is_integer(number / self.divisor))
    }
}

/// `items` with a list of schemas.
struct TupleItems {
    count: usize,
    /// Checks a list with as many items as schemas.
    equal: Validator,
    /// Checks the additional items of a longer list. The library ignores the first ones then.
    longer: Validator,
}

impl TupleItems {
    fn new(items: &Value) -> Result<Self, ValidationError<'static>> {
        let count = items["items"].as_array().map_or(0, Vec::len);
        Ok(Self { count, equal: build(&tuple_schema(items, count))?, longer: build(&tuple_schema(items, count + 1))? })
    }
}

impl<'i> Keyword<'i> for TupleItems {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        ok_if(self.is_valid(instance))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_array().is_none_or(|list| match list.len().cmp(&self.count) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => self.equal.is_valid(instance),
            std::cmp::Ordering::Greater => self.longer.is_valid(instance),
        })
    }
}
