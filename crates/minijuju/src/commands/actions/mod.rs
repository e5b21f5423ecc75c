//! `juju actions` and `juju show-action`.

pub mod output;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::charm;
use crate::cli::{Arguments, ModelOption, UsageError, check_application_name};
use crate::client::{Client, print};
use crate::format::Tabular;

const ACTIONS_HELP: &str = "\
Examples:
    juju actions tinyproxy
    juju actions tinyproxy --schema";

/// List an application's actions.
#[derive(Debug, Clone, Args)]
#[command(alias = "list-actions", after_help = ACTIONS_HELP)]
pub struct ActionsArgs {
    /// The application
    pub application: String,
    /// Show the actions' parameters
    #[arg(long)]
    pub schema: bool,
    /// Output format: by default yaml with --schema, else tabular
    #[arg(long, value_enum, value_name = "format")]
    format: Option<ActionsFormat>,
    /// Write the output to this file
    #[arg(short = 'o', long, value_name = "file")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub model: ModelOption,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ActionsFormat {
    Default,
    Json,
    Tabular,
    Yaml,
}

impl ActionsArgs {
    /// The requested format, or the default.
    #[must_use]
    pub fn format(&self) -> Tabular {
        match self.format {
            Some(ActionsFormat::Json) => Tabular::Json,
            Some(ActionsFormat::Yaml) => Tabular::Yaml,
            Some(ActionsFormat::Default) | None if self.schema => Tabular::Yaml,
            Some(ActionsFormat::Tabular | ActionsFormat::Default) | None => Tabular::Tabular,
        }
    }
}

impl Arguments for ActionsArgs {
    const USAGE: Option<&str> = Some("<application>");
    const MISSING: &[&str] = &["no application name specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        if self.schema && self.format == Some(ActionsFormat::Tabular) {
            return Err(UsageError::Rule("full schema not compatible with tabular output"));
        }
        Ok(check_application_name(&self.application)?)
    }
}

/// Show one of an application's actions.
#[derive(Debug, Clone, Args)]
pub struct ShowActionArgs {
    /// The application
    pub application: String,
    /// The action
    pub action: String,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ShowActionArgs {
    const USAGE: Option<&str> = Some("<application> <action>");
    const MISSING: &[&str] = &["no application name specified", "no action specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        Ok(check_application_name(&self.application)?)
    }
}

/// Run `juju actions`.
pub fn list(client: &mut Client, args: &ActionsArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let meta = charm::metadata_for(&client.application(&model, &args.application)?, model.juju)?;
    if meta.actions.is_empty() && !args.schema && args.format() == Tabular::Tabular {
        client.progress.info(&format!("No actions defined for {}.", args.application));
        return Ok(ExitCode::SUCCESS);
    }
    let text = if args.schema {
        let schemas = meta.actions.iter().map(|(name, action)| (name.clone(), action.params_schema())).collect();
        output::action_schemas(&schemas, args.format())
    } else {
        let descriptions = meta.actions.iter().map(|(name, action)| (name.clone(), action.description.clone()));
        output::actions(&descriptions.collect(), args.format())
    };
    print(&text, args.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-action`.
pub fn show(client: &mut Client, args: &ShowActionArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let meta = charm::metadata_for(&client.application(&model, &args.application)?, model.juju)?;
    let Some(action) = meta.actions.get(&args.action) else {
        client.progress.info(&format!("unknown action {:?}", args.action));
        return Ok(ExitCode::FAILURE);
    };
    print(&output::show_action(&action.description, &action.params_schema()), None)?;
    Ok(ExitCode::SUCCESS)
}
