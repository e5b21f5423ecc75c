//! `juju storage`, `juju show-storage` and `juju add-storage`.

pub mod output;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use ops_metadata::{CharmMeta, StorageType};

use self::output::{
    CombinedStorage, FilesystemAttachment, FilesystemAttachments, FilesystemInfo, StorageAttachments, StorageInfo,
    StorageStatus, UnitStorageAttachment,
};
use crate::charm;
use crate::cli::{Arguments, ModelOption, Output, Pair, UsageError, is_unit};
use crate::client::{Client, print};
use crate::format::{self, Clock, Document, Tabular};
use crate::store::model::Model;
use crate::store::{Db, storage, unit};
use crate::uniter::{self, Directive};

/// Add storage to a unit.
#[derive(Debug, Clone, Args)]
pub struct AddStorageArgs {
    /// The unit
    pub unit: String,
    /// The storage, and how much of it: data, data=1G, data=2
    #[arg(value_name = "storage")]
    words: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// The storages and what is asked of them: `1G`, `2`, `rootfs,1G,2`, or `1` if nothing was said.
    #[arg(skip)]
    pub storages: Vec<Pair>,
}

impl Arguments for AddStorageArgs {
    const USAGE: Option<&str> = Some("<unit> <storage-directive>");
    const MISSING: &[&str] = &["add-storage requires a unit and a storage directive"];

    fn init(&mut self) -> Result<(), UsageError> {
        if self.words.is_empty() {
            return Err(UsageError::Rule("add-storage requires a unit and a storage directive"));
        }
        if !is_unit(&self.unit) {
            return Err(UsageError::NotValid { what: "unit name", word: self.unit.clone() });
        }
        for word in &self.words {
            let (name, value) = word.split_once('=').unwrap_or((word, "1"));
            if name.is_empty() || value.is_empty() {
                return Err(UsageError::NotValid { what: "storage directive", word: word.clone() });
            }
            if self.storages.iter().any(|storage| storage.name == name) {
                return Err(UsageError::Repeated { what: "storage", word: name.to_owned() });
            }
            self.storages.push(Pair { name: name.to_owned(), value: value.to_owned() });
        }
        Ok(())
    }
}

