//! A value that a hook command prints.

use crate::state::Timestamp;

/// A value that a hook command prints, in the shapes that Juju's own types have.
///
/// Juju keeps apart a structure, whose fields come in the order of their declaration, and a map, whose keys are sorted
/// (differently in YAML and in JSON); a list of strings, which the smart format joins by lines, and any other list.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing: no line at all in YAML and in the smart format, `null` in JSON.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above `i64::MAX`.
    Unsigned(u64),
    /// A number as Juju's API carries it: integers too arrive in a hook as floating point numbers.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes that are not text: base64 in YAML, with what is wrong replaced in JSON.
    Binary(Vec<u8>),
    /// A point in time.
    Time(Timestamp),
    /// A list of strings.
    Lines(Vec<String>),
    /// A list of strings that Juju never made: `null` in JSON.
    NoLines,
    /// Any other list.
    List(Vec<Value>),
    /// Fields in the order of their declaration.
    Fields(Vec<(String, Value)>),
    /// Keys and values, to be sorted.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// A map of strings.
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

/// As Juju's API delivers JSON: every number is a floating point number.
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
