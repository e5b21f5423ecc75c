//! The output of `juju config`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::format::{Document, document};

/// The output of `juju config APPLICATION`. The keys of each part are in alphabetical order, as in Juju.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[allow(clippy::struct_field_names, reason = "Juju's names")]
pub struct ApplicationConfig {
    pub application: String,
    /// Juju's own option for each application: `trust`.
    #[serde(rename = "application-config", skip_serializing_if = "BTreeMap::is_empty")]
    pub application_config: BTreeMap<String, Setting>,
    pub charm: String,
    pub settings: BTreeMap<String, Setting>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Setting {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    pub description: String,
    /// `default`, `user`, or `unset` if it has no value.
    pub source: &'static str,
    /// `string`, `int`, `float`, `boolean` or `secret`.
    pub r#type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

impl Setting {
    /// An option as Juju describes it: a value that equals the default counts as not set.
    #[must_use]
    pub fn new(
        kind: impl Into<String>,
        description: impl Into<String>,
        default: Option<Value>,
        set: Option<Value>,
    ) -> Setting {
        let set = set.filter(|set| default.as_ref() != Some(set));
        let source = match (&set, &default) {
            (Some(_), _) => "user",
            (None, Some(_)) => "default",
            (None, None) => "unset",
        };
        Setting {
            value: set.or_else(|| default.clone()),
            default,
            description: description.into(),
            source,
            r#type: kind.into(),
        }
    }

    /// `trust`, which every application has.
    #[must_use]
    pub fn trust(trusted: bool) -> Setting {
        let description = "Does this application have access to trusted credentials";
        Setting::new("bool", description, Some(false.into()), Some(trusted.into()))
    }
}

/// `juju config APPLICATION`.
#[must_use]
pub fn config(config: &ApplicationConfig, format: Document) -> String {
    document(config, format)
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("key {key:?} not found in {application:?} application config or charm settings.")]
pub struct UnknownOption {
    key: String,
    application: String,
}

/// `juju config APPLICATION KEY`: only the value.
pub fn config_value(config: &ApplicationConfig, key: &str) -> Result<String, UnknownOption> {
    let unknown = || UnknownOption { key: key.to_owned(), application: config.application.clone() };
    let setting = config.settings.get(key).or_else(|| config.application_config.get(key)).ok_or_else(unknown)?;
    Ok(match &setting.value {
        None | Some(Value::Null) => "\n".to_owned(),
        Some(Value::String(text)) => format!("{text}\n"),
        Some(other) => format!("{other}\n"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tinyproxy(set: Option<Value>) -> ApplicationConfig {
        let slug = Setting::new("string", "Path of the proxy.", Some("example".into()), set);
        let port = Setting::new("int", "Port", None, None);
        ApplicationConfig {
            application: "tinyproxy".into(),
            application_config: BTreeMap::from([("trust".to_owned(), Setting::trust(false))]),
            charm: "tinyproxy".into(),
            settings: BTreeMap::from([("slug".to_owned(), slug), ("port".to_owned(), port)]),
        }
    }

    #[test]
    fn options_have_the_source_of_their_value() {
        assert_eq!(
            config(&tinyproxy(Some("foo/bar".into())), Document::Yaml),
            "\
application: tinyproxy
application-config:
  trust:
    default: false
    description: Does this application have access to trusted credentials
    source: default
    type: bool
    value: false
charm: tinyproxy
settings:
  port:
    description: Port
    source: unset
    type: int
  slug:
    default: example
    description: Path of the proxy.
    source: user
    type: string
    value: foo/bar
"
        );
        assert_eq!(tinyproxy(Some("example".into())).settings["slug"].source, "default");
    }

    #[test]
    fn a_single_value_is_printed_without_its_key() {
        assert_eq!(config_value(&tinyproxy(None), "slug"), Ok("example\n".into()));
        assert_eq!(config_value(&tinyproxy(None), "port"), Ok("\n".into()));
        assert_eq!(config_value(&tinyproxy(None), "trust"), Ok("false\n".into()));
        assert_eq!(
            config_value(&tinyproxy(None), "slag").unwrap_err().to_string(),
            "key \"slag\" not found in \"tinyproxy\" application config or charm settings."
        );
    }
}
