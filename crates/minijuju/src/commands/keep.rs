//! `minijuju keep`, which Juju does not have: Juju's controller is always running.

use std::process::ExitCode;

use clap::Args;

use crate::cli::{Arguments, ModelOption};
use crate::client::Client;
use crate::uniter;

const KEEP_HELP: &str = "\
Details:
Juju's controller is always running, and acts as time passes. This command does the same while it runs:

 - update-status, every five minutes or as the option update-status-hook-interval says
 - retries of failed hooks after 5, 10, 20 seconds and so on, up to 5 minutes, unless the option
   automatically-retry-hooks is false
 - rotation and expiry of secrets
 - restarts of machines that are down, and of their units

Other commands work in the meantime.

Examples:
    minijuju keep
    minijuju keep testing";

/// Keep a model running as Juju does, until Ctrl-C (minijuju only).
#[derive(Debug, Clone, Args)]
#[command(after_help = KEEP_HELP)]
pub struct KeepArgs {
    /// The model; by default the current one
    #[arg(value_name = "model name", id = "model name")]
    pub name: Option<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for KeepArgs {}

/// Run `minijuju keep`.
pub fn run(client: &mut Client, args: &KeepArgs) -> anyhow::Result<ExitCode> {
    if let Some(name) = &args.name {
        client.set_model(name);
    }
    let model = client.model()?;
    let machines = client.machines()?;
    machines.check_available()?;
    uniter::keep(&mut client.store, &model, &machines, &client.progress)?;
    Ok(ExitCode::SUCCESS)
}
