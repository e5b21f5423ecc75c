//! `juju detach-storage`, `juju attach-storage` and `juju remove-storage`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::charm;
use crate::cli::{Arguments, ModelOption, UsageError, is_unit};
use crate::client::Client;
use crate::store::model::Model;
use crate::store::storage::Storage;
use crate::store::{Db, Life, application, storage, unit};
use crate::uniter::{self, CountChange, storage_archive};

/// Detach storage from its unit.
///
/// Storage from a pool of the cloud (lxd, lxd-btrfs or lxd-zfs) keeps its content, and can be attached to another
/// unit. Storage that a machine provides itself (rootfs, tmpfs, loop) is removed with the machine.
#[derive(Debug, Clone, Args)]
pub struct DetachStorageArgs {
    /// The storages, such as data/0
    #[arg(value_name = "storage", required = true)]
    pub ids: Vec<String>,
    /// Detach whatever fails
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for DetachStorageArgs {
    const USAGE: Option<&str> = Some("<storage> [<storage> ...]");
    const MISSING: &[&str] = &["detach-storage requires at least one storage ID"];

    fn init(&mut self) -> Result<(), UsageError> {
        check_ids(&self.ids)
    }
}

/// Attach existing storage to a unit.
#[derive(Debug, Clone, Args)]
pub struct AttachStorageArgs {
    /// The unit
    pub unit: String,
    /// The storages, such as data/0
    #[arg(value_name = "storage")]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

const ATTACH_MISSING: &str = "attach-storage requires a unit ID and at least one storage ID";

impl Arguments for AttachStorageArgs {
    const USAGE: Option<&str> = Some("<unit> <storage> [<storage> ...]");
    const MISSING: &[&str] = &[ATTACH_MISSING];

