//! Application options, read from words and files, and checked as in Juju.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use emulator::SecretId;
use emulator::go::parse_bool;
use ops_metadata::{CharmMeta, ConfigMeta, ConfigType};
use serde_json::Value;

use crate::cli::ConfigSource;

/// The option that every application has besides its charm's.
pub const TRUST: &str = "trust";

/// Parse an option's value from the command line.
pub fn parse(option: &ConfigMeta, text: &str) -> anyhow::Result<Value> {
    let invalid = || anyhow::anyhow!("option {:?} expected {}, got {text:?}", option.name, option.option_type);
    Ok(match option.option_type {
        // `Settings::check_secrets` checks the URI of a secret later.
        ConfigType::String | ConfigType::Secret => text.into(),
        ConfigType::Int => text.parse::<i64>().map_err(|_| invalid())?.into(),
        ConfigType::Float => {
            let number: f64 = text.parse().map_err(|_| invalid())?;
            serde_json::Number::from_f64(number).ok_or_else(invalid)?.into()
        }
        ConfigType::Boolean => parse_bool(text).map_err(|_| invalid())?.into(),
        other => bail!("option {:?} is of type {other}, which minijuju does not support", option.name),
    })
}

/// An option's value from a YAML file, where it already has a type. Juju parses text as on the command line. `None`
/// resets the option to its default.
fn parse_typed(option: &ConfigMeta, value: &Value) -> anyhow::Result<Option<Value>> {
    Ok(Some(match (option.option_type, value) {
        (_, Value::Null) => return Ok(None),
        (_, Value::String(text)) => parse(option, text)?,
        (ConfigType::Float, Value::Number(number)) => number.as_f64().into(),
        (kind, value) if kind.accepts(value) => value.clone(),
        _ => bail!("option {:?} expected {}, got {value}", option.name, option.option_type),
    }))
}

pub fn option<'a>(meta: &'a CharmMeta, name: &str) -> anyhow::Result<&'a ConfigMeta> {
    meta.config.get(name).with_context(|| format!("unknown option {name:?}"))
}

/// The value after `name=` on the command line; after `@`, the content of that file.
pub fn read_value(name: &str, value: &str) -> anyhow::Result<String> {
    let Some(path) = value.strip_prefix('@') else { return Ok(value.to_owned()) };
    let bytes = fs::read(path).with_context(|| format!("cannot read option from file {path:?}"))?;
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("value for option {name:?} contains non-UTF-8 sequences"))
}

/// Options, read from the command line or from a file.
#[derive(Debug, Default, PartialEq)]
pub struct Settings {
    /// The charm's options.
    pub options: BTreeMap<String, Value>,
    /// Options without a value in a file: they are reset to their defaults.
    pub unset: BTreeSet<String>,
    /// `trust`, which Juju adds to every machine charm's options.
    pub trust: Option<bool>,
}

impl Settings {
    /// Add `NAME=TEXT`, as typed on a command line.
    pub fn set(&mut self, meta: &CharmMeta, name: &str, text: &str) -> anyhow::Result<()> {
        if name == TRUST {
            let value = ops_metadata::parse_yaml(text)
                .map_err(|_| anyhow::anyhow!("value {text:?} for attribute {TRUST:?} not valid"))?;
            self.trust = Some(parse_trust(&value)?);
        } else {
            self.options.insert(name.to_owned(), parse(option(meta, name)?, text)?);
            self.unset.remove(name);
        }
        Ok(())
    }

    /// Check that each option for a secret has a secret's URI or no value, after all options are read. Juju 3.6:
    /// `validateSecretConfig` in apiserver/facades/client/application/application.go.
    pub fn check_secrets(&self, meta: &CharmMeta) -> anyhow::Result<()> {
        for (name, value) in &self.options {
            let secret = meta.config.get(name).is_some_and(|option| option.option_type == ConfigType::Secret);
            if let (true, Some(uri)) = (secret, value.as_str().filter(|uri| !uri.is_empty())) {
                uri.parse::<SecretId>().with_context(|| format!("invalid secret URI for option {name:?}"))?;
            }
        }
        Ok(())
    }

    /// Apply the options to an application's settings.
    pub fn apply(self, config: &mut BTreeMap<String, Value>) {
        config.retain(|name, _| !self.unset.contains(name));
        config.extend(self.options);
    }

    fn set_typed(&mut self, meta: &CharmMeta, name: &str, value: &Value) -> anyhow::Result<()> {
        if name == TRUST {
            self.trust = Some(parse_trust(value)?);
        } else if let Some(value) = parse_typed(option(meta, name)?, value)? {
            self.options.insert(name.to_owned(), value);
        } else {
            self.unset.insert(name.to_owned());
        }
        Ok(())
    }
}

