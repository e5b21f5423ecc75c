//! Models and controllers.

use std::time::Duration;

use clap::Args;

use super::command::Init;
use super::{ConfigSource, ControllerOption, ModelOption, NoPrompt, Output, duration, is_model};
use crate::format::{Document, Smart, Tabular};

/// `juju add-model`.
#[derive(Debug, Clone, Args)]
pub struct AddModel {
    /// Name of the model
    #[arg(value_name = "model name")]
    pub name: String,
    /// Cloud or region: there is one, localhost
    #[arg(value_name = "cloud|region|(cloud/region)")]
    pub cloud_region: Option<String>,
    /// Options of the model: a YAML file, or one key=value
    #[arg(long, value_name = "key=value|file", value_parser = ConfigSource::parse)]
    pub config: Vec<ConfigSource>,
    /// Credential of the cloud: none is needed
    #[arg(long)]
    pub credential: Option<String>,
    /// User who will own the model
    #[arg(long)]
    pub owner: Option<String>,
    /// Stay in the current model
    #[arg(long = "no-switch")]
    pub no_switch: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub controller: ControllerOption,
}

impl Init for AddModel {
    fn init(&mut self) -> Result<(), String> {
        if is_model(&self.name) {
            return Ok(());
        }
        Err(format!(
            "{:?} is not a valid name: model names may only contain lowercase letters, digits and hyphens",
            self.name
        ))
    }
}

/// `juju destroy-model`.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
pub struct DestroyModel {
    /// The model, by its name or by its controller's and its own
    #[arg(value_name = "model name", help = "The model, as [<controller name>:]<model name>")]
    pub model: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub prompt: NoPrompt,
    /// Destroy the model's storage
    #[arg(long = "destroy-storage")]
    pub destroy_storage: bool,
    /// Keep the model's storage
    #[arg(long = "release-storage")]
    pub release_storage: bool,
    /// Go on whatever fails
    #[arg(long)]
    pub force: bool,
    /// Do not wait for a step before the next
    #[arg(long = "no-wait")]
    pub no_wait: bool,
    /// Time for each step of a forced destruction
    #[arg(short = 't', long, value_name = "duration", value_parser = duration::parse)]
    pub timeout: Option<Duration>,
    /// Do not use a web browser for authentication
    #[arg(short = 'B', long = "no-browser-login", hide = true)]
    pub no_browser_login: bool,
}

impl Init for DestroyModel {
    fn init(&mut self) -> Result<(), String> {
        if self.destroy_storage && self.release_storage {
            return Err("--destroy-storage and --release-storage cannot both be specified".to_owned());
        }
        if self.timeout.is_some() && !self.force {
            return Err("--timeout can only be used with --force (dangerous)".to_owned());
        }
        Ok(())
    }
}

/// `juju models`.
#[derive(Debug, Clone, Args)]
pub struct Models {
    /// The user whose models to list
    #[arg(long)]
    pub user: Option<String>,
    /// List every user's models
    #[arg(long)]
    pub all: bool,
    /// Show the models' UUIDs
    #[arg(long)]
    pub uuid: bool,
    /// Show full times
    #[arg(long = "exact-time")]
    pub exact_time: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub controller: ControllerOption,
}

impl Init for Models {}

/// `juju switch`.
#[derive(Debug, Clone, Args)]
pub struct Switch {
    /// A controller, a model or both; the current one is printed if there is none
    #[arg(value_name = "<controller>|<model>|<controller>:|:<model>|<controller>:<model>")]
    pub target: Option<String>,
}

impl Init for Switch {}

/// `juju show-model`.
#[derive(Debug, Clone, Args)]
pub struct ShowModel {
    /// The model; the current one if there is none
    #[arg(value_name = "model name")]
    pub name: Option<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Document>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for ShowModel {}

/// `juju controllers`.
#[derive(Debug, Clone, Args)]
pub struct Controllers {
    /// Ask the controllers for their latest details
    #[arg(long)]
    pub refresh: bool,
    /// Show controllers managed by JAAS
    #[arg(long)]
    pub managed: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Tabular>,
}

impl Init for Controllers {}

/// `juju show-controller`.
#[derive(Debug, Clone, Args)]
pub struct ShowController {
    /// The controllers; the current one if there is none
    #[arg(value_name = "controller name")]
    pub names: Vec<String>,
    /// Show passwords
    #[arg(long = "show-password", hide = true)]
    pub show_password: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Document>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub controller: ControllerOption,
}

impl Init for ShowController {}

/// `juju whoami`.
#[derive(Debug, Clone, Args)]
pub struct Whoami {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Tabular>,
}

impl Init for Whoami {}

/// `juju version`.
#[derive(Debug, Clone, Args)]
pub struct Version {
    /// Print everything there is to know of the version
    #[arg(long)]
    pub all: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Smart>,
}

impl Init for Version {}
