//! `juju storage`, `juju show-storage` and `juju add-storage`.

pub mod attach;
pub mod output;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use emulator::JujuVersion;
use ops_metadata::{CharmMeta, StorageType};

use self::output::{
    CombinedStorage, FilesystemAttachment, FilesystemAttachments, FilesystemInfo, StorageAttachments, StorageInfo,
    StorageStatus, UnitStorageAttachment,
};
use crate::charm;
use crate::cli::{Arguments, ModelOption, Output, Pair, UsageError, is_unit};
use crate::client::{Client, print};
use crate::format::{self, Clock, Colours, Document, Tabular};
use crate::store::model::Model;
use crate::store::storage::Storage;
use crate::store::unit::Unit;
use crate::store::{Db, Life, storage};
use crate::uniter::{self, CountChange, Directive};

/// Add storage to a unit.
#[derive(Debug, Clone, Args)]
pub struct AddStorageArgs {
    /// The unit
    pub unit: String,
    /// The storage, and how much of it: data, data=1G, data=2
    #[arg(value_name = "storage")]
    words: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
    /// The storages with their directives: `1G`, `2`, `rootfs,1G,2`, or `1` by default.
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
    /// Machines, with --filesystem and --volume
    #[arg(value_name = "machineID")]
    ids: Vec<String>,
    /// List the filesystems
    #[arg(long)]
    filesystem: bool,
    /// List the volumes: always none, because machines here have only folders
    #[arg(long)]
    volume: bool,
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for StorageArgs {
    fn init(&mut self) -> Result<(), UsageError> {
        if self.filesystem && self.volume {
            return Err(UsageError::Rule("--filesystem and --volume can not be used together"));
        }
        if self.ids.is_empty() || self.filesystem || self.volume {
            Ok(())
        } else {
            Err(UsageError::Rule("specifying IDs only supported with --filesystem and --volume options"))
        }
    }
}

/// Show details of storage.
#[derive(Debug, Clone, Args)]
pub struct ShowStorageArgs {
    /// The storages, such as data/0
    #[arg(value_name = "storage ID", required = true)]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub output: Output<Document>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ShowStorageArgs {
    const USAGE: Option<&str> = Some("<storage ID> [...]");
    const MISSING: &[&str] = &["must specify storage ID(s)"];
}

/// Check storage directives against a charm.
pub fn check(meta: &CharmMeta, directives: &[Pair], juju: JujuVersion) -> anyhow::Result<()> {
    for pair in directives {
        Directive::parse(&pair.value).map_err(|error| anyhow!("cannot parse storage {:?}: {error}", pair.name))?;
        if !meta.storages.contains_key(&pair.name) {
            bail!("charm {:?} has no store called {:?}", meta.name, pair.name);
        }
        if let Some(pool) = unknown_pool(&pair.value) {
            if juju.is_4() {
                bail!("storage directive {:?} references unknown storage pool {pool:?}", pair.name);
            }
            bail!("pool {pool:?} not found");
        }
    }
    for (name, storage) in &meta.storages {
        let is_used = storage.count().0 > 0 || directives.iter().any(|pair| pair.name == *name);
        if is_used && storage.storage_type == StorageType::Block {
            bail!("storage {name:?} is a block device: minijuju's machines have folders only");
        }
    }
    Ok(())
}

/// The pool in a directive, if it does not exist.
fn unknown_pool(directive: &str) -> Option<String> {
    let pool = Directive::parse(directive).ok()?.pool?;
    (!storage::POOLS.contains(&pool.as_str())).then_some(pool)
}

/// Run `juju add-storage`.
pub fn add(client: &mut Client, args: &AddStorageArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let found = client.unit(&model, &args.unit)?;
    let meta = charm::metadata(&client.application(&model, &found.application)?)?;
    let mut failed = Vec::new();
    for pair in &args.storages {
        match client.store.write(|db| add_one(db, &model, &found, &meta, pair)) {
            Ok(added) => {
                for id in added {
                    client.progress.info(&format!("added storage {id} to {}", args.unit));
                }
            }
            Err(error) => failed.push(format!("failed to add storage {:?} to {}: {error:#}", pair.name, args.unit)),
        }
    }
    client.settle(&model)?;
    for line in &failed {
        client.progress.print(line);
    }
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Add to one storage of a unit, and report the new instances. Juju 3.6: `addStorageForUnitOps` in state/storage.go.
fn add_one(db: &Db, model: &Model, unit: &Unit, meta: &CharmMeta, pair: &Pair) -> anyhow::Result<Vec<String>> {
    if !unit.life.is_alive() {
        bail!("unit is not alive");
    }
    let Some(storage) = meta.storages.get(&pair.name) else {
        if model.juju.is_4() {
            bail!("storage name {:?} not supported by charm", pair.name);
        }
        bail!("charm storage {:?} not found", pair.name);
    };
    if storage.storage_type == StorageType::Block {
        bail!("storage {:?} is a block device: minijuju's machines have folders only", pair.name);
    }
    if let Some(pool) = unknown_pool(&pair.value) {
        if model.juju.is_4() {
            bail!("storage pool {pool:?} does not exist");
        }
        bail!("pool {pool:?} not found");
    }
    let directive = Directive::parse(&pair.value).map_err(|error| anyhow!(error))?;
    let existing = storage::of_unit(db, &model.uuid, &unit.name())?;
    let now = existing.iter().filter(|one| one.name() == pair.name).count() as u64;
    let count = directive.count.unwrap_or(1);
    match (model.juju.is_4(), storage.count().1) {
        // Juju 4.0: `handleUnitAddStorageError` in apiserver/facades/client/storage/storage.go.
        (true, Some(max_count)) if now + count > u64::from(max_count) => bail!(
            "storage directive {:?} request count {} exceeds the charm's maximum count of {max_count}",
            pair.name,
            now + count
        ),
        _ => uniter::check_count(storage, now, CountChange::Attach(count))?,
    }
    for _ in 0..count {
        uniter::insert_storage(db, &model.uuid, unit, storage, &directive)?;
    }
    let before: Vec<String> = existing.into_iter().map(|one| one.id).collect();
    let after = storage::of_unit(db, &model.uuid, &unit.name())?.into_iter().map(|one| one.id);
    Ok(after.filter(|id| !before.contains(id)).collect())
}

/// Run `juju storage`.
pub fn list(client: &mut Client, args: &StorageArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut all = read(client.store.db(), &model, &Clock::local())?;
    if args.volume || args.filesystem {
        all.storage_instances.clear();
        all.filesystems.retain(|_, found| args.filesystem && (args.ids.is_empty() || found.is_on(&args.ids)));
    }
    if model.juju.is_4() {
        all.hide_filesystem_locations();
    }
    if all.is_empty() && args.output.format() == Tabular::Tabular {
        client.progress.info("No storage to display.");
        return Ok(ExitCode::SUCCESS);
    }
    let text = match args.output.format() {
        Tabular::Tabular if args.filesystem => output::filesystems_tabular(&all),
        Tabular::Tabular => output::storage_tabular(&all, Colours::on(&std::io::stdout())),
        Tabular::Json => format::json(&all),
        Tabular::Yaml => format::yaml(&all),
    };
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-storage`.
pub fn show(client: &mut Client, args: &ShowStorageArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut all = read(client.store.db(), &model, &Clock::local())?.storage_instances;
    let mut shown = BTreeMap::new();
    for id in &args.ids {
        // Juju 4.0: apiserver/facades/client/storage/details.go.
        let what = if model.juju.is_4() { "storage instance" } else { "storage" };
        let found = all.remove(id).with_context(|| format!("{what} {id:?} not found"))?;
        shown.insert(id.clone(), found);
    }
    print(&format::document(&shown, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// All storage of a model.
pub fn read(db: &Db, model: &Model, clock: &Clock) -> anyhow::Result<CombinedStorage> {
    let mut all = CombinedStorage::default();
    for (number, found) in storage::all(db, &model.uuid)?.into_iter().enumerate() {
        let has_own_number = found.is_detachable() || model.juju.is_4();
        // On Juju 3.6, the number of a machine's own filesystem includes the machine's number.
        let filesystem = if has_own_number { number.to_string() } else { format!("{}/{number}", found.machine) };
        all.storage_instances.insert(found.id.clone(), storage_info(&found, model, clock));
        all.filesystems.insert(filesystem.clone(), filesystem_info(found, filesystem, model, clock));
    }
    Ok(all)
}

fn storage_info(found: &Storage, model: &Model, clock: &Clock) -> StorageInfo {
    StorageInfo {
        kind: found.kind.clone(),
        life: found.life,
        status: status(found, model, clock),
        persistent: false,
        attachments: (!found.unit.is_empty()).then(|| StorageAttachments { units: on_unit(found) }),
    }
}

fn filesystem_info(found: Storage, provider_id: String, model: &Model, clock: &Clock) -> FilesystemInfo {
    let attachment = |life| FilesystemAttachment { mount_point: found.location.clone(), read_only: false, life };
    let life = if found.is_detaching() { Life::Dying } else { Life::Alive };
    let machines: BTreeMap<_, _> = Some(found.machine.clone())
        .filter(|machine| !machine.is_empty())
        .map(|machine| (machine, attachment(life)))
        .into_iter()
        .collect();
    FilesystemInfo {
        provider_id,
        status: status(&found, model, clock),
        attachments: (!machines.is_empty()).then(|| FilesystemAttachments { machines, units: on_unit(&found) }),
        size: found.size.unsigned_abs(),
        storage: found.id,
        pool: found.pool,
        life: found.life,
    }
}

/// The unit that a storage is attached to, as a map.
fn on_unit(found: &Storage) -> BTreeMap<String, UnitStorageAttachment> {
    let attachment = || UnitStorageAttachment {
        machine: found.machine.clone(),
        location: found.location.clone(),
        life: Some(if found.is_detaching() { Life::Dying } else { Life::Alive }),
    };
    Some(found.unit.clone()).filter(|unit| !unit.is_empty()).map(|unit| (unit, attachment())).into_iter().collect()
}

fn status(found: &Storage, model: &Model, clock: &Clock) -> StorageStatus {
    let current = match (found.since, found.unit.as_str()) {
        // Storage that is bound to its machine is never detached.
        (_, "") if found.is_detachable() => "detached",
        (0, _) => "pending",
        _ => "attached",
    };
    let since = if found.since == 0 { model.created } else { found.since };
    let since = jiff::Timestamp::from_millisecond(since).map(|time| clock.since(time)).unwrap_or_default();
    StorageStatus { current: current.to_owned(), message: String::new(), since }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::model;

    #[test]
    fn pending_storage_dates_from_its_model_and_attached_storage_from_its_attachment() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let model = model::add(store.db(), "m", JujuVersion::V3_6, &BTreeMap::new()).unwrap();
        let model = Model { created: 1_000, ..model };
        let mut found = Storage::pending("data/0", "web/0");
        let shown = |found: &Storage| {
            let status = status(found, &model, &Clock::utc());
            (status.current, status.since)
        };
        assert_eq!(shown(&found), ("pending".to_owned(), "1970-01-01 00:00:01Z".to_owned()));
        found.since = 9_000;
        assert_eq!(shown(&found), ("attached".to_owned(), "1970-01-01 00:00:09Z".to_owned()));
        (found.unit, found.pool) = (String::new(), "lxd".to_owned());
        assert_eq!(shown(&found), ("detached".to_owned(), "1970-01-01 00:00:09Z".to_owned()));
    }
}
