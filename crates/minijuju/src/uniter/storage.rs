//! Storage of units: folders in their machines.

use std::collections::BTreeMap;
use std::io;

use anyhow::{Context as _, bail};
use ops_metadata::{CharmMeta, StorageMeta, StorageType};

use crate::charm;
use crate::machine::Files;
use crate::random;
use crate::store::Life;
use crate::store::model::{self, Counter};
use crate::store::storage::{self, Storage};
use crate::store::unit::Unit;
use crate::store::{Db, Result, application};

/// Where Juju mounts storage without a location in the charm's metadata.
const DEFAULT_FOLDER: &str = "/var/lib/juju/storage";

/// The default size of a storage in MiB, as in Juju.
const DEFAULT_SIZE: i64 = 1024;

/// Why a text is not a storage directive.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectiveError {
    #[error("storage directives require at least one field to be specified, got {0:?}")]
    EmptyField(String),
    /// A field is neither a count nor a size, and not in the place of a pool.
    #[error("unrecognized storage directive {field:?} in {text:?}")]
    Field { field: String, text: String },
}

/// A storage directive: `POOL,COUNT,SIZE` in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directive {
    pub pool: Option<String>,
    /// The number of storages.
    pub count: Option<u64>,
    /// The size of each, in MiB.
    pub size: Option<i64>,
}

impl Directive {
    /// Parse `POOL,COUNT,SIZE`.
    pub fn parse(text: &str) -> std::result::Result<Self, DirectiveError> {
        let mut directive = Self::default();
        for (index, part) in text.split(',').map(str::trim).enumerate() {
            if part.is_empty() {
                return Err(DirectiveError::EmptyField(text.to_owned()));
            }
            if let Ok(count) = part.parse::<u64>() {
                directive.count = Some(count);
            } else if let Some(size) = megabytes(part) {
                directive.size = Some(size);
            } else if index == 0 {
                directive.pool = Some(part.to_owned());
            } else {
                return Err(DirectiveError::Field { field: part.to_owned(), text: text.to_owned() });
            }
        }
        Ok(directive)
    }
}

/// Parse a size such as `1G`, `512M` or `1.5T`, in MiB.
fn megabytes(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at(text.find(|letter: char| letter.is_ascii_alphabetic())?);
    let unit = unit.trim_end_matches("iB").trim_end_matches('B');
    let power = ["M", "G", "T", "P", "E"].iter().position(|known| *known == unit)?;
    let number: f64 = number.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)?;
    let size = (number * 1024_f64.powi(i32::try_from(power).ok()?)).ceil();
    // Sizes beyond 2^53 MiB do not occur.
    #[allow(clippy::cast_possible_truncation, reason = "bounded by the line below")]
    (size < 9.0e15).then_some(size as i64)
}

/// Create the storage of a new unit.
pub fn add_initial(db: &Db, model: &str, unit: &Unit) -> Result<()> {
    let Some(found) = application::find(db, model, &unit.application)? else { return Ok(()) };
    let Ok(meta) = charm::metadata(&found) else { return Ok(()) };
    // Storage that was attached by `--attach-storage` counts.
    let existing = storage::of_unit(db, model, &unit.name())?;
    for storage in meta.storages.values() {
        let (directive, count) = initial_directive(storage, &found.storage);
        for _ in existing.iter().filter(|other| other.name() == storage.name).count() as u64..count {
            insert(db, model, unit, storage, &directive)?;
        }
    }
    Ok(())
}

/// Add the storage that a unit lacks after a refresh from the first charm to the second. For a storage that is new in
/// the charm, add as many as were asked for; for others, the charm's minimum. Juju 3.6: `upgradeStorageOps` in
/// state/application.go.
pub fn add_missing(
    db: &Db,
    model: &str,
    unit: &Unit,
    (old, new): (&CharmMeta, &CharmMeta),
    directives: &BTreeMap<String, String>,
) -> Result<()> {
    let existing = storage::of_unit(db, model, &unit.name())?;
    for (name, storage) in &new.storages {
        let (directive, count) = initial_directive(storage, directives);
        let count = if old.storages.contains_key(name) { u64::from(storage.count().0) } else { count };
        let now = existing.iter().filter(|other| other.name() == name).count() as u64;
        for _ in now..count {
            insert(db, model, unit, storage, &directive)?;
        }
    }
    Ok(())
}

/// The directive for a storage, and how many of it a unit starts with.
fn initial_directive(storage: &StorageMeta, directives: &BTreeMap<String, String>) -> (Directive, u64) {
    let text = directives.get(&storage.name);
    let directive = text.and_then(|text| Directive::parse(text).ok()).unwrap_or_default();
    let minimum = u64::from(storage.count().0);
    // A directive without a count means one, also for optional storage.
    let count = directive.count.or(text.is_some().then_some(minimum.max(1))).unwrap_or(minimum);
    (directive, count)
}

/// Add `count` more of a unit's storage `name`.
pub fn add(db: &Db, model: &str, unit: &Unit, name: &str, count: u64) -> Result<()> {
    let Some(found) = application::find(db, model, &unit.application)? else { return Ok(()) };
    let Ok(meta) = charm::metadata(&found) else { return Ok(()) };
    let Some(storage) = meta.storages.get(name) else { return Ok(()) };
    let directive = found.storage.get(name).and_then(|text| Directive::parse(text).ok()).unwrap_or_default();
    (0..count).try_for_each(|_| insert(db, model, unit, storage, &directive))
}

