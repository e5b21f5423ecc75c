//! `juju add-model`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::Value;

use crate::cli::{Arguments, ConfigSource, ControllerOption, UsageError, is_model};
use crate::client::{CLOUD, Client, USER, settings, version};
use crate::commands::model_config;
use crate::store::model;

const ADD_MODEL_HELP: &str = "\
Examples:
    juju add-model testing
    juju add-model testing --config update-status-hook-interval=1m
    juju add-model testing --config agent-version=4.0";

/// Add a model, and switch to it.
#[derive(Debug, Clone, Args)]
#[command(after_help = ADD_MODEL_HELP)]
pub struct AddModelArgs {
    /// Name of the model
    #[arg(value_name = "model name")]
    pub name: String,
    /// Cloud or region: only localhost
    #[arg(value_name = "cloud|region|(cloud/region)")]
    pub cloud_region: Option<String>,
    /// Options of the model: a YAML file, or one key=value
    #[arg(long, value_name = "key=value|file", value_parser = ConfigSource::parse)]
    pub config: Vec<ConfigSource>,
    /// Credential for the cloud: not needed
    #[arg(long)]
    pub credential: Option<String>,
    /// User who will own the model
    #[arg(long)]
    pub owner: Option<String>,
    /// Stay in the current model
    #[arg(long = "no-switch")]
    pub no_switch: bool,
    #[command(flatten)]
    pub controller: ControllerOption,
}

impl Arguments for AddModelArgs {
    const USAGE: Option<&str> = Some("<model name> [cloud|region|(cloud/region)]");
    const MISSING: &[&str] = &["missing model name"];

    fn init(&mut self) -> Result<(), UsageError> {
        if is_model(&self.name) {
            return Ok(());
        }
        Err(UsageError::IsNot {
            word: self.name.clone(),
            not: "not a valid name: model names may only contain lowercase letters, digits and hyphens",
        })
    }
}

/// Run `juju add-model`.
pub fn add(client: &mut Client, args: &AddModelArgs) -> anyhow::Result<ExitCode> {
    if let Some(cloud) = &args.cloud_region
        && ![CLOUD, "localhost/localhost"].contains(&cloud.as_str())
    {
        bail!("cloud {cloud:?} not found: the only cloud is {CLOUD:?}");
    }
    let mut config: BTreeMap<String, Value> = BTreeMap::new();
    for word in &args.config {
        match word {
            ConfigSource::Value(pair) => {
                config.insert(pair.name.clone(), model_config::parse(&pair.name, &pair.value)?);
            }
            ConfigSource::ValueFile { name, path } => {
                config.insert(name.clone(), model_config::parse(name, &settings::read(path)?)?);
            }
            ConfigSource::File(path) => config.extend(model_config::from_file(path)?),
        }
    }
    let juju = match config.get(model::AGENT_VERSION) {
        Some(version) => version.as_str().unwrap_or_default().parse()?,
        None => version::of_new_models(Some(client.store.db()))?,
    };
    let made = client.store.write(|db| {
        if model::find(db, &args.name)?.is_some() {
            if juju.is_4() {
                // Juju 4.0: apiserver/facades/client/modelmanager/modelmanager.go.
                bail!("model {USER}/{} already exists", args.name);
            }
            bail!("failed to create new model: model {:?} for {USER} already exists", args.name);
        }
        Ok::<_, anyhow::Error>(model::add(db, &args.name, juju, &config)?)
    })?;
    // Juju switches to the first model even with --no-switch.
    if !args.no_switch {
        client.set_current(Some(&made.name))?;
    }
    client
        .progress
        .info(&format!("Added '{}' model on {CLOUD}/{CLOUD} with credential '{CLOUD}' for user '{USER}'", made.name));
    Ok(ExitCode::SUCCESS)
}
