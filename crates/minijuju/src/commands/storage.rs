//! `juju storage`, `juju show-storage` and `juju add-storage`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use ops_metadata::{CharmMeta, StorageType};

use super::client::{Client, print};
use crate::charm;
use crate::cli::{AddStorage, Pair, ShowStorage, Storage as Arguments};
use crate::format::{
    self, Clock, CombinedStorage, FilesystemAttachment, FilesystemAttachments, FilesystemInfo, StorageAttachments,
    StorageInfo, StorageStatus, Tabular, UnitStorageAttachment,
};
use crate::store::model::Model;
use crate::store::{Db, storage, unit};
use crate::uniter::{self, Directive};

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
pub fn add(client: &mut Client, args: &AddStorage) -> anyhow::Result<ExitCode> {
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
pub fn list(client: &mut Client, args: &Arguments) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let all = read(client.store.db(), &model, &Clock::new(false))?;
    if all.is_empty() && args.output.format() == Tabular::Tabular {
        client.progress.say("No storage to display.");
        return Ok(ExitCode::SUCCESS);
    }
    let text = match args.output.format() {
        Tabular::Tabular => format::storage_tabular(&all, format::colour(&std::io::stdout(), false, false)),
        Tabular::Json => format::json(&all),
        Tabular::Yaml => format::yaml(&all),
    };
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-storage`.
pub fn show(client: &mut Client, args: &ShowStorage) -> anyhow::Result<ExitCode> {
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
        let on_unit = UnitStorageAttachment {
            machine: machine.clone(),
            location: found.location.clone(),
            life: found.life.clone(),
        };
        let units = BTreeMap::from([(found.unit.clone(), on_unit)]);
        let on_machine =
            FilesystemAttachment { mount_point: found.location.clone(), read_only: false, life: found.life.clone() };
        all.storage_instances.insert(
            found.id.clone(),
            StorageInfo {
                kind: found.kind.clone(),
                life: found.life.clone(),
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