/// The value of `trust`. Juju reads it as YAML 1.1, then with Go's `ParseBool`.
fn parse_trust(value: &Value) -> anyhow::Result<bool> {
    let got = match value {
        Value::Bool(on) => return Ok(*on),
        Value::String(text) => match text.as_str() {
            "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "t" | "T" | "true" | "True" | "TRUE" => {
                return Ok(true);
            }
            "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "f" | "F" | "false" | "False" | "FALSE" => {
                return Ok(false);
            }
            text => quote_with_type(&text.into()),
        },
        Value::Array(_) | Value::Object(_) => value.to_string(),
        value => quote_with_type(value),
    };
    bail!("{TRUST}: expected bool, got {got}")
}

/// A value of the wrong type, as Juju quotes it: scalars with their Go type.
pub fn quote_with_type(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) => format!("bool({value})"),
        Value::Number(number) if number.is_f64() => format!("float64({number})"),
        Value::Number(_) => format!("int({value})"),
        Value::String(text) => format!("string({text:?})"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a map".to_owned(),
    }
}

/// The options in the arguments of `--config`: first those in the file, if there is one, then each `NAME=VALUE`. The
/// order of the arguments does not matter.
pub fn from_sources(meta: &CharmMeta, application: &str, sources: &[ConfigSource]) -> anyhow::Result<Settings> {
    let files: Vec<_> = sources
        .iter()
        .filter_map(|source| if let ConfigSource::File(path) = source { Some(path) } else { None })
        .collect();
    let mut settings = match files[..] {
        [] => Settings::default(),
        [path] => from_yaml(meta, application, &read(path)?)?,
        _ => bail!("only a single config YAML file can be specified, got {}", files.len()),
    };
    for source in sources {
        match source {
            ConfigSource::File(_) => {}
            ConfigSource::Value(pair) => settings.set(meta, &pair.name, &pair.value)?,
            ConfigSource::ValueFile { name, path } => {
                settings.set(meta, name, &read_value(name, &format!("@{}", path.display()))?)?;
            }
        }
    }
    settings.check_secrets(meta)?;
    Ok(settings)
}

/// The options in YAML: under the application's name, or as `juju config` prints them.
pub fn from_yaml(meta: &CharmMeta, application: &str, text: &str) -> anyhow::Result<Settings> {
    let document =
        ops_metadata::parse_yaml(text).map_err(|error| anyhow::anyhow!("cannot parse settings data: {error}"))?;
    let options = document
        .get(application)
        .or_else(|| document.get("settings"))
        .with_context(|| format!("no settings found for {application:?}"))?;
    let Value::Object(options) = options else { bail!("{application:?} is not a map of options") };
    let mut settings = Settings::default();
    for (name, value) in options {
        // `juju config` prints each option as a map that holds its value.
        let (value, default) = match value {
            Value::Object(shown) => (shown.get("value"), shown.get("source") == Some(&"default".into())),
            value => (Some(value), false),
        };
        if let (Some(value), false) = (value, default) {
            settings.set_typed(meta, name, value)?;
        }
    }
    Ok(settings)
}

