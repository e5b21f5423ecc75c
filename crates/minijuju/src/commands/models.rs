//! Models: added, destroyed, chosen.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::client::{CLOUD, CONTROLLER, Client, USER};
use super::{charms, model_config, settings};
use crate::cli::{AddModel, ConfigSource, DestroyModel, Switch};
use crate::store::model::{self, Model};
use crate::store::{application, machine, unit};
use crate::uniter::machine_id;

/// Run `juju add-model`.
pub fn add(client: &mut Client, args: &AddModel) -> anyhow::Result<ExitCode> {
    if let Some(cloud) = &args.cloud_region
        && ![CLOUD, "localhost/localhost"].contains(&cloud.as_str())
    {
        bail!("cloud {cloud:?} not found: there is one, {CLOUD:?}");
    }
    let mut config: BTreeMap<String, Value> = BTreeMap::new();
    for word in &args.config {
        match word {
            ConfigSource::Value(pair) => {
                config.insert(pair.name.clone(), model_config::parse(&pair.name, &pair.value)?);
            }
            ConfigSource::ValueFile { name, path } => {
                config.insert(name.clone(), model_config::parse(name, &settings::read(path)?)?);
            }
            ConfigSource::File(path) => config.extend(model_config::from_file(path)?),
        }
    }
    let made = client.store.write(|db| {
        if model::find(db, &args.name)?.is_some() {
            bail!("failed to create new model: model {:?} for {USER} already exists", args.name);
        }
        Ok::<_, anyhow::Error>(model::add(db, &args.name, &config)?)
    })?;
    // Juju switches to the first model that there is, even with --no-switch.
    if !args.no_switch {
        client.set_current(Some(&made.name))?;
    }
    client
        .progress
        .say(&format!("Added '{}' model on {CLOUD}/{CLOUD} with credential '{CLOUD}' for user '{USER}'", made.name));
    Ok(ExitCode::SUCCESS)
}

/// Run `juju destroy-model`.
pub fn destroy(client: &mut Client, args: &DestroyModel) -> anyhow::Result<ExitCode> {
    let model = client.find_model(&args.model)?;
    let db = client.store.db();
    if !args.prompt.no_prompt {
        let (machines, applications) = (machine::all(db, &model.uuid)?.len(), application::all(db, &model.uuid)?.len());
        eprintln!(
            "WARNING This command will destroy the {:?} model and affect the following resources. It cannot be \
             stopped.\n\n - {machines} machines will be destroyed\n - {applications} applications will be removed",
            model.name
        );
        eprint!("\nTo continue, enter the name of the model to be unregistered: ");
        let _ = io::stderr().flush();
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).context("cannot read the answer")?;
        if answer.trim() != model.name {
            bail!("model destruction: aborted");
        }
    }
    client.progress.say("Destroying model...");
    let mut files = Vec::new();
    for found in application::all(client.store.db(), &model.uuid)? {
        files.extend(charms::files(client, &model, &found)?);
    }
    empty(client, &model, args.force)?;
    client.write(|db| {
        model::remove(db, &model.uuid)?;
        if model::client(db, "current-model")?.as_deref() == Some(&model.name) {
            model::set_client(db, "current-model", None)?;
        }
        Ok(())
    })?;
    for file in files {
        // What cannot be removed now goes with `clean`.
        let _ = std::fs::remove_file(file);
    }
    let _ = std::fs::remove_dir_all(client.store.folder().join("models").join(&model.uuid));
    client.progress.say("Model destroyed.");
    Ok(ExitCode::SUCCESS)
}

/// Let every unit go, with its hooks; what does not go is removed with its machine all the same.
fn empty(client: &mut Client, model: &Model, force: bool) -> anyhow::Result<()> {
    let machines = client.machines()?;
    if !force {
        client.write(|db| {
            for mut found in application::all(db, &model.uuid)? {
                "dying".clone_into(&mut found.life);
                application::save(db, &model.uuid, &found)?;
                crate::store::relation::end_all(db, &model.uuid, &found.name)?;
            }
            unit::all(db, &model.uuid)?.iter().try_for_each(|unit| super::units::remove(db, model, unit, true))
        })?;
        client.settle(model)?;
    }
    for found in machine::all(client.store.db(), &model.uuid)? {
        machines.stop(&machine_id(model, &found.id))?;
    }
    Ok(())
}

/// Run `juju switch`.
pub fn switch(client: &mut Client, args: &Switch) -> anyhow::Result<ExitCode> {
    let current = client.current()?;
    let shown = |name: Option<&str>| match name {
        Some(name) => format!("{CONTROLLER}:{USER}/{name}"),
        None => format!("{CONTROLLER} (controller)"),
    };
    let Some(target) = &args.target else {
        println!("{}", shown(current.as_deref()));
        return Ok(ExitCode::SUCCESS);
    };
    let name = match target.split_once(':') {
        _ if target == CONTROLLER && model::find(client.store.db(), target)?.is_none() => String::new(),
        Some((CONTROLLER | "", "")) => String::new(),
        Some(("", model)) => client.named(model)?,
        _ => client.named(target)?,
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
        client.progress.say(&format!("{} (no change)", shown(current.as_deref())));
    } else {
        client.set_current(name.as_deref())?;
        client.progress.say(&format!("{} -> {}", shown(current.as_deref()), shown(name.as_deref())));
    }
    Ok(ExitCode::SUCCESS)
}
