//! Options of applications: read from words and files, checked as Juju checks them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use ops_metadata::{CharmMeta, ConfigMeta, ConfigType};
use serde_json::Value;

use crate::cli::ConfigSource;

/// An option's value from text, as typed on a command line.
pub fn parse(option: &ConfigMeta, text: &str) -> anyhow::Result<Value> {
    let refused = || anyhow::anyhow!("option {:?} expected {}, got {text:?}", option.name, option.option_type);
    Ok(match option.option_type {
        ConfigType::String => text.into(),
        ConfigType::Secret if text.is_empty() || text.starts_with("secret:") => text.into(),
        ConfigType::Secret => return Err(refused()),
        ConfigType::Int => text.parse::<i64>().map_err(|_| refused())?.into(),
        ConfigType::Float => {
            let number: f64 = text.parse().map_err(|_| refused())?;
            serde_json::Number::from_f64(number).ok_or_else(refused)?.into()
        }
        // What Go's strconv.ParseBool takes.
        ConfigType::Boolean => match text {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => true.into(),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => false.into(),
            _ => return Err(refused()),
        },
    })
}

/// An option's value from a YAML file, where it has a type already.
fn typed(option: &ConfigMeta, value: &Value) -> anyhow::Result<Value> {
    let fits = match (option.option_type, value) {
        (ConfigType::Float, Value::Number(number)) => return Ok(number.as_f64().into()),
        (kind, value) => kind.takes(value),
    };
    if !fits {
        bail!("option {:?} expected {}, got {value}", option.name, option.option_type);
    }
    Ok(value.clone())
}

/// The option named `name` of a charm.
pub fn option<'a>(meta: &'a CharmMeta, name: &str) -> anyhow::Result<&'a ConfigMeta> {
    meta.config.get(name).with_context(|| format!("unknown option {name:?}"))
}

/// The value that follows `name=` on a command line: itself, or after `@` what is in that file.
pub fn text(name: &str, value: &str) -> anyhow::Result<String> {
    let Some(path) = value.strip_prefix('@') else { return Ok(value.to_owned()) };
    let bytes = fs::read(path).with_context(|| format!("cannot read option from file {path:?}"))?;
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("value for option {name:?} contains non-UTF-8 sequences"))
}

/// What `--config` words give to an application.
pub fn from_words(
    meta: &CharmMeta,
    application: &str,
    words: &[ConfigSource],
) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut found = BTreeMap::new();
    for word in words {
        match word {
            ConfigSource::File(path) => found.extend(from_file(meta, application, path)?),
            ConfigSource::Value(pair) => {
                found.insert(pair.name.clone(), parse(option(meta, &pair.name)?, &pair.value)?);
            }
            ConfigSource::ValueFile { name, path } => {
                let value = text(name, &format!("@{}", path.display()))?;
                found.insert(name.clone(), parse(option(meta, name)?, &value)?);
            }
        }
    }
    Ok(found)
}

/// What a YAML file gives to an application, see [`from_yaml`].
fn from_file(meta: &CharmMeta, application: &str, path: &Path) -> anyhow::Result<BTreeMap<String, Value>> {
    from_yaml(meta, application, &read(path)?)
}

/// What YAML gives to an application: options under the application's name, or what `juju config` printed.
pub fn from_yaml(meta: &CharmMeta, application: &str, text: &str) -> anyhow::Result<BTreeMap<String, Value>> {
    let document =
        ops_metadata::parse_yaml(text).map_err(|why| anyhow::anyhow!("cannot parse settings data: {why}"))?;
    let options = document
        .get(application)
        .or_else(|| document.get("settings"))
        .with_context(|| format!("no settings found for {application:?}"))?;
    let Value::Object(options) = options else { bail!("{application:?} is no map of options") };
    let mut found = BTreeMap::new();
    for (name, value) in options {
        // `juju config` prints each option as a map with its value inside.
        let (value, default) = match value {
            Value::Object(shown) => (shown.get("value"), shown.get("source") == Some(&"default".into())),
            value => (Some(value), false),
        };
        if let (Some(value), false) = (value, default) {
            found.insert(name.clone(), typed(option(meta, name)?, value)?);
        }
    }
    Ok(found)
}

/// What is in a file, or on standard input for `-`.
pub fn read(path: &Path) -> anyhow::Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        return Ok(text);
    }
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta() -> CharmMeta {
        CharmMeta::from_parts(
            "name: a\nsummary: s\ndescription: d\n",
            Some("options:\n  slug: {type: string}\n  port: {type: int}\n  tls: {type: boolean}\n  rate: {type: float}\n"),
            None,
        )
        .unwrap()
    }

    #[test]
    fn values_are_read_by_their_options_types() {
        let meta = meta();
        let parse = |name: &str, text: &str| parse(option(&meta, name)?, text);
        assert_eq!(parse("slug", "1").unwrap(), "1");
        assert_eq!(parse("port", "80").unwrap(), 80);
        assert_eq!(parse("tls", "True").unwrap(), true);
        assert_eq!(parse("rate", "0.5").unwrap(), 0.5);
        assert_eq!(parse("port", "x").unwrap_err().to_string(), r#"option "port" expected int, got "x""#);
        assert_eq!(parse("tls", "yes").unwrap_err().to_string(), r#"option "tls" expected boolean, got "yes""#);
        assert_eq!(parse("nope", "1").unwrap_err().to_string(), r#"unknown option "nope""#);
    }

    #[test]
    fn a_file_gives_options_by_application_or_as_juju_config_printed_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        fs::write(&path, "web: {port: 8, rate: 1}\n").unwrap();
        let found = from_file(&meta(), "web", &path).unwrap();
        assert_eq!(found["port"], 8);
        assert_eq!(found["rate"], 1.0);
        assert!(from_file(&meta(), "other", &path).unwrap_err().to_string().contains("no settings found"));
        fs::write(&path, "settings: {port: {value: 9, source: user}, slug: {value: x, source: default}}\n").unwrap();
        assert_eq!(from_file(&meta(), "web", &path).unwrap(), [("port".to_owned(), 9.into())].into());
        fs::write(&path, "web: {port: text}\n").unwrap();
        let error = from_file(&meta(), "web", &path).unwrap_err().to_string();
        assert_eq!(error, r#"option "port" expected int, got "text""#);
    }
}
