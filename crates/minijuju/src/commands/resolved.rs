//! `juju resolved`.

use std::process::ExitCode;

use anyhow::bail;

use super::client::Client;
use super::summary;
use crate::cli::Resolved;
use crate::store::unit::{self, Column, Unit};
use crate::uniter::Operation;

/// Run it.
pub fn run(client: &mut Client, args: &Resolved) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let units: Vec<Unit> = if args.all {
        let all = unit::all(client.store.db(), &model.uuid)?;
        all.into_iter().filter(|unit| matches!(unit.agent.operation, Operation::Failed(_))).collect()
    } else {
        args.units.iter().map(|name| client.unit(&model, name)).collect::<Result<_, _>>()?
    };
    for unit in &units {
        if !matches!(unit.agent.operation, Operation::Failed(_)) {
            bail!("unit {:?} is not in an error state", unit.name());
        }
    }
    let mode = if args.no_retry { "no-hooks" } else { "retry-hooks" };
    client.write(|db| units.iter().try_for_each(|unit| unit::set(db, &model.uuid, unit, Column::Resolved(mode))))?;
    client.settle(&model)?;
    let mut applications: Vec<&str> = units.iter().map(|unit| unit.application.as_str()).collect();
    applications.dedup();
    for application in applications {
        summary::units(client, &model, application)?;
    }
    Ok(ExitCode::SUCCESS)
}
