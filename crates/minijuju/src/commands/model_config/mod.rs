//! `juju model-config`: the options of a model, and their values.

pub mod output;
mod validate;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use emulator::JujuVersion;
use serde_json::Value;

use crate::cli::{self, Arguments, ModelOption, Output, UsageError};
use crate::client::{Client, USER, print, settings};
use crate::commands::config::{ConfigAction, ConfigOptions};
use crate::format::{self, Colours, Tabular};
use crate::store::model;
use crate::uniter::NO_PROXY;

const MODEL_CONFIG_HELP: &str = "\
Examples:
    juju model-config
    juju model-config update-status-hook-interval=1m
    juju model-config --reset update-status-hook-interval";

/// Show or set a model's options.
#[derive(Debug, Clone, Args)]
#[command(after_help = MODEL_CONFIG_HELP)]
pub struct ModelConfigArgs {
    /// An option to show, or options to set as key=value
    #[arg(value_name = "model-key[=value]")]
    words: Vec<String>,
    /// Skip fields in --file that cannot be set
    #[arg(long = "ignore-read-only-fields")]
    pub ignore_read_only_fields: bool,
    #[command(flatten)]
    pub options: ConfigOptions,
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[command(flatten)]
    pub model: ModelOption,
    /// What to do.
    #[arg(skip)]
    pub action: ConfigAction,
}

impl Arguments for ModelConfigArgs {
    const USAGE: Option<&str> = Some("[<model-key>[=<value>] ...]");

    fn init(&mut self) -> Result<(), UsageError> {
        self.action =
            self.options.action(&self.words, &["agent-version", "charmhub-url"]).map_err(UsageError::command)?;
        Ok(())
    }
}

/// The type of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Bool,
    Int,
    /// A duration, with Juju's name for it in errors.
    Duration(&'static str),
}

/// The options that have an effect here or that tests set, with Juju's defaults.
const OPTIONS: [(&str, Kind, &str); 32] = [
    ("agent-stream", Kind::Text, "released"),
    ("apt-ftp-proxy", Kind::Text, ""),
    ("apt-http-proxy", Kind::Text, ""),
    ("apt-https-proxy", Kind::Text, ""),
    ("apt-mirror", Kind::Text, ""),
    ("apt-no-proxy", Kind::Text, ""),
    ("automatically-retry-hooks", Kind::Bool, "true"),
    ("cloudinit-userdata", Kind::Text, ""),
    ("default-base", Kind::Text, ""),
    ("default-space", Kind::Text, ""),
    ("development", Kind::Bool, "false"),
    ("disable-network-management", Kind::Bool, "false"),
    ("enable-os-refresh-update", Kind::Bool, "true"),
    ("enable-os-upgrade", Kind::Bool, "true"),
    ("firewall-mode", Kind::Text, "instance"),
    ("ftp-proxy", Kind::Text, ""),
    ("http-proxy", Kind::Text, ""),
    ("https-proxy", Kind::Text, ""),
    ("image-stream", Kind::Text, "released"),
    ("juju-ftp-proxy", Kind::Text, ""),
    ("juju-http-proxy", Kind::Text, ""),
    ("juju-https-proxy", Kind::Text, ""),
    ("juju-no-proxy", Kind::Text, NO_PROXY),
    ("logging-config", Kind::Text, "<root>=INFO"),
    ("max-action-results-age", Kind::Duration("max action age"), "336h"),
    ("max-status-history-age", Kind::Duration("max status history age"), "336h"),
    ("mode", Kind::Text, "requires-prompts"),
    ("no-proxy", Kind::Text, NO_PROXY),
    ("num-provision-workers", Kind::Int, "16"),
    ("resource-tags", Kind::Text, ""),
    ("test-mode", Kind::Bool, "false"),
    ("update-status-hook-interval", Kind::Duration("update status hook interval"), "5m"),
];

/// Options that `model-config` cannot set, and the command that Juju names instead.
const READ_ONLY: [(&str, &str); 2] = [("agent-version", "upgrade-model"), ("charmhub-url", "add-model")];

fn read(kind: Kind, name: &str, text: &str) -> anyhow::Result<Value> {
    Ok(match kind {
        Kind::Text => text.into(),
        Kind::Bool => match text {
            "true" | "True" | "1" => true.into(),
            "false" | "False" | "0" => false.into(),
            _ => bail!("{name}: expected bool, got {}", settings::got(&text.into())),
        },
        Kind::Int => match text.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => bail!("{name}: expected number, got {}", settings::got(&text.into())),
        },
        Kind::Duration(what) => match cli::duration::parse(text) {
            Ok(_) => text.into(),
            Err(why) => bail!("invalid {what} in model configuration: {why}"),
        },
    })
}

