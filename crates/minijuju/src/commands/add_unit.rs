//! `juju add-unit`.

use std::process::ExitCode;

use anyhow::bail;

use super::client::Client;
use super::{summary, units};
use crate::charm;
use crate::cli::AddUnit;
use crate::store::machine;
use crate::store::unit;

/// Run it.
pub fn run(client: &mut Client, args: &AddUnit) -> anyhow::Result<ExitCode> {
    client.machines()?.check()?;
    let model = client.model()?;
    let application = client.application(&model, &args.application)?;
    if application.life != "alive" {
        bail!("cannot add unit to application {:?}: application is not alive", application.name);
    }
    if charm::metadata(&application)?.subordinate {
        bail!("cannot add unit to application {:?}: application is a subordinate", application.name);
    }
    client.store.write(|db| {
        let base = match unit::of(db, &model.uuid, &application.name)?.first() {
            Some(unit) => machine::find(db, &model.uuid, &unit.machine)?.map(|machine| machine.base),
            None => None,
        };
        units::add(db, &model, &application, base.as_deref().unwrap_or("ubuntu@24.04"), args.num_units, &args.to)
    })?;
    client.settle(&model)?;
    summary::units(client, &model, &application.name)?;
    Ok(ExitCode::SUCCESS)
}
