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
enum OptionType {
    Text,
    Bool,
    Int,
    /// A duration, with Juju's name for it in errors.
    Duration(&'static str),
}

/// The options that have an effect here or that tests set, with Juju's defaults.
const OPTIONS: [(&str, OptionType, &str); 32] = [
    ("agent-stream", OptionType::Text, "released"),
    ("apt-ftp-proxy", OptionType::Text, ""),
    ("apt-http-proxy", OptionType::Text, ""),
    ("apt-https-proxy", OptionType::Text, ""),
    ("apt-mirror", OptionType::Text, ""),
    ("apt-no-proxy", OptionType::Text, ""),
    ("automatically-retry-hooks", OptionType::Bool, "true"),
    ("cloudinit-userdata", OptionType::Text, ""),
    ("default-base", OptionType::Text, ""),
    ("default-space", OptionType::Text, ""),
    ("development", OptionType::Bool, "false"),
    ("disable-network-management", OptionType::Bool, "false"),
    ("enable-os-refresh-update", OptionType::Bool, "true"),
    ("enable-os-upgrade", OptionType::Bool, "true"),
    ("firewall-mode", OptionType::Text, "instance"),
    ("ftp-proxy", OptionType::Text, ""),
    ("http-proxy", OptionType::Text, ""),
    ("https-proxy", OptionType::Text, ""),
    ("image-stream", OptionType::Text, "released"),
    ("juju-ftp-proxy", OptionType::Text, ""),
    ("juju-http-proxy", OptionType::Text, ""),
    ("juju-https-proxy", OptionType::Text, ""),
    ("juju-no-proxy", OptionType::Text, NO_PROXY),
    ("logging-config", OptionType::Text, "<root>=INFO"),
    ("max-action-results-age", OptionType::Duration("max action age"), "336h"),
    ("max-status-history-age", OptionType::Duration("max status history age"), "336h"),
    ("mode", OptionType::Text, "requires-prompts"),
    ("no-proxy", OptionType::Text, NO_PROXY),
    ("num-provision-workers", OptionType::Int, "16"),
    ("resource-tags", OptionType::Text, ""),
    ("test-mode", OptionType::Bool, "false"),
    ("update-status-hook-interval", OptionType::Duration("update status hook interval"), "5m"),
];

/// Options that `model-config` cannot set, and the command that Juju names instead.
const READ_ONLY: [(&str, &str); 2] = [("agent-version", "upgrade-model"), ("charmhub-url", "add-model")];

fn parse_as(option_type: OptionType, name: &str, text: &str) -> anyhow::Result<Value> {
    Ok(match option_type {
        OptionType::Text => text.into(),
        OptionType::Bool => match text {
            "true" | "True" | "1" => true.into(),
            "false" | "False" | "0" => false.into(),
            _ => bail!("{name}: expected bool, got {}", settings::quote_with_type(&text.into())),
        },
        OptionType::Int => match text.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => bail!("{name}: expected number, got {}", settings::quote_with_type(&text.into())),
        },
        OptionType::Duration(what) => match cli::duration::parse(text) {
            Ok(_) => text.into(),
            Err(error) => bail!("invalid {what} in model configuration: {error}"),
        },
    })
}

