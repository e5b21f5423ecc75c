//! `juju whoami`.

pub mod output;

use std::process::ExitCode;

use clap::Args;

use self::output::WhoAmI;
use crate::cli::{Arguments, Output};
use crate::client::{CONTROLLER, Client, USER, print};
use crate::format::Tabular;

/// Show the current controller, model and user.
#[derive(Debug, Clone, Args)]
pub struct WhoamiArgs {
    #[command(flatten)]
    pub output: Output<Tabular>,
}

impl Arguments for WhoamiArgs {}

/// Run `juju whoami`.
pub fn whoami(client: &mut Client, args: &WhoamiArgs) -> anyhow::Result<ExitCode> {
    let who = WhoAmI {
        controller: CONTROLLER.to_owned(),
        model: client.current()?.unwrap_or_default(),
        user: USER.to_owned(),
    };
    print(&output::whoami(&who, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}