/// Run `juju model-config`.
pub fn run(client: &mut Client, args: &ModelConfigArgs) -> anyhow::Result<ExitCode> {
    let mut model = client.model()?;
    let format = args.output.format();
    let to = args.output.output.as_deref();
    match &args.action {
        ConfigAction::GetAll => print(&output::model_config(&all(&model.config), format), to)?,
        ConfigAction::GetOne(key) => {
            let name = format!("{USER}/{}", model.name);
            match output::model_config_value(&all(&model.config), key, &name, format) {
                Ok(text) => print(&text, to)?,
                Err(why) => bail!(why),
            }
        }
        ConfigAction::Change { file, set, reset } => {
            let known = all(&model.config);
            let mut in_file = match file {
                Some(path) => read_file(path)?,
                None => BTreeMap::new(),
            };
            // `init` refuses words that name these.
            for (name, command) in READ_ONLY {
                if in_file.remove(name).is_some() && !args.ignore_read_only_fields {
                    bail!("{name:?} must be set via {command:?}");
                }
            }
            let mut changed = checked(in_file)?;
            for (name, value) in set {
                changed.insert(name.clone(), parse(name, &settings::text(name, value)?)?);
            }
            for name in changed.keys().chain(reset).filter(|name| !known.contains_key(*name)) {
                let what =
                    format!("key {name:?} is not defined in the current model configuration: possible misspelling");
                client.progress.line(format::warning(&what, Colours::on(&std::io::stderr())).trim_end());
            }
            model.config.extend(changed);
            model.config.retain(|name, _| !reset.contains(name));
            client.write(|db| model::save(db, &model))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Parse the value of the option `name`. Like Juju, keep an unknown option as text.
pub fn parse(name: &str, text: &str) -> anyhow::Result<Value> {
    let value = read(kind(name).unwrap_or(Kind::Text), name, text)?;
    validate::option(name, text)?;
    Ok(value)
}

fn kind(name: &str) -> Option<Kind> {
    OPTIONS.iter().find(|(known, ..)| *known == name).map(|(_, kind, _)| *kind)
}

/// Check the value of the option `name` from a YAML file, where it already has a type.
fn check(name: &str, value: Value) -> anyhow::Result<Value> {
    let expected = match (kind(name), &value) {
        (_, Value::String(text)) => return parse(name, text),
        (None, _) | (Some(Kind::Bool), Value::Bool(_)) | (Some(Kind::Int), Value::Number(_)) => return Ok(value),
        (Some(Kind::Text), Value::Object(_)) if name == "resource-tags" => return Ok(value),
        (Some(Kind::Bool), _) => "bool",
        (Some(Kind::Int), _) => "number",
        (Some(Kind::Text | Kind::Duration(_)), _) => "string",
    };
    bail!("{name}: expected {expected}, got {}", settings::got(&value))
}

/// Options from a YAML file, checked.
pub fn from_file(path: &Path) -> anyhow::Result<BTreeMap<String, Value>> {
    checked(read_file(path)?)
}

/// Options from a YAML file, unchecked.
fn read_file(path: &Path) -> anyhow::Result<BTreeMap<String, Value>> {
    let text = settings::read(path)?;
    match ops_metadata::parse_yaml(&text).map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))? {
        Value::Null => Ok(BTreeMap::new()),
        Value::Object(options) => Ok(options.into_iter().collect()),
        _ => bail!("{}: this is not a map of options", path.display()),
    }
}

/// Each option's value with the option's type.
fn checked(options: BTreeMap<String, Value>) -> anyhow::Result<BTreeMap<String, Value>> {
    let checked = options.into_iter().map(|(name, value)| {
        let value = check(&name, value)?;
        Ok((name, value))
    });
    checked.collect()
}

/// Every option: its value, and whether it is the `default` or was set in the `model`.
fn all(set: &BTreeMap<String, Value>) -> BTreeMap<String, output::ModelOption> {
    let mut found = BTreeMap::new();
    for (name, kind, default) in OPTIONS {
        // A test checks that every default is valid.
        if let Ok(value) = read(kind, name, default) {
            found.insert(name.to_owned(), output::ModelOption { value, source: "default" });
        }
    }
    let version = output::ModelOption { value: JujuVersion::default().to_string().into(), source: "model" };
    found.insert(model::AGENT_VERSION.to_owned(), version);
    for (name, value) in set {
        found.insert(name.clone(), output::ModelOption { value: value.clone(), source: "model" });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_of_its_options_type() {
        assert_eq!(all(&BTreeMap::new()).len(), OPTIONS.len() + 1);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_by_its_options_name() {
        let error = parse("development", "perhaps").unwrap_err().to_string();
        assert_eq!(error, r#"development: expected bool, got string("perhaps")"#);
        let error = parse("update-status-hook-interval", "often").unwrap_err().to_string();
        let why = r#"time: invalid duration "often""#;
        assert_eq!(error, format!("invalid update status hook interval in model configuration: {why}"));
        assert_eq!(parse("update-status-hook-interval", "10s").unwrap(), "10s");
        assert_eq!(parse("something-else", "1").unwrap(), "1");
        for (name, value, why) in [
            ("development", Value::from(5), "expected bool, got int(5)"),
            ("http-proxy", Value::from(true), "expected string, got bool(true)"),
            ("update-status-hook-interval", Value::from(1.5), "expected string, got float64(1.5)"),
            ("num-provision-workers", Value::Null, "expected number, got nothing"),
            ("mode", Value::Array(Vec::new()), "expected string, got a list"),
        ] {
            assert_eq!(check(name, value).unwrap_err().to_string(), format!("{name}: {why}"));
        }
        for (name, value) in [("development", Value::from(true)), ("something-else", Value::from(1))] {
            assert_eq!(check(name, value.clone()).unwrap(), value);
        }
    }
}
