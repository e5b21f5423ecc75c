//! `juju switch`.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::cli::Arguments;
use crate::client::{CONTROLLER, Client, USER};
use crate::store::model;

const SWITCH_HELP: &str = "\
Examples:
    juju switch
    juju switch testing";

/// Show the current controller and model, or choose another.
#[derive(Debug, Clone, Args)]
#[command(after_help = SWITCH_HELP)]
pub struct SwitchArgs {
    /// A controller, a model or both; by default, print the current one
    #[arg(value_name = "controller or model")]
    pub target: Option<String>,
}

impl Arguments for SwitchArgs {
    const USAGE: Option<&str> = Some("[<controller>|<model>|<controller>:|:<model>|<controller>:<model>]");
}

/// Run `juju switch`.
pub fn switch(client: &mut Client, args: &SwitchArgs) -> anyhow::Result<ExitCode> {
    let current = client.current()?;
    let full_name = |name: Option<&str>| match name {
        Some(name) => format!("{CONTROLLER}:{USER}/{name}"),
        None => format!("{CONTROLLER} (controller)"),
    };
    let Some(target) = &args.target else {
        println!("{}", full_name(current.as_deref()));
        return Ok(ExitCode::SUCCESS);
    };
    let name = match target.split_once(':') {
        _ if target == CONTROLLER && model::find(client.store.db(), target)?.is_none() => String::new(),
        Some((CONTROLLER | "", "")) => String::new(),
        Some(("", model)) => client.model_name(model)?,
        _ => client.model_name(target)?,
    };
    let name = (!name.is_empty()).then_some(name);
    if let Some(name) = &name
        && model::find(client.store.db(), name)?.is_none()
    {
        bail!(
            "cannot determine if {target:?} is a valid controller or model: \"{CONTROLLER}:{USER}/{name}\" is not there"
        );
    }
    if name == current {
        client.progress.info(&format!("{} (no change)", full_name(current.as_deref())));
    } else {
        client.set_current(name.as_deref())?;
        client.progress.info(&format!("{} -> {}", full_name(current.as_deref()), full_name(name.as_deref())));
    }
    Ok(ExitCode::SUCCESS)
}
