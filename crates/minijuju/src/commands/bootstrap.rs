//! `juju bootstrap` chooses the version of Juju that the only controller emulates.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use emulator::JujuVersion;

use crate::cli::Arguments;
use crate::client::{CLOUD, CONTROLLER, Client, version};

const BOOTSTRAP_HELP: &str = "\
Details:
There is one controller, minijuju itself. This chooses the version of Juju that new models emulate:
3.6 or 4.0. Existing models keep their version.

Examples:
    juju bootstrap --agent-version 4.0";

/// Choose the version of Juju.
#[derive(Debug, Clone, Args)]
#[command(after_help = BOOTSTRAP_HELP)]
pub struct BootstrapArgs {
    /// Cloud: only localhost
    #[arg(value_name = "cloud name")]
    pub cloud: Option<String>,
    /// Name of the controller: only minijuju
    #[arg(value_name = "controller name")]
    pub controller: Option<String>,
    /// Version of Juju
    #[arg(long = "agent-version", value_name = "version", value_parser = str::parse::<JujuVersion>)]
    pub agent_version: Option<JujuVersion>,
}

impl Arguments for BootstrapArgs {
    const USAGE: Option<&str> = Some("[<cloud name>[/region] [<controller name>]]");
}

pub fn run(client: &mut Client, args: &BootstrapArgs) -> anyhow::Result<ExitCode> {
    if let Some(cloud) = args.cloud.as_ref().filter(|cloud| cloud.split('/').next() != Some(CLOUD)) {
        bail!("cloud {cloud:?} not found: the only cloud is {CLOUD:?}");
    }
    if let Some(name) = args.controller.as_ref().filter(|name| *name != CONTROLLER) {
        bail!("controller {name} cannot be created: the only controller is {CONTROLLER}");
    }
    let juju = args.agent_version.context(
        "there is a controller already; start with \"juju add-model\", or choose the version of Juju with --agent-version",
    )?;
    client.write(|db| version::set_for_new_models(db, juju))?;
    client.progress.info(&format!("New models emulate Juju {juju}"));
    Ok(ExitCode::SUCCESS)
}