/// List the storage.
#[derive(Debug, Clone, Args)]
#[command(alias = "list-storage")]
pub struct StorageArgs {
    #[arg(hide = true)]
    ids: Vec<String>,
    #[arg(long, hide = true)]
    filesystem: bool,
    #[arg(long, hide = true)]
    volume: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for StorageArgs {
    fn init(&mut self) -> Result<(), UsageError> {
        if self.filesystem && self.volume {
            return Err(UsageError::Rule("--filesystem and --volume can not be used together"));
        }
        if self.filesystem || self.volume {
            return Err(UsageError::NotHere {
                options: vec!["--filesystem", "--volume"],
                why: "\"juju storage\" shows all",
            });
        }
        if self.ids.is_empty() {
            Ok(())
        } else {
            Err(UsageError::Rule("specifying IDs only supported with --filesystem and --volume options"))
        }
    }
}

/// Show what there is to know of storage.
#[derive(Debug, Clone, Args)]
pub struct ShowStorageArgs {
    /// The storages, as data/0
    #[arg(value_name = "storage ID", required = true)]
    pub ids: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Document>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ShowStorageArgs {
    const USAGE: Option<&str> = Some("<storage ID> [...]");
    const MISSING: &[&str] = &["must specify storage ID(s)"];
}

/// Check what was asked for of a charm's storage.
pub fn check(meta: &CharmMeta, directives: &[Pair]) -> anyhow::Result<()> {
    for pair in directives {
        Directive::parse(&pair.value).map_err(|why| anyhow!("cannot parse storage {:?}: {why}", pair.name))?;
        if !meta.storages.contains_key(&pair.name) {
            bail!("charm {:?} has no store called {:?}", meta.name, pair.name);
        }
    }
    for (name, storage) in &meta.storages {
        let wanted = storage.count().0 > 0 || directives.iter().any(|pair| pair.name == *name);
        if wanted && storage.storage_type == StorageType::Block {
            bail!("storage {name:?} is a block device: minijuju's machines have folders only");
        }
    }
    Ok(())
}

/// Run `juju add-storage`.
pub fn add(client: &mut Client, args: &AddStorageArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let found = client.unit(&model, &args.unit)?;
    let meta = charm::metadata(&client.application(&model, &found.application)?)?;
    check(&meta, &args.storages)?;
    let added = client.store.write(|db| {
        let mut added = Vec::new();
        for pair in &args.storages {
            let storage = &meta.storages[&pair.name];
            let directive = Directive::parse(&pair.value).map_err(|why| anyhow!(why))?;
            let there = storage::of(db, &model.uuid, &args.unit)?;
            let now = there.iter().filter(|one| one.id.split('/').next() == Some(&pair.name)).count() as u64;
            let count = directive.count.unwrap_or(1);
            if let Some(most) = storage.count().1.filter(|most| now + count > u64::from(*most)) {
                bail!(
                    "cannot add {:?} storage: charm {:?} store {:?}: at most {most} instances supported, {} specified",
                    pair.name,
                    meta.name,
                    pair.name,
                    now + count
                );
            }
            let before: Vec<String> = there.into_iter().map(|one| one.id).collect();
            for _ in 0..count {
                uniter::insert_storage(db, &model.uuid, &found, storage, &directive)?;
            }
            let after = storage::of(db, &model.uuid, &args.unit)?.into_iter().map(|one| one.id);
            added.extend(after.filter(|id| !before.contains(id)));
        }
        Ok(added)
    })?;
    for id in added {
        client.progress.say(&format!("added storage {id} to {}", args.unit));
    }
    client.settle(&model)?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju storage`.
pub fn list(client: &mut Client, args: &StorageArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let all = read(client.store.db(), &model, &Clock::new(false))?;
    if all.is_empty() && args.output.format() == Tabular::Tabular {
        client.progress.say("No storage to display.");
        return Ok(ExitCode::SUCCESS);
    }
    let text = match args.output.format() {
        Tabular::Tabular => output::storage_tabular(&all, format::colour(&std::io::stdout(), false, false)),
        Tabular::Json => format::json(&all),
        Tabular::Yaml => format::yaml(&all),
    };
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-storage`.
pub fn show(client: &mut Client, args: &ShowStorageArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut all = read(client.store.db(), &model, &Clock::new(false))?.storage_instances;
    let mut shown = BTreeMap::new();
    for id in &args.ids {
        let found = all.remove(id).with_context(|| format!("storage {id:?} not found"))?;
        shown.insert(id.clone(), found);
    }
    print(&format::document(&shown, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// All that is known of a model's storage.
pub fn read(db: &Db, model: &Model, clock: &Clock) -> anyhow::Result<CombinedStorage> {
    let mut all = CombinedStorage::default();
    let machines: BTreeMap<String, (String, bool)> = unit::all(db, &model.uuid)?
        .into_iter()
        .map(|unit| (unit.name(), (unit.machine.clone(), unit.agent.charm_version.is_some())))
        .collect();
    for (number, found) in storage::all(db, &model.uuid)?.into_iter().enumerate() {
        let (machine, up) = machines.get(&found.unit).cloned().unwrap_or_default();
        let since = jiff::Timestamp::from_millisecond(model.created).map(|time| clock.since(time)).unwrap_or_default();
        let word = if up { "attached" } else { "pending" };
        let status = StorageStatus { current: word.to_owned(), message: String::new(), since };
        let on_unit =
            UnitStorageAttachment { machine: machine.clone(), location: found.location.clone(), life: found.life };
        let units = BTreeMap::from([(found.unit.clone(), on_unit)]);
        let on_machine =
            FilesystemAttachment { mount_point: found.location.clone(), read_only: false, life: found.life };
        all.storage_instances.insert(
            found.id.clone(),
            StorageInfo {
                kind: found.kind.clone(),
                life: found.life,
                status: status.clone(),
                persistent: false,
                attachments: Some(StorageAttachments { units: units.clone() }),
            },
        );
        all.filesystems.insert(
            format!("{machine}/{number}"),
            FilesystemInfo {
                provider_id: format!("{machine}/{number}"),
                storage: found.id,
                attachments: Some(FilesystemAttachments { machines: [(machine, on_machine)].into(), units }),
                pool: found.pool,
                size: found.size.unsigned_abs(),
                life: found.life,
                status,
            },
        );
    }
    Ok(all)
}
