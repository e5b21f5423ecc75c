//! `juju config`.

pub mod output;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use emulator::JujuVersion;

use self::output::{ApplicationConfig, Setting};
use crate::charm;
use crate::cli::{Arguments, ColorOptions, ModelOption, Output, UsageError};
use crate::client::settings::{self, Settings, TRUST};
use crate::client::{Client, print};
use crate::format::Document;
use crate::store::application::{self, Application};

/// The options that `juju config` and `juju model-config` share.
#[derive(Debug, Clone, Args)]
pub struct ConfigOptions {
    /// YAML file with options to set; - for standard input
    #[arg(long, value_name = "file")]
    pub file: Option<PathBuf>,
    /// Reset these options, separated by commas, to their defaults
    #[arg(long = "reset", value_name = "key[,key]")]
    reset: Vec<String>,
    #[command(flatten)]
    pub colors: ColorOptions,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ConfigAction {
    #[default]
    GetAll,
    GetOne(String),
    /// Change options: first those in the file, then `set`.
    Change {
        /// A YAML file with options to set; `-` is standard input.
        file: Option<PathBuf>,
        /// Options to set, with the values as given; `@file` means the content of that file.
        set: BTreeMap<String, String>,
        /// Options to reset to their defaults.
        reset: Vec<String>,
    },
}

/// Options and words that `juju config` and `juju model-config` do not accept together.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{0:?} cannot be reset")]
    CannotReset(String),
    #[error("--reset accepts a comma delimited set of keys \"a,b,c\", received: {0:?}")]
    ResetValue(String),
    #[error("expected \"key=value\", got {0:?}")]
    EmptyKey(String),
    #[error("key {0:?} specified more than once")]
    Repeated(String),
    #[error("cannot {} and {last} simultaneously", actions.join(", "))]
    Conflict { actions: Vec<&'static str>, last: &'static str },
    #[error("cannot specify multiple keys to get")]
    SeveralKeys,
    #[error("cannot set and reset key {0:?} simultaneously")]
    SetAndReset(String),
}

impl ConfigOptions {
    /// Find out what to do from the options and the words after them.
    pub fn action(&self, words: &[String], cannot_reset: &[&str]) -> Result<ConfigAction, ConfigError> {
        let mut actions = Vec::new();
        if self.file.is_some() {
            actions.push("use --file flag");
        }
        let mut reset = Vec::new();
        if !self.reset.is_empty() {
            reset.extend(self.reset.iter().flat_map(|keys| keys.trim_matches(',').split(',')).map(str::to_owned));
            for key in &reset {
                if cannot_reset.contains(&key.as_str()) {
                    return Err(ConfigError::CannotReset(key.clone()));
                }
                if key.contains('=') {
                    return Err(ConfigError::ResetValue(key.clone()));
                }
            }
            actions.push("use --reset flag");
        }
        let mut set = BTreeMap::new();
        let mut get = Vec::new();
        for word in words {
            match word.split_once('=') {
                None => get.push(word.clone()),
                Some(("", _)) => return Err(ConfigError::EmptyKey(word.clone())),
                Some((key, value)) => {
                    if set.insert(key.to_owned(), value.to_owned()).is_some() {
                        return Err(ConfigError::Repeated(key.to_owned()));
                    }
                }
            }
        }
        if !get.is_empty() {
            actions.push("get value");
        }
        if !set.is_empty() {
            actions.push("set key=value pairs");
        }
        if actions.is_empty() {
            return Ok(ConfigAction::GetAll);
        }
        if !get.is_empty() && actions.len() > 1 {
            let last = actions.pop().unwrap_or_default();
            return Err(ConfigError::Conflict { actions, last });
        }
        if get.len() > 1 {
            return Err(ConfigError::SeveralKeys);
        }
        if let Some(key) = get.pop() {
            return Ok(ConfigAction::GetOne(key));
        }
        if let Some(key) = reset.iter().find(|key| set.contains_key(*key)) {
            return Err(ConfigError::SetAndReset(key.clone()));
        }
        Ok(ConfigAction::Change { file: self.file.clone(), set, reset })
    }
}

const CONFIG_HELP: &str = "\
Details:
Without a key, all options are shown. A value that starts with @ is the name of the file to read it from.

Examples:
    juju config tinyproxy
    juju config tinyproxy slug
    juju config tinyproxy slug=foo
    juju config tinyproxy --reset slug
    juju config tinyproxy --file options.yaml";

/// Show, set or reset an application's options.
#[derive(Debug, Clone, Args)]
#[command(after_help = CONFIG_HELP)]
pub struct ConfigArgs {
    /// The application
    #[arg(value_name = "application name")]
    pub application: String,
    /// An option to show, or options to set as key=value
    #[arg(value_name = "attribute-key[=value]")]
    words: Vec<String>,
    #[command(flatten)]
    pub options: ConfigOptions,
    #[command(flatten)]
    pub output: Output<Document>,
    #[command(flatten)]
    pub model: ModelOption,
    /// What to do.
    #[arg(skip)]
    pub action: ConfigAction,
}

