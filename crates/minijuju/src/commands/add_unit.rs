//! `juju add-unit`.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::charm;
use crate::cli::{Arguments, ModelOption, UsageError, integer};
use crate::client::{Client, summary, units};
use crate::commands::deployment::{check_attach_storage, check_placement};

const ADD_UNIT_HELP: &str = "\
Examples:
    juju add-unit tinyproxy
    juju add-unit tinyproxy -n 2";

/// Add units to an application.
#[derive(Debug, Clone, Args)]
#[command(after_help = ADD_UNIT_HELP)]
pub struct AddUnitArgs {
    /// The application
    #[arg(value_name = "application name")]
    pub application: String,
    /// Number of units to add
    #[arg(short = 'n', long = "num-units", value_name = "count", default_value = "1", value_parser = integer)]
    pub num_units: i64,
    /// Machines to put them on, separated by commas
    #[arg(long = "to", value_name = "machine", action = clap::ArgAction::Set, value_delimiter = ',')]
    pub to: Vec<String>,
    /// Existing storage to attach to the unit, such as data/0; separate several with commas
    #[arg(long = "attach-storage", value_name = "storage", value_delimiter = ',')]
    pub attach_storage: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for AddUnitArgs {
    const USAGE: Option<&str> = Some("<application name>");
    const MISSING: &[&str] = &["no application specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        check_placement(self.num_units, &self.to)?;
        check_attach_storage(&self.attach_storage, self.num_units)
    }
}

pub fn run(client: &mut Client, args: &AddUnitArgs) -> anyhow::Result<ExitCode> {
    client.machines()?.check_available()?;
    let model = client.model()?;
    let application = client.application(&model, &args.application)?;
    if !application.life.is_alive() {
        bail!("cannot add unit to application {:?}: application is not alive", application.name);
    }
    if charm::metadata(&application)?.subordinate {
        let name = &application.name;
        let units = args.num_units;
        // Juju 3.6: apiserver/facades/client/application/deploy.go and state/application.go each add a part.
        bail!(
            "cannot add unit 1/{units} to application {name:?}: cannot add unit to application {name:?}: application is a subordinate"
        );
    }
    client.store.write(|db| {
        let base = units::base(db, &model, &application.name)?;
        units::add(
            db,
            &model,
            &application,
            base.as_deref().unwrap_or("ubuntu@24.04"),
            args.num_units,
            &args.to,
            &args.attach_storage,
        )
    })?;
    client.settle(&model)?;
    summary::print_units(client, &model, &application.name)?;
    Ok(ExitCode::SUCCESS)
}