    fn init(&mut self) -> Result<(), UsageError> {
        if self.ids.is_empty() {
            return Err(UsageError::Rule(ATTACH_MISSING));
        }
        if !is_unit(&self.unit) {
            return Err(UsageError::NotValid { what: "unit ID", word: self.unit.clone() });
        }
        check_ids(&self.ids)
    }
}

/// Remove storage from the model.
#[derive(Debug, Clone, Args)]
pub struct RemoveStorageArgs {
    /// The storages, such as data/0
    #[arg(value_name = "storage", required = true)]
    pub ids: Vec<String>,
    /// Remove storage even if it is attached
    #[arg(long)]
    pub force: bool,
    /// Remove the storage without destroying its content
    #[arg(long = "no-destroy")]
    pub no_destroy: bool,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for RemoveStorageArgs {
    const USAGE: Option<&str> = Some("<storage> [<storage> ...]");
    const MISSING: &[&str] = &["remove-storage requires at least one storage ID"];

    fn init(&mut self) -> Result<(), UsageError> {
        check_ids(&self.ids)
    }
}

/// Check storage IDs: `NAME/NUMBER`.
pub fn check_ids(ids: &[String]) -> Result<(), UsageError> {
    let is_id = |id: &String| {
        id.split_once('/').is_some_and(|(name, number)| {
            name.starts_with(|letter: char| letter.is_ascii_lowercase())
                && !number.is_empty()
                && number.bytes().all(|digit| digit.is_ascii_digit())
        })
    };
    match ids.iter().find(|id| !is_id(id)) {
        Some(id) => Err(UsageError::NotValid { what: "storage ID", word: id.clone() }),
        None => Ok(()),
    }
}

/// What `remove-storage` appends to its errors if storage is attached.
const FORCE_HINT: &str = "
Use the --force option to remove attached storage, or use
\"juju detach-storage\" to explicitly detach the storage
before removing.";

/// Run `juju detach-storage`.
pub fn detach(client: &mut Client, args: &DetachStorageArgs) -> anyhow::Result<ExitCode> {
    for_each_storage(client, &args.ids, DETACH, str::to_owned, |db, model, id| {
        let found = find_storage(db, model, id)?;
        if found.unit.is_empty() || found.detach_requested {
            return Ok(());
        }
        check_can_detach(db, model, &found)
            .with_context(|| format!("cannot destroy storage attachment {id}:{}", found.unit))?;
        start_detaching(db, model, &Storage { detach_requested: true, ..found })
    })
}

/// Run `juju attach-storage`.
pub fn attach(client: &mut Client, args: &AttachStorageArgs) -> anyhow::Result<ExitCode> {
    let unit = &args.unit;
    for_each_storage(
        client,
        &args.ids,
        ATTACH,
        |id| format!("{id} to {unit}"),
        |db, model, id| {
            let attach = || -> anyhow::Result<()> {
                let found = find_storage(db, model, id)?;
                let unit = unit::find(db, &model.uuid, unit)?.with_context(|| format!("unit {unit:?} not found"))?;
                uniter::attach_storage(db, &model.uuid, &unit, found)
            };
            attach().with_context(|| format!("cannot attach storage {id} to unit {unit}"))
        },
    )
}

/// Run `juju remove-storage`.
pub fn remove(client: &mut Client, args: &RemoveStorageArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let data = client.store.folder().to_owned();
    let verb = if args.no_destroy { "release" } else { "destroy" };
    let code = for_each_storage(client, &args.ids, REMOVE, str::to_owned, |db, model, id| {
        let remove = || -> anyhow::Result<()> {
            let found = find_storage(db, model, id)?;
            if args.no_destroy && !found.is_detachable() {
                bail!("storage provider {:?} does not support releasing storage", found.pool);
            }
            if found.unit.is_empty() {
                return Ok(storage::remove(db, &model.uuid, id)?);
            }
            if !args.force {
                bail!(ATTACHED_ERROR);
            }
            check_can_detach(db, model, &found)?;
            start_detaching(db, model, &Storage { life: Life::Dying, ..found })
        };
        if model.juju.is_4() {
            find_storage(db, model, id)?;
        }
        remove().with_context(|| format!("cannot {verb} storage {id:?}"))
    })?;
    for id in &args.ids {
        if !args.no_destroy && storage::find(client.store.db(), &model.uuid, id)?.is_none() {
            storage_archive::delete(&data, &model.uuid, id);
        }
    }
    Ok(code)
}

const ATTACHED_ERROR: &str = "storage is attached";

/// The infinitive and the gerund of an operation.
type VerbForms = (&'static str, &'static str);

const DETACH: VerbForms = ("detach", "detaching");
const ATTACH: VerbForms = ("attach", "attaching");
const REMOVE: VerbForms = ("remove", "removing");

/// Change each storage, and report as Juju does: first the successes, then the failures.
fn for_each_storage(
    client: &mut Client,
    ids: &[String],
    (verb, gerund): VerbForms,
    describe: impl Fn(&str) -> String,
    change: impl Fn(&Db, &Model, &str) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut failed = Vec::new();
    for id in ids {
        match client.store.write(|db| change(db, &model, id)) {
            Ok(()) => client.progress.info(&format!("{gerund} {}", describe(id))),
            Err(error) => failed.push((id, error)),
        }
    }
    client.settle(&model)?;
    for (id, error) in &failed {
        client.progress.print(&format!("failed to {verb} {}: {error:#}", describe(id)));
    }
    if failed.iter().any(|(_, error)| error.root_cause().to_string() == ATTACHED_ERROR) {
        client.progress.print(FORCE_HINT);
    }
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn find_storage(db: &Db, model: &Model, id: &str) -> anyhow::Result<Storage> {
    storage::find(db, &model.uuid, id)?.with_context(|| {
        if model.juju.is_4() {
            format!("storage {id:?} does not exist")
        } else {
            format!("storage instance {id:?} not found")
        }
    })
}

/// Check that a unit can lose a storage.
fn check_can_detach(db: &Db, model: &Model, found: &Storage) -> anyhow::Result<()> {
    let Some(unit) = unit::find(db, &model.uuid, &found.unit)?.filter(|unit| unit.life.is_alive()) else {
        return Ok(());
    };
    let Some(application) = application::find(db, &model.uuid, &unit.application)? else { return Ok(()) };
    let meta = charm::metadata(&application)?;
    let Some(of_charm) = meta.storages.get(found.name()) else { return Ok(()) };
    let all = storage::of_unit(db, &model.uuid, &found.unit)?;
    let count = all.iter().filter(|one| one.name() == found.name()).count();
    Ok(uniter::check_count(of_charm, count as u64, CountChange::Detach)?)
}

/// Detach a storage from its unit: after `storage-detaching`, or at once if the unit never ran `storage-attached`.
fn start_detaching(db: &Db, model: &Model, storage: &Storage) -> anyhow::Result<()> {
    storage::save(db, &model.uuid, storage)?;
    let was_attached =
        unit::find(db, &model.uuid, &storage.unit)?.is_some_and(|unit| unit.agent.storage.contains(&storage.id));
    if !was_attached {
        storage::detach(db, &model.uuid, &storage.id, storage::DetachReason::Requested)?;
    }
    Ok(())
}
