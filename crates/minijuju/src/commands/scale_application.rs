//! `juju scale-application`.

use std::process::ExitCode;

use clap::Args;

use crate::cli::{Arguments, ModelOption, Session, UsageError};

const REFUSAL: &str = "Juju command \"scale-application\" only supported on k8s container models";

/// Set the number of an application's units (containers only).
#[derive(Debug, Clone, Args)]
#[command(hide = true)]
pub struct ScaleApplicationArgs {
    /// The application
    pub application: String,
    /// The number of units
    pub scale: String,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ScaleApplicationArgs {
    const USAGE: Option<&str> = Some("<application> <scale>");
    const MISSING: &[&str] = &["no application specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        Err(UsageError::Rule(REFUSAL))
    }
}

/// Never runs: `init` refuses the command.
pub fn run(_: &Session, _: &ScaleApplicationArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!(REFUSAL)
}
