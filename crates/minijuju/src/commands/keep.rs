//! `minijuju keep`, which Juju does not have: its controller is always there.

use std::process::ExitCode;

use clap::Args;

use crate::cli::{Arguments, ModelOption};
use crate::client::Client;
use crate::uniter;

const KEEP_HELP: &str = "\
Details:
Juju's controller is always there, and does what time asks for. Here, a command does as long as it runs:

 - update-status, every five minutes or as the option update-status-hook-interval says
 - hooks that failed, again after 5 seconds, 10, 20 and so on, up to 5 minutes, unless the option
   automatically-retry-hooks is false
 - secrets that are to rotate or that expire
 - machines that are down: they start again, and their units with them

Other commands work meanwhile.

Examples:
    minijuju keep
    minijuju keep testing";

/// Keep a model going as Juju does while time goes by, until Ctrl-C (minijuju only).
#[derive(Debug, Clone, Args)]
#[command(after_help = KEEP_HELP)]
pub struct KeepArgs {
    /// The model; the current one if there is none
    #[arg(value_name = "model name", id = "model name")]
    pub name: Option<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for KeepArgs {}

/// Run it.
pub fn run(client: &mut Client, args: &KeepArgs) -> anyhow::Result<ExitCode> {
    if let Some(name) = &args.name {
        client.choose(name);
    }
    let model = client.model()?;
    let machines = client.machines()?;
    machines.check()?;
    client.progress.say(&format!("keeping the model {:?} going (Ctrl-C ends it)", model.name));
    uniter::keep(&mut client.store, &model, &machines, &client.progress)?;
    Ok(ExitCode::SUCCESS)
}