impl Arguments for ConfigArgs {
    const USAGE: Option<&str> = Some("<application name> [--reset <key[,key]>] [<attribute-key>[=<value>] ...]");
    const MISSING: &[&str] = &["no application name specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        if self.application.contains('=') {
            return Err(UsageError::Rule("no application name specified"));
        }
        self.action = self.options.action(&self.words, &[]).map_err(UsageError::command)?;
        Ok(())
    }
}

/// Adds the context with which Juju says why it refuses options.
fn refusal_context(juju: JujuVersion) -> impl Fn(anyhow::Error) -> anyhow::Error {
    move |reason| match juju.is_4() {
        false => reason.context("parsing settings for application"),
        true if reason.to_string().starts_with("unknown option ") => reason.context("invalid application config"),
        true => reason,
    }
}

pub fn run(client: &mut Client, args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let application = client.application_unquoted(&model, &args.application)?;
    let output_file = args.output.output.as_deref();
    match &args.action {
        ConfigAction::GetAll => {
            print(&output::config(&application_config(&application)?, args.output.format()), output_file)?;
        }
        ConfigAction::GetOne(key) => match output::config_value(&application_config(&application)?, key) {
            Ok(text) => print(&text, output_file)?,
            Err(unknown) => bail!(unknown),
        },
        ConfigAction::Change { file, set, reset } => {
            let meta = charm::metadata(&application)?;
            let mut settings = match file {
                Some(path) => settings::from_yaml(&meta, &application.name, &settings::read(path)?)
                    .map_err(refusal_context(model.juju))?,
                None => Settings::default(),
            };
            for (name, value) in set {
                let text = settings::read_value(name, value)?;
                settings.set(&meta, name, &text).map_err(refusal_context(model.juju))?;
            }
            settings.check_secrets(&meta).map_err(refusal_context(model.juju))?;
            for name in reset {
                if name == TRUST {
                    settings.trust = Some(false);
                } else {
                    settings::option(&meta, name).context("updating application charm settings")?;
                }
            }
            client.write(|db| {
                let Some(mut current) = application::find(db, &model.uuid, &application.name)? else { return Ok(()) };
                current.config.retain(|name, _| !reset.contains(name));
                current.trust = settings.trust.unwrap_or(current.trust);
                settings.apply(&mut current.config);
                application::save(db, &model.uuid, &current)
            })?;
            client.settle(&model)?;
            crate::client::summary::print_units(client, &model, &application.name)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn application_config(application: &Application) -> anyhow::Result<ApplicationConfig> {
    let meta = charm::metadata(application)?;
    let settings = meta.config.values().map(|option| {
        let setting = Setting::new(
            option.option_type.to_string(),
            option.description.clone(),
            option.default.clone(),
            application.config.get(&option.name).cloned(),
        );
        (option.name.clone(), setting)
    });
    Ok(ApplicationConfig {
        application: application.name.clone(),
        application_config: [(TRUST.to_owned(), Setting::trust(application.trust))].into(),
        charm: application.charm.clone(),
        settings: settings.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::tests::{assert_refused, command};

    #[test]
    fn config_derives_the_action_from_its_words() {
        let action = |line: &str| command!(line, Config).action;
        let change = |set: &[(&str, &str)], reset: &[&str], file: Option<&str>| ConfigAction::Change {
            file: file.map(Into::into),
            set: set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            reset: reset.iter().map(|key| (*key).to_owned()).collect(),
        };
        assert_eq!(action("config tinyproxy"), ConfigAction::GetAll);
        assert_eq!(action("config tinyproxy slug"), ConfigAction::GetOne("slug".into()));
        assert_eq!(action("config tinyproxy slug=foo/bar n="), change(&[("slug", "foo/bar"), ("n", "")], &[], None));
        assert_eq!(action("config tinyproxy --reset a,b --reset c"), change(&[], &["a", "b", "c"], None));
        assert_eq!(
            action("config tinyproxy --file o.yaml a=1 --reset b"),
            change(&[("a", "1")], &["b"], Some("o.yaml"))
        );
        for (line, reason) in [
            ("config", "no application name specified"),
            ("config slug=foo", "no application name specified"),
            ("config a b c", "cannot specify multiple keys to get"),
            ("config a b c=1", "cannot get value and set key=value pairs simultaneously"),
            ("config a b --reset c --file f", "cannot use --file flag, use --reset flag and get value simultaneously"),
            ("config a b=1 --reset b", "cannot set and reset key \"b\" simultaneously"),
            ("config a b=1 b=2", "key \"b\" specified more than once"),
            ("config a =1", "expected \"key=value\", got \"=1\""),
            ("config a --reset b=1", "--reset accepts a comma delimited set of keys \"a,b,c\", received: \"b=1\""),
            ("model-config --reset agent-version", "\"agent-version\" cannot be reset"),
        ] {
            assert_refused(line, reason, 2);
        }
    }
}