/// The content of a file, or of standard input for `-`.
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
    use crate::cli::Pair;

    fn meta() -> CharmMeta {
        CharmMeta::from_parts(
            "name: a\nsummary: s\ndescription: d\n",
            Some("options:\n  slug: {type: string}\n  port: {type: int}\n  tls: {type: boolean}\n  rate: {type: float}\n  sec: {type: secret}\n"),
            None,
        )
        .unwrap()
    }

    #[test]
    fn values_are_parsed_by_the_types_of_their_options() {
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

    fn words(words: &[&str]) -> anyhow::Result<Settings> {
        let words: Vec<_> = words
            .iter()
            .map(|word| match word.split_once('=') {
                Some((name, value)) => ConfigSource::Value(Pair { name: name.into(), value: value.into() }),
                None => ConfigSource::File(word.into()),
            })
            .collect();
        from_sources(&meta(), "web", &words)
    }

    #[test]
    fn a_file_has_options_by_application_or_as_juju_config_prints_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        let path = path.to_str().unwrap();
        let settings = |text: &str| {
            fs::write(path, text).unwrap();
            words(&[path])
        };
        let found = settings("web: {port: 8, rate: 1, trust: true}\n").unwrap();
        assert_eq!(found.options["port"], 8);
        assert_eq!(found.options["rate"], 1.0);
        assert_eq!(found.trust, Some(true));
        assert!(settings("other: {port: 8}\n").unwrap_err().to_string().contains("no settings found"));
        let printed =
            settings("settings: {port: {value: 9, source: user}, slug: {value: x, source: default}}\n").unwrap();
        assert_eq!(printed, Settings { options: [("port".to_owned(), 9.into())].into(), ..Settings::default() });
        let error = settings("web: {port: text}\n").unwrap_err().to_string();
        assert_eq!(error, r#"option "port" expected int, got "text""#);
    }

    #[test]
    fn values_in_a_file_are_read_as_juju_reads_yaml() {
        let settings = |text: &str| from_yaml(&meta(), "web", &format!("web: {{{text}}}"));
        for (text, name, value) in [
            ("port: '12'", "port", Value::from(12)),
            ("port: 07", "port", 7.into()),
            ("port: 1_000", "port", 1000.into()),
            ("tls: yes", "tls", true.into()),
            ("tls: n", "tls", false.into()),
            ("tls: 'true'", "tls", true.into()),
            ("rate: '0.5'", "rate", 0.5.into()),
            ("slug: 'no'", "slug", "no".into()),
            ("slug: 2022-01-01", "slug", "2022-01-01".into()),
        ] {
            assert_eq!(settings(text).unwrap().options, [(name.to_owned(), value)].into(), "{text}");
        }
        for (text, error) in [
            ("slug: no", r#"option "slug" expected string, got false"#),
            ("slug: 0123", r#"option "slug" expected string, got 83"#),
            ("tls: 'yes'", r#"option "tls" expected boolean, got "yes""#),
            ("port: '07x'", r#"option "port" expected int, got "07x""#),
            ("port: yes", r#"option "port" expected int, got true"#),
        ] {
            assert_eq!(settings(text).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn an_option_without_a_value_in_a_file_is_reset_to_its_default() {
        let settings = from_yaml(&meta(), "web", "web: {slug: ~, port: 8}").unwrap();
        let mut config = BTreeMap::from([("slug".to_owned(), Value::from("mine")), ("tls".to_owned(), true.into())]);
        settings.apply(&mut config);
        assert_eq!(config, [("port".to_owned(), Value::from(8)), ("tls".to_owned(), true.into())].into());
    }

    #[test]
    fn values_on_the_command_line_override_the_file_in_any_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        fs::write(&path, "web: {port: 8, slug: a, trust: false}\n").unwrap();
        let path = path.to_str().unwrap();
        let found = words(&["port=9", "trust=true", path]).unwrap();
        assert_eq!(found.options, [("port".to_owned(), 9.into()), ("slug".to_owned(), "a".into())].into());
        assert_eq!(found.trust, Some(true));
        let error = words(&[path, path]).unwrap_err().to_string();
        assert_eq!(error, "only a single config YAML file can be specified, got 2");
    }

    #[test]
    fn an_option_of_type_secret_takes_only_secret_uris_in_any_form() {
        let settings = |text: &str| {
            let word = ConfigSource::Value(Pair { name: "sec".into(), value: text.into() });
            from_sources(&meta(), "web", &[word])
        };
        let id = "9m4e2mr0ui3e8a215n4g";
        for uri in ["", id, &format!("secret:{id}"), &format!("secret://deadbeef-1bad-500d-9000-4b1d0d06f00d/{id}")] {
            assert_eq!(settings(uri).unwrap().options["sec"], uri);
        }
        for (text, reason) in [
            ("secret:0000", r#"secret URI "secret:0000" not valid"#),
            ("plain", r#"secret URI "plain" not valid"#),
            ("http:9m4e2mr0ui3e8a215n4g", r#"secret URI scheme "http" not valid"#),
            ("secret://host/9m4e2mr0ui3e8a215n4g", r#"host controller UUID "host" not valid"#),
        ] {
            let error = format!("{:#}", settings(text).unwrap_err());
            assert_eq!(error, format!("invalid secret URI for option \"sec\": {reason}"));
        }
        let from_file = from_yaml(&meta(), "web", "web: {sec: 'secret:0000'}").unwrap();
        assert!(from_file.check_secrets(&meta()).is_err());
        let error = from_yaml(&meta(), "web", "web: {sec: 5}").unwrap_err().to_string();
        assert_eq!(error, r#"option "sec" expected secret, got 5"#);
    }

    #[test]
    fn trust_is_an_option_of_every_application() {
        for (text, trust) in [("true", true), ("True", true), ("yes", true), ("t", true), ("no", false), ("F", false)] {
            assert_eq!(words(&[&format!("trust={text}")]).unwrap().trust, Some(trust), "{text}");
        }
        for (text, got) in [("maybe", r#"string("maybe")"#), ("1", "int(1)"), ("", "nothing")] {
            let error = words(&[&format!("trust={text}")]).unwrap_err().to_string();
            assert_eq!(error, format!("trust: expected bool, got {got}"));
        }
    }
}
