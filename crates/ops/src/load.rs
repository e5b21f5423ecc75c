//! Loads config, action parameters and databags into a charm's own types.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

/// An option, parameter or databag key does not fit the charm's type.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name}{}: {reason}", if value.is_null() { String::new() } else { format!(" is {value}") })]
#[non_exhaustive]
pub struct LoadError {
    /// Its name.
    pub name: String,
    /// Its value as Juju gave it; null if it is not set.
    pub value: Value,
    /// What is wrong with it.
    pub reason: String,
}

impl LoadError {
    /// The value as a user would write it: a string without quotes, and nothing if it is not set.
    #[must_use]
    pub fn text(&self) -> String {
        to_text(&self.value)
    }
}

pub(crate) fn to_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Load a map of JSON values.
pub(crate) fn load<T: DeserializeOwned>(map: &Map<String, Value>) -> Result<T, LoadError> {
    let fields = map.iter().map(|(name, value)| (name.as_str(), Field::Json(value)));
    load_fields(fields, |name| map.get(name).cloned().unwrap_or_default())
}

/// Load a map of strings, each of which is JSON. Keys that `T` does not use may hold anything.
pub(crate) fn load_encoded<T: DeserializeOwned>(map: &BTreeMap<String, String>) -> Result<T, LoadError> {
    let fields = map.iter().map(|(name, value)| (name.as_str(), Field::Encoded(value)));
    load_fields(fields, |name| map.get(name).map_or(Value::Null, |value| Value::String(value.clone())))
}

/// Load a map of plain strings, each parsed as the type that `T` expects.
pub(crate) fn load_plain<T: DeserializeOwned>(map: &BTreeMap<String, String>) -> Result<T, LoadError> {
    let fields = map.iter().map(|(name, value)| (name.as_str(), Field::Plain(value)));
    load_fields(fields, |name| map.get(name).map_or(Value::Null, |value| Value::String(value.clone())))
}

fn load_fields<'a, T: DeserializeOwned>(
    fields: impl Iterator<Item = (&'a str, Field<'a>)>,
    value_of: impl Fn(&str) -> Value,
) -> Result<T, LoadError> {
    let current = RefCell::new(None);
    T::deserialize(Fields { fields, current: &current }).map_err(|error| {
        let name = error.missing.map(str::to_owned).or(current.into_inner()).unwrap_or_default();
        LoadError { value: value_of(&name), name, reason: error.reason }
    })
}

/// Why a field could not be loaded. The caller knows which field it is, unless it is missing.
#[derive(Debug)]
struct FieldError {
    missing: Option<&'static str>,
    reason: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for FieldError {}

impl serde::de::Error for FieldError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self { missing: None, reason: reason.to_string() }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { missing: Some(field), reason: "it is not set, and there is no default".to_owned() }
    }
}

/// All fields, as a map.
struct Fields<'c, I> {
    fields: I,
    current: &'c RefCell<Option<String>>,
}

impl<'de, 'a, I: Iterator<Item = (&'a str, Field<'a>)>> Deserializer<'de> for Fields<'_, I> {
    type Error = FieldError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_map(Entries { fields: self.fields, value: None, current: self.current })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Entries<'a, 'c, I> {
    fields: I,
    value: Option<Field<'a>>,
    current: &'c RefCell<Option<String>>,
}

impl<'de, 'a, I: Iterator<Item = (&'a str, Field<'a>)>> MapAccess<'de> for Entries<'a, '_, I> {
    type Error = FieldError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, FieldError> {
        let Some((name, value)) = self.fields.next() else {
            *self.current.borrow_mut() = None;
            return Ok(None);
        };
        *self.current.borrow_mut() = Some(name.to_owned());
        self.value = Some(value);
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, FieldError> {
        let value = self.value.take().ok_or_else(|| FieldError::custom("a value was read before its key"))?;
        seed.deserialize(value)
    }
}

/// One value.
#[derive(Clone, Copy)]
enum Field<'a> {
    Json(&'a Value),
    /// JSON in a string.
    Encoded(&'a str),
    /// Text.
    Plain(&'a str),
}

impl Field<'_> {
    fn value(self) -> Result<Value, FieldError> {
        match self {
            Self::Json(value) => Ok(value.clone()),
            Self::Encoded(text) => {
                serde_json::from_str(text).map_err(|error| FieldError::custom(format!("it is not JSON: {error}")))
            }
            Self::Plain(text) => Ok(text.into()),
        }
    }
}

fn to_field_error(error: serde_json::Error) -> FieldError {
    FieldError::custom(error)
}

/// Parse text as a number or boolean, if the type expects one.
macro_rules! parse_plain {
    ($($method:ident $visit:ident: $type:ty, $expected:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
            if let Self::Plain(text) = self {
                let value = text.parse::<$type>().map_err(|_| FieldError::custom(concat!("it is not ", $expected)))?;
                return visitor.$visit(value);
            }
            self.value()?.$method(visitor).map_err(to_field_error)
        }
    )*};
}

macro_rules! as_value {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
            self.value()?.$method(visitor).map_err(to_field_error)
        }
    )*};
}

impl<'de> Deserializer<'de> for Field<'_> {
    type Error = FieldError;

    /// Used by `#[serde(flatten)]`, even for keys that the charm does not use and that are not JSON.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        let value = match (self.value(), self) {
            (Err(_), Self::Encoded(text)) => text.into(),
            (value, _) => value?,
        };
        value.deserialize_any(visitor).map_err(to_field_error)
    }

    parse_plain! {
        deserialize_bool visit_bool: bool, "true or false";
        deserialize_i8 visit_i8: i8, "a whole number that fits";
        deserialize_i16 visit_i16: i16, "a whole number that fits";
        deserialize_i32 visit_i32: i32, "a whole number that fits";
        deserialize_i64 visit_i64: i64, "a whole number that fits";
        deserialize_u8 visit_u8: u8, "a whole number that fits";
        deserialize_u16 visit_u16: u16, "a whole number that fits";
        deserialize_u32 visit_u32: u32, "a whole number that fits";
        deserialize_u64 visit_u64: u64, "a whole number that fits";
        deserialize_f32 visit_f32: f32, "a number";
        deserialize_f64 visit_f64: f64, "a number";
    }

    as_value! {
        deserialize_i128 deserialize_u128 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_unit deserialize_seq deserialize_map deserialize_identifier
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self {
            Self::Plain(_) => visitor.visit_some(self),
            Self::Json(_) | Self::Encoded(_) => self.value()?.deserialize_option(visitor).map_err(to_field_error),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        match self {
            Self::Plain(_) => visitor.visit_newtype_struct(self),
            Self::Json(_) | Self::Encoded(_) => {
                self.value()?.deserialize_newtype_struct(name, visitor).map_err(to_field_error)
            }
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, FieldError> {
        self.value()?.deserialize_unit_struct(name, visitor).map_err(to_field_error)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, FieldError> {
        self.value()?.deserialize_tuple(len, visitor).map_err(to_field_error)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        self.value()?.deserialize_tuple_struct(name, len, visitor).map_err(to_field_error)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        self.value()?.deserialize_struct(name, fields, visitor).map_err(to_field_error)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        self.value()?.deserialize_enum(name, variants, visitor).map_err(to_field_error)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_unit()
    }
}

#[cfg(test)]
mod tests;
