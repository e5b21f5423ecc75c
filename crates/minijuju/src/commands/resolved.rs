//! `juju resolved`.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::cli::{Arguments, ModelOption, UsageError, is_unit};
use crate::client::{Client, summary};
use crate::store::agent::Operation;
use crate::store::unit::{self, Column, ResolvedMode, Unit};

const RESOLVED_HELP: &str = "\
Details:
The failed hook runs again. With --no-retry, it counts as successful instead.

Examples:
    juju resolved tinyproxy/0
    juju resolved tinyproxy/0 --no-retry
    juju resolved --all";

/// Take units out of error, and run their failed hook again.
#[derive(Debug, Clone, Args)]
#[command(alias = "resolve", after_help = RESOLVED_HELP)]
pub struct ResolvedArgs {
    /// The units
    #[arg(value_name = "unit")]
    pub units: Vec<String>,
    /// Do not run the failed hook again
    #[arg(long = "no-retry")]
    pub no_retry: bool,
    /// All units in error
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ResolvedArgs {
    const USAGE: Option<&str> = Some("[<unit> ...]");

    fn init(&mut self) -> Result<(), UsageError> {
        if self.all {
            return if self.units.is_empty() {
                Ok(())
            } else {
                Err(UsageError::Rule("specifying unit names(s) with --all not supported"))
            };
        }
        if self.units.is_empty() {
            return Err(UsageError::Rule("no unit specified"));
        }
        match self.units.iter().find(|unit| !is_unit(unit)) {
            Some(unit) => Err(UsageError::NotValid { what: "unit name", word: unit.clone() }),
            None => Ok(()),
        }
    }
}

pub fn run(client: &mut Client, args: &ResolvedArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let units: Vec<Unit> = if args.all {
        let all = unit::all(client.store.db(), &model.uuid)?;
        all.into_iter().filter(|unit| matches!(unit.agent.operation, Operation::Failed(_))).collect()
    } else {
        args.units.iter().map(|name| client.unit(&model, name)).collect::<Result<_, _>>()?
    };
    for unit in &units {
        if !matches!(unit.agent.operation, Operation::Failed(_)) {
            if model.juju.is_4() {
                // Juju 4.0: domain/resolve/state/state.go.
                let uuid = emulator::name::uuid(&model.uuid, &unit.name());
                bail!("checking unit {uuid:?} status: unit is not in error state");
            }
            bail!("unit {:?} is not in an error state", unit.name());
        }
    }
    let mode = if args.no_retry { ResolvedMode::NoHooks } else { ResolvedMode::RetryHooks };
    client.write(|db| units.iter().try_for_each(|unit| unit::set(db, &model.uuid, unit, Column::Resolved(mode))))?;
    client.settle(&model)?;
    let mut applications: Vec<&str> = units.iter().map(|unit| unit.application.as_str()).collect();
    applications.dedup();
    for application in applications {
        summary::print_units(client, &model, application)?;
    }
    Ok(ExitCode::SUCCESS)
}
