//! A value in the output of a hook command.

use crate::state::Timestamp;

/// A value in the output of a hook command, with the distinctions of Juju's own types.
///
/// A structure keeps the order of its fields, but a map has sorted keys (sorted differently in YAML and in JSON). A
/// list of strings is joined by line breaks in the smart format, unlike other lists.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing: no output in YAML and in the smart format, `null` in JSON.
    Null,
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An integer above `i64::MAX`.
    Unsigned(u64),
    /// A number from Juju's API, which delivers even integers as floats.
    Float(f64),
    /// A string.
    Text(String),
    /// Bytes that are not UTF-8: base64 in YAML; in JSON, invalid bytes are replaced.
    Binary(Vec<u8>),
    /// A point in time, such as `2026-11-22T08:15:01Z`.
    Time(Timestamp),
    /// A list of strings.
    Lines(Vec<String>),
    /// A nil list of strings: `null` in JSON.
    NilLines,
    /// Any other list.
    List(Vec<Value>),
    /// A structure: fields in the order of declaration.
    Fields(Vec<(String, Value)>),
    /// A map, sorted when printed.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// A map with string keys.
    pub fn map<K: Into<String>, V: Into<Value>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// Fields in order.
    #[must_use]
    pub fn fields<const N: usize>(fields: [(&str, Value); N]) -> Self {
        Self::Fields(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// As Juju's API delivers JSON: every number is a float.
impl From<&serde_json::Value> for Value {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            serde_json::Value::Object(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (key.clone(), Self::from(value))).collect())
            }
        }
    }
}