/// Add one storage to a unit.
pub fn insert(db: &Db, model: &str, unit: &Unit, meta: &StorageMeta, directive: &Directive) -> Result<()> {
    let id = format!("{}/{}", meta.name, model::next_number(db, model, Counter::Storage)?);
    let location = location(db, model, meta, &id)?;
    let minimum = meta.minimum_size.and_then(|size| i64::try_from(size).ok()).unwrap_or(DEFAULT_SIZE);
    storage::add(
        db,
        model,
        &Storage {
            id,
            unit: unit.name(),
            kind: if meta.storage_type == StorageType::Block { "block" } else { "filesystem" }.to_owned(),
            pool: directive.pool.clone().unwrap_or_else(|| "rootfs".to_owned()),
            size: directive.size.unwrap_or(minimum),
            life: Life::Alive,
            location,
            machine: unit.machine.clone(),
            detach_requested: false,
            since: 0,
        },
    )
}

/// The mount point for a storage that is attached now: a folder named by its ID or, on Juju 4, by the UUID of the
/// attachment (`calculateFilesystemAttachmentMountPoint` in domain/storageprovisioning/service/filesystem.go).
fn location(db: &Db, model: &str, meta: &StorageMeta, id: &str) -> Result<String> {
    if let (Some(location), Some(1)) = (&meta.location, meta.count().1) {
        return Ok(location.clone());
    }
    let folder = meta.location.as_deref().unwrap_or(DEFAULT_FOLDER);
    let is_4 = model::find(db, model)?.is_some_and(|model| model.juju.is_4());
    Ok(if is_4 { format!("{folder}/{}", random::uuid()) } else { format!("{folder}/{id}") })
}

/// A change of a unit's number of storages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountChange {
    /// Add this many.
    Attach(u64),
    Detach,
}

/// Why a unit cannot have that number of a storage.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CountError {
    /// The storage is not a list.
    #[error("cannot {0}, storage is singular")]
    Singular(&'static str),
    /// The charm needs more than would be left.
    #[error("detaching 1 storage instance brings the total to {total}, which is less than the minimum of {minimum}")]
    TooFew {
        /// The number after the change.
        total: u64,
        /// The charm's minimum.
        minimum: u32,
    },
    /// The charm allows no more of them.
    #[error(
        "attaching {added} storage instance{} brings the total to {total}, exceeding the maximum of {maximum}",
        if *added == 1 { "" } else { "s" }
    )]
    TooMany {
        /// How many to add.
        added: u64,
        /// The number after the change.
        total: u64,
        /// The charm's maximum.
        maximum: u32,
    },
}

/// Check whether the number of a unit's storages may change from `now`. Juju 3.6: `validateCharmStorageCountChange` in
/// state/storage.go.
pub fn check_count(meta: &StorageMeta, now: u64, change: CountChange) -> std::result::Result<(), CountError> {
    let (total, verb) = match change {
        CountChange::Attach(added) => (now + added, "attach"),
        CountChange::Detach => (now.saturating_sub(1), "detach"),
    };
    match (meta.count(), change) {
        ((1, Some(1)), _) if total != 1 => Err(CountError::Singular(verb)),
        ((minimum, _), CountChange::Detach) if total < u64::from(minimum) => Err(CountError::TooFew { total, minimum }),
        ((_, Some(maximum)), CountChange::Attach(added)) if total > u64::from(maximum) => {
            Err(CountError::TooMany { added, total, maximum })
        }
        (_, CountChange::Attach(_) | CountChange::Detach) => Ok(()),
    }
}

/// Attach an existing storage to a unit. Juju 3.6: `attachStorageOps` in state/storage.go.
pub fn attach(db: &Db, model: &str, unit: &Unit, mut found: Storage) -> anyhow::Result<()> {
    let name = unit.name();
    if !unit.life.is_alive() {
        bail!("unit not alive");
    }
    if !found.life.is_alive() {
        bail!("storage not alive");
    }
    if found.unit == name {
        return Ok(());
    }
    if !found.unit.is_empty() {
        bail!("cannot attach storage owned by unit {} to unit {name}", found.unit);
    }
    let application = application::find(db, model, &unit.application)?.context("application not found")?;
    let meta = charm::metadata(&application)?;
    let Some(storage_meta) = meta.storages.get(found.name()) else {
        bail!("charm {} has no storage called {}", meta.name, found.name());
    };
    if !found.is_detachable() && found.machine != unit.machine {
        bail!("storage is non-detachable (bound to machine {})", found.machine);
    }
    let now = storage::of_unit(db, model, &name)?.iter().filter(|other| other.name() == found.name()).count();
    check_count(storage_meta, now as u64, CountChange::Attach(1))?;
    found.location = location(db, model, storage_meta, &found.id)?;
    found.machine.clone_from(&unit.machine);
    found.unit = name;
    found.since = 0;
    Ok(storage::save(db, model, &found)?)
}

/// Create a storage's folder in a machine.
pub fn mount(files: &Files, storage: &Storage) -> io::Result<()> {
    files.make_folder(&storage.location).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_have_a_pool_a_count_and_a_size() {
        let parse = |text: &str| Directive::parse(text).unwrap();
        assert_eq!(parse("1G").size, Some(1024));
        assert_eq!(
            parse("tmpfs,2,512M"),
            Directive { pool: Some("tmpfs".to_owned()), count: Some(2), size: Some(512) }
        );
        assert_eq!(parse("3").count, Some(3));
        assert_eq!(parse("1.5G").size, Some(1536));
        assert!(Directive::parse("1G,lots").unwrap_err().to_string().contains("lots"));
        assert!(Directive::parse("").is_err());
    }
}