/// Run `juju model-config`.
pub fn run(client: &mut Client, args: &ModelConfigArgs) -> anyhow::Result<ExitCode> {
    let mut model = client.model()?;
    let format = args.output.format();
    let output_file = args.output.output.as_deref();
    match &args.action {
        ConfigAction::GetAll => print(&output::model_config(&all_options(&model.config), format), output_file)?,
        ConfigAction::GetOne(key) => {
            let name = format!("{USER}/{}", model.name);
            match output::model_config_value(&all_options(&model.config), key, &name, format) {
                Ok(text) => print(&text, output_file)?,
                Err(error) => bail!(error),
            }
        }
        ConfigAction::Change { file, set, reset } => {
            let known = all_options(&model.config);
            let mut from_file = match file {
                Some(path) => read_file(path)?,
                None => BTreeMap::new(),
            };
            // `init` refuses words that name these.
            for (name, command) in READ_ONLY {
                if from_file.remove(name).is_some() && !args.ignore_read_only_fields {
                    bail!("{name:?} must be set via {command:?}");
                }
            }
            let mut changed = check_all(from_file)?;
            for (name, value) in set {
                changed.insert(name.clone(), parse(name, &settings::read_value(name, value)?)?);
            }
            for name in changed.keys().chain(reset).filter(|name| !known.contains_key(*name)) {
                let warning =
                    format!("key {name:?} is not defined in the current model configuration: possible misspelling");
                client.progress.print(format::warning(&warning, Colours::on(&std::io::stderr())).trim_end());
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
    let value = parse_as(option_type(name).unwrap_or(OptionType::Text), name, text)?;
    validate::option(name, text)?;
    Ok(value)
}

fn option_type(name: &str) -> Option<OptionType> {
    OPTIONS.iter().find(|(known, ..)| *known == name).map(|(_, option_type, _)| *option_type)
}

/// Check the value of the option `name` from a YAML file, where it already has a type.
fn check_yaml_value(name: &str, value: Value) -> anyhow::Result<Value> {
    let expected = match (option_type(name), &value) {
        (_, Value::String(text)) => return parse(name, text),
        (None, _) | (Some(OptionType::Bool), Value::Bool(_)) | (Some(OptionType::Int), Value::Number(_)) => {
            return Ok(value);
        }
        (Some(OptionType::Text), Value::Object(_)) if name == "resource-tags" => return Ok(value),
        (Some(OptionType::Bool), _) => "bool",
        (Some(OptionType::Int), _) => "number",
        (Some(OptionType::Text | OptionType::Duration(_)), _) => "string",
    };
    bail!("{name}: expected {expected}, got {}", settings::quote_with_type(&value))
}

/// Options from a YAML file, checked.
pub fn from_file(path: &Path) -> anyhow::Result<BTreeMap<String, Value>> {
    check_all(read_file(path)?)
}

/// Options from a YAML file, unchecked.
fn read_file(path: &Path) -> anyhow::Result<BTreeMap<String, Value>> {
    let text = settings::read(path)?;
    match ops_metadata::parse_yaml(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))? {
        Value::Null => Ok(BTreeMap::new()),
        Value::Object(options) => Ok(options.into_iter().collect()),
        _ => bail!("{}: this is not a map of options", path.display()),
    }
}

/// Each option's value with the option's type.
fn check_all(options: BTreeMap<String, Value>) -> anyhow::Result<BTreeMap<String, Value>> {
    let values = options.into_iter().map(|(name, value)| {
        let value = check_yaml_value(&name, value)?;
        Ok((name, value))
    });
    values.collect()
}

/// Every option: its value, and whether it is the `default` or was set in the `model`.
fn all_options(set: &BTreeMap<String, Value>) -> BTreeMap<String, output::ModelOption> {
    let mut options = BTreeMap::new();
    for (name, option_type, default) in OPTIONS {
        // A test checks that every default is valid.
        if let Ok(value) = parse_as(option_type, name, default) {
            options.insert(name.to_owned(), output::ModelOption { value, source: "default" });
        }
    }
    let version = output::ModelOption { value: JujuVersion::default().to_string().into(), source: "model" };
    options.insert(model::AGENT_VERSION.to_owned(), version);
    for (name, value) in set {
        options.insert(name.clone(), output::ModelOption { value: value.clone(), source: "model" });
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_has_the_type_of_its_option() {
        assert_eq!(all_options(&BTreeMap::new()).len(), OPTIONS.len() + 1);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_with_the_name_of_its_option() {
        let error = parse("development", "perhaps").unwrap_err().to_string();
        assert_eq!(error, r#"development: expected bool, got string("perhaps")"#);
        let error = parse("update-status-hook-interval", "often").unwrap_err().to_string();
        let reason = r#"time: invalid duration "often""#;
        assert_eq!(error, format!("invalid update status hook interval in model configuration: {reason}"));
        assert_eq!(parse("update-status-hook-interval", "10s").unwrap(), "10s");
        assert_eq!(parse("something-else", "1").unwrap(), "1");
        for (name, value, reason) in [
            ("development", Value::from(5), "expected bool, got int(5)"),
            ("http-proxy", Value::from(true), "expected string, got bool(true)"),
            ("update-status-hook-interval", Value::from(1.5), "expected string, got float64(1.5)"),
            ("num-provision-workers", Value::Null, "expected number, got nothing"),
            ("mode", Value::Array(Vec::new()), "expected string, got a list"),
        ] {
            assert_eq!(check_yaml_value(name, value).unwrap_err().to_string(), format!("{name}: {reason}"));
        }
        for (name, value) in [("development", Value::from(true)), ("something-else", Value::from(1))] {
            assert_eq!(check_yaml_value(name, value.clone()).unwrap(), value);
        }
    }
}
