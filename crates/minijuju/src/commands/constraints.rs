//! Constraints on machines: kept and shown. A machine here is a view of this computer, whatever they ask for.

use std::collections::BTreeMap;
use std::process::ExitCode;

use super::client::{Client, print};
use crate::cli::{Constraints, ModelConstraints, SetConstraints, SetModelConstraints};
use crate::format::{self, Constraints as Shown};
use crate::store::{application, model};

/// Run `juju constraints`.
pub fn show(client: &mut Client, args: &Constraints) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let found = client.application(&model, &args.application)?;
    print(&format::constraints(&Shown(found.constraints), args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju set-constraints`.
pub fn set(client: &mut Client, args: &SetConstraints) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut found = client.application(&model, &args.application)?;
    found.constraints = given(&args.constraints);
    client.write(|db| application::save(db, &model.uuid, &found))?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju model-constraints`.
pub fn show_model(client: &mut Client, args: &ModelConstraints) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    print(&format::constraints(&Shown(model.constraints), args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju set-model-constraints`.
pub fn set_model(client: &mut Client, args: &SetModelConstraints) -> anyhow::Result<ExitCode> {
    let mut model = client.model()?;
    model.constraints = given(&args.constraints);
    client.write(|db| model::save(db, &model))?;
    Ok(ExitCode::SUCCESS)
}

/// Constraints without those that an empty value takes away.
fn given(words: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    words.iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.clone(), value.clone())).collect()
}
