//! `juju destroy-model`.

use std::io;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::{Arguments, NoPrompt, UsageError, duration};
use crate::client::units::{self, Removal};
use crate::client::{Client, charms};
use crate::store::Life;
use crate::store::model::{self, Model};
use crate::store::{application, cross_model, machine, storage, unit};
use crate::uniter::{self, machine_id};

const DESTROY_MODEL_HELP: &str = "\
Details:
Every unit gets its stop and remove events first. With --force, machines go even if those fail.

Examples:
    juju destroy-model testing
    juju destroy-model testing --no-prompt --destroy-storage";

/// Destroy a model with its applications and machines.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
#[command(after_help = DESTROY_MODEL_HELP)]
pub struct DestroyModelArgs {
    /// The model, by its name or by its controller's and its own
    #[arg(value_name = "model name", help = "The model, as [<controller name>:]<model name>")]
    pub model: String,
    #[command(flatten)]
    pub prompt: NoPrompt,
    /// Destroy the model's storage
    #[arg(long = "destroy-storage")]
    pub destroy_storage: bool,
    /// Keep the model's storage
    #[arg(long = "release-storage")]
    pub release_storage: bool,
    /// Continue whatever fails
    #[arg(long)]
    pub force: bool,
    /// Do not wait for a step before starting the next
    #[arg(long = "no-wait")]
    pub no_wait: bool,
    /// Time for each step of a forced destruction
    #[arg(short = 't', long, value_name = "duration", value_parser = duration::parse)]
    pub timeout: Option<Duration>,
    /// Do not use a web browser for authentication
    #[arg(short = 'B', long = "no-browser-login", hide = true)]
    pub no_browser_login: bool,
}

impl Arguments for DestroyModelArgs {
    const USAGE: Option<&str> = Some("[<controller name>:]<model name>");
    const MISSING: &[&str] = &["no model specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        if self.destroy_storage && self.release_storage {
            return Err(UsageError::Rule("--destroy-storage and --release-storage cannot both be specified"));
        }
        if self.timeout.is_some() && !self.force {
            return Err(UsageError::Rule("--timeout can only be used with --force (dangerous)"));
        }
        Ok(())
    }
}

/// Run `juju destroy-model`.
pub fn destroy(client: &mut Client, args: &DestroyModelArgs) -> anyhow::Result<ExitCode> {
    let model = client.find_model(&args.model)?;
    let db = client.store.db();
    let persistent = storage::all(db, &model.uuid)?.iter().filter(|storage| storage.is_detachable()).count();
    if persistent > 0 && !args.destroy_storage && !args.release_storage {
        bail!(
            "cannot destroy model {:?}\n\nThe model has persistent storage remaining:\n    {persistent} filesystem(s)\n\n\
             To destroy the storage, run the destroy-model\ncommand again with the \"--destroy-storage\" option.\n\n\
             To release the storage from Juju's management\nwithout destroying it, use the \"--release-storage\"\n\
             option instead. The storage can then be imported\ninto another Juju model.\n\n",
            model.name
        );
    }
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
    client.progress.info("Destroying model...");
    let mut files = Vec::new();
    for application in application::all(client.store.db(), &model.uuid)? {
        files.extend(charms::files(client, &model, &application)?);
    }
    remove_units(client, &model, args.force)?;
    let related_models = cross_model::related_models(client.store.db(), &model.uuid)?;
    client.write(|db| {
        cross_model::disconnect_model(db, &model.uuid)?;
        model::remove(db, &model.uuid)?;
        if model::client_setting(db, "current-model")?.as_deref() == Some(&model.name) {
            model::set_client_setting(db, "current-model", None)?;
        }
        Ok(())
    })?;
    for file in files {
        // `clean` removes what cannot be removed now.
        let _ = std::fs::remove_file(file);
    }
    if !args.release_storage {
        // It exists only if storage was detached.
        let _ = std::fs::remove_dir_all(uniter::storage_archive::folder(client.store.folder(), &model.uuid));
    }
    let _ = std::fs::remove_dir_all(client.store.folder().join("models").join(&model.uuid));
    // Related units of other models must still leave their relations.
    for uuid in related_models.iter().filter(|uuid| **uuid != model.uuid) {
        if let Some(other) = model::find(client.store.db(), uuid)? {
            client.settle(&other)?;
        }
    }
    client.progress.info("Model destroyed.");
    Ok(ExitCode::SUCCESS)
}

/// Remove every unit, with its hooks. With `force`, a unit whose hooks fail is removed with its machine.
fn remove_units(client: &mut Client, model: &Model, force: bool) -> anyhow::Result<()> {
    let machines = client.machines()?;
    if !force {
        client.write(|db| {
            for mut found in application::all(db, &model.uuid)? {
                found.life = Life::Dying;
                application::save(db, &model.uuid, &found)?;
                crate::store::relation::end_all(db, &model.uuid, &found.name)?;
            }
            unit::all(db, &model.uuid)?.iter().try_for_each(|unit| units::remove(db, model, unit, Removal::Forced))
        })?;
        client.settle(model)?;
    }
    for found in machine::all(client.store.db(), &model.uuid)? {
        machines.stop(&machine_id(model, &found.id))?;
    }
    Ok(())
}
