//! A charm's options, which users can set.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{MetadataError, node::Node};

/// The type of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ConfigType {
    /// A string.
    String,
    /// A whole number of 64 bits.
    Int,
    /// A number.
    Float,
    /// True or false.
    Boolean,
    /// The ID of a secret, such as `secret:9m4e2mr0ui3e8a215n4g`.
    Secret,
}

impl fmt::Display for ConfigType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::String => "string",
            Self::Int => "int",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Secret => "secret",
        })
    }
}

impl ConfigType {
    /// Whether a value from `config-get --format=json` is of this type. A whole number is also a `float`.
    #[must_use]
    pub fn accepts(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Int => value.is_i64(),
            Self::Float => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Secret => value.as_str().is_some_and(|id| id.is_empty() || id.starts_with("secret:")),
        }
    }

    /// The type in Rust: `String`, `i64`, `f64` or `bool`.
    #[must_use]
    pub fn rust_type(self) -> &'static str {
        match self {
            Self::String | Self::Secret => "String",
            Self::Int => "i64",
            Self::Float => "f64",
            Self::Boolean => "bool",
        }
    }

    /// The expected value, for errors.
    fn expectation(self) -> &'static str {
        match self {
            Self::String => "a string, because the option is of type string",
            Self::Int => "a whole number, because the option is of type int",
            Self::Float => "a number, because the option is of type float",
            Self::Boolean => "true or false, because the option is of type boolean",
            Self::Secret => "a secret's identifier (`secret:…`), because the option is of type secret",
        }
    }
}

/// An option in the metadata.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConfigMeta {
    /// The option's name.
    pub name: String,
    /// The type of its values.
    pub option_type: ConfigType,
    /// Its default, of the option's type. `None` if it has no value until it is set.
    pub default: Option<Value>,
    /// Its description; empty if not given.
    pub description: String,
}

impl ConfigMeta {
    pub(crate) fn read(node: &Node<'_>) -> Result<Self, MetadataError> {
        const TYPES: &str = "`string`, `int`, `float`, `boolean` or `secret`";
        let name = node.key().to_owned();
        if name.is_empty() {
            return Err(node.invalid("an option needs a name"));
        }
        node.map()?;
        let kind = node.get("type").ok_or_else(|| node.invalid(format!("`type` is missing: one of {TYPES}")))?;
        let option_type = match kind.value().as_str() {
            Some("string") => ConfigType::String,
            Some("int") => ConfigType::Int,
            Some("float") => ConfigType::Float,
            Some("boolean") => ConfigType::Boolean,
            Some("secret") => ConfigType::Secret,
            _ => return Err(kind.expected(TYPES)),
        };
        let default = node.get("default").map(|default| read_default(option_type, &default)).transpose()?;
        let description = node.string_at("description")?.unwrap_or_default();
        Ok(Self { name, option_type, default, description })
    }
}

/// Parse a boolean as Go's `strconv.ParseBool` does.
#[must_use]
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

fn read_default(option_type: ConfigType, node: &Node<'_>) -> Result<Value, MetadataError> {
    // For a boolean, Juju also accepts the strings that Go's ParseBool accepts.
    if option_type == ConfigType::Boolean
        && let Some(value) = node.value().as_str().and_then(parse_bool)
    {
        return Ok(value.into());
    }
    if !option_type.accepts(node.value()) {
        return Err(node.expected(option_type.expectation()));
    }
    match (option_type, node.value().as_f64()) {
        // So that a default of `1` equals Juju's answer, 1.0.
        (ConfigType::Float, Some(number)) => Ok(number.into()),
        _ => Ok(node.value().clone()),
    }
}
