//! `juju expose`, `juju unexpose` and `juju trust`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{ArgAction, Args};
use serde_json::{Map, Value, json};

use crate::charm;
use crate::cli::{Arguments, ModelOption, UsageError, check_application_name};
use crate::client::Client;
use crate::store::application::{self, Application};
use crate::store::model::Model;

/// Make an application reachable from anywhere.
#[derive(Debug, Clone, Args)]
pub struct ExposeArgs {
    /// The application
    #[arg(value_name = "application name")]
    pub application: String,
    /// Expose only ports of these endpoints, separated by commas
    #[arg(long, action = ArgAction::Set, value_delimiter = ',', value_name = "endpoint")]
    pub endpoints: Vec<String>,
    /// Allow access from these spaces, separated by commas
    #[arg(long = "to-spaces", action = ArgAction::Set, value_delimiter = ',', value_name = "space")]
    pub to_spaces: Vec<String>,
    /// Allow access from these networks, separated by commas
    #[arg(long = "to-cidrs", action = ArgAction::Set, value_delimiter = ',', value_name = "cidr")]
    pub to_cidrs: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ExposeArgs {
    const USAGE: Option<&str> = Some("<application name>");
    const MISSING: &[&str] = &["no application name specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        Ok(check_application_name(&self.application)?)
    }
}

/// Undo expose.
#[derive(Debug, Clone, Args)]
pub struct UnexposeArgs {
    /// The application
    #[arg(value_name = "application name")]
    pub application: String,
    /// Unexpose only ports of these endpoints, separated by commas
    #[arg(long, action = ArgAction::Set, value_delimiter = ',', value_name = "endpoint")]
    pub endpoints: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for UnexposeArgs {
    const USAGE: Option<&str> = Some("<application name>");
    const MISSING: &[&str] = &["no application name specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        Ok(check_application_name(&self.application)?)
    }
}

/// Allow an application to use the cloud's credentials.
#[derive(Debug, Clone, Args)]
pub struct TrustArgs {
    /// The application
    #[arg(value_name = "application name")]
    pub application: String,
    /// Revoke the trust
    #[arg(long)]
    pub remove: bool,
    /// For charms in containers: accepted for machine models, without effect
    #[arg(long, hide = true)]
    pub scope: Option<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for TrustArgs {
    const USAGE: Option<&str> = Some("<application name>");
    const MISSING: &[&str] = &["no application name specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        Ok(check_application_name(&self.application)?)
    }
}

/// Run `juju expose`.
pub fn expose(client: &mut Client, args: &ExposeArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut application = client.application(&model, &args.application)?;
    check_endpoints(&application, &args.endpoints)?;
    let mut exposed = match application.exposed.take() {
        Some(Value::Object(exposed)) if !args.endpoints.is_empty() => exposed,
        _ => Map::new(),
    };
    let mut details = Map::new();
    if !args.to_spaces.is_empty() {
        details.insert("expose-to-spaces".to_owned(), json!(args.to_spaces));
    }
    let everyone = args.to_cidrs.is_empty() && args.to_spaces.is_empty();
    let cidrs = if everyone { vec!["0.0.0.0/0".to_owned(), "::/0".to_owned()] } else { args.to_cidrs.clone() };
    if !cidrs.is_empty() {
        details.insert("expose-to-cidrs".to_owned(), json!(cidrs));
    }
    let all_endpoints = [String::new()];
    let endpoints: &[String] = if args.endpoints.is_empty() { &all_endpoints } else { &args.endpoints };
    for endpoint in endpoints {
        exposed.insert(endpoint.clone(), Value::Object(details.clone()));
    }
    application.exposed = Some(Value::Object(exposed));
    save(client, &model, &application)
}

/// Run `juju unexpose`.
pub fn unexpose(client: &mut Client, args: &UnexposeArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut application = client.application(&model, &args.application)?;
    check_endpoints(&application, &args.endpoints)?;
    application.exposed = match application.exposed.take() {
        Some(Value::Object(mut exposed)) if !args.endpoints.is_empty() => {
            for endpoint in &args.endpoints {
                exposed.remove(endpoint).with_context(|| format!("endpoint {endpoint:?} is not exposed"))?;
            }
            (!exposed.is_empty()).then_some(Value::Object(exposed))
        }
        _ => None,
    };
    save(client, &model, &application)
}

/// Run `juju trust`.
pub fn trust(client: &mut Client, args: &TrustArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut application = client.application(&model, &args.application)?;
    application.trust = !args.remove;
    save(client, &model, &application)?;
    client.settle(&model)?;
    Ok(ExitCode::SUCCESS)
}

fn save(client: &mut Client, model: &Model, application: &Application) -> anyhow::Result<ExitCode> {
    client.write(|db| application::save(db, &model.uuid, application))?;
    Ok(ExitCode::SUCCESS)
}

fn check_endpoints(application: &Application, endpoints: &[String]) -> anyhow::Result<()> {
    let meta = charm::metadata(application)?;
    match endpoints.iter().find(|endpoint| !endpoint.is_empty() && !meta.relations.contains_key(*endpoint)) {
        Some(endpoint) => bail!("endpoint {endpoint:?} not found"),
        None => Ok(()),
    }
}
