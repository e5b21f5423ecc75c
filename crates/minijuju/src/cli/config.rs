//! Options of applications and models.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::command::Init;
use super::{ModelOption, Output};
use crate::format::{Document, Tabular};

/// What the words of `juju config` and `juju model-config` have in common.
#[derive(Debug, Clone, Args)]
pub struct ConfigOptions {
    /// YAML file with options to set; - for standard input
    #[arg(long, value_name = "file")]
    pub file: Option<PathBuf>,
    /// Give these options, separated by commas, their defaults again
    #[arg(long = "reset", value_name = "key[,key]")]
    reset: Vec<String>,
    /// Use ANSI color codes in output
    #[arg(long)]
    pub color: bool,
    /// Do not use ANSI color codes in output
    #[arg(long = "no-color")]
    pub no_color: bool,
}

/// What `juju config` is to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ConfigAction {
    /// Show every option.
    #[default]
    GetAll,
    /// Show one option's value.
    GetOne(String),
    /// Change options: first those of the file, then these.
    Change {
        /// A YAML file to set options from; `-` is standard input.
        file: Option<PathBuf>,
        /// Options to set, with the values as they were given; `@file` stands for a file's content.
        set: BTreeMap<String, String>,
        /// Options to give their defaults again.
        reset: Vec<String>,
    },
}

impl ConfigOptions {
    /// Settles what to do from the options and the words after them.
    fn action(&self, words: &[String], cannot_reset: &[&str]) -> Result<ConfigAction, String> {
        let mut doing = Vec::new();
        if self.file.is_some() {
            doing.push("use --file flag");
        }
        let mut reset = Vec::new();
        if !self.reset.is_empty() {
            reset.extend(self.reset.iter().flat_map(|keys| keys.trim_matches(',').split(',')).map(str::to_owned));
            for key in &reset {
                if cannot_reset.contains(&key.as_str()) {
                    return Err(format!("{key:?} cannot be reset"));
                }
                if key.contains('=') {
                    return Err(format!("--reset accepts a comma delimited set of keys \"a,b,c\", received: {key:?}"));
                }
            }
            doing.push("use --reset flag");
        }
        let mut set = BTreeMap::new();
        let mut get = Vec::new();
        for word in words {
            match word.split_once('=') {
                None => get.push(word.clone()),
                Some(("", _)) => return Err(format!("expected \"key=value\", got {word:?}")),
                Some((key, value)) => {
                    if set.insert(key.to_owned(), value.to_owned()).is_some() {
                        return Err(format!("key {key:?} specified more than once"));
                    }
                }
            }
        }
        if !get.is_empty() {
            doing.push("get value");
        }
        if !set.is_empty() {
            doing.push("set key=value pairs");
        }
        if doing.is_empty() {
            return Ok(ConfigAction::GetAll);
        }
        if !get.is_empty() && doing.len() > 1 {
            let last = doing.pop().unwrap_or_default();
            return Err(format!("cannot {} and {last} simultaneously", doing.join(", ")));
        }
        if get.len() > 1 {
            return Err("cannot specify multiple keys to get".to_owned());
        }
        if let Some(key) = get.pop() {
            return Ok(ConfigAction::GetOne(key));
        }
        if let Some(key) = reset.iter().find(|key| set.contains_key(*key)) {
            return Err(format!("cannot set and reset key {key:?} simultaneously"));
        }
        Ok(ConfigAction::Change { file: self.file.clone(), set, reset })
    }
}

/// `juju config`.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// The application
    #[arg(value_name = "application name")]
    pub application: String,
    /// An option to show, or options to set as key=value
    #[arg(value_name = "attribute-key[=value]")]
    words: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub options: ConfigOptions,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Document>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// What the words came to.
    #[arg(skip)]
    pub action: ConfigAction,
}

impl Init for Config {
    fn init(&mut self) -> Result<(), String> {
        if self.application.contains('=') {
            return Err("no application name specified".to_owned());
        }
        self.action = self.options.action(&self.words, &[])?;
        Ok(())
    }
}

/// `juju model-config`.
#[derive(Debug, Clone, Args)]
pub struct ModelConfig {
    /// An option to show, or options to set as key=value
    #[arg(value_name = "model-key[=value]")]
    words: Vec<String>,
    /// Leave out of --file what cannot be set
    #[arg(long = "ignore-read-only-fields")]
    pub ignore_read_only_fields: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub options: ConfigOptions,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// What the words came to.
    #[arg(skip)]
    pub action: ConfigAction,
}

impl Init for ModelConfig {
    fn init(&mut self) -> Result<(), String> {
        self.action = self.options.action(&self.words, &["agent-version", "charmhub-url"])?;
        Ok(())
    }
}
