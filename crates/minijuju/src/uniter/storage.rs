//! Storage of units: folders in their machines.

use std::collections::BTreeMap;
use std::io;

use ops_metadata::{CharmMeta, StorageMeta, StorageType};

use crate::charm;
use crate::machine::Files;
use crate::store::Life;
use crate::store::model::{self, Counter};
use crate::store::storage::{self, Storage};
use crate::store::unit::Unit;
use crate::store::{Db, Result, application};

/// Where Juju mounts storage that the charm names no place for.
const FOLDER: &str = "/var/lib/juju/storage";

/// The size of a storage that nobody asked a size for, in MiB, as in Juju.
const SIZE: i64 = 1024;

/// A text is no storage directive.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectiveError {
    /// A field of it is empty.
    #[error("storage directives require at least one field to be specified, got {0:?}")]
    EmptyField(String),
    /// A field of it is neither a count nor a size, and too late to be a pool.
    #[error("unrecognized storage directive {field:?} in {text:?}")]
    Field {
        /// The field.
        field: String,
        /// The whole text.
        text: String,
    },
}

/// What was asked for of a storage, as `POOL,COUNT,SIZE` in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directive {
    /// The pool.
    pub pool: Option<String>,
    /// How many.
    pub count: Option<u64>,
    /// The size of each, in MiB.
    pub size: Option<i64>,
}

impl Directive {
    /// Read `POOL,COUNT,SIZE`.
    pub fn parse(text: &str) -> std::result::Result<Self, DirectiveError> {
        let mut directive = Self::default();
        for (place, part) in text.split(',').map(str::trim).enumerate() {
            if part.is_empty() {
                return Err(DirectiveError::EmptyField(text.to_owned()));
            }
            if let Ok(count) = part.parse::<u64>() {
                directive.count = Some(count);
            } else if let Some(size) = megabytes(part) {
                directive.size = Some(size);
            } else if place == 0 {
                directive.pool = Some(part.to_owned());
            } else {
                return Err(DirectiveError::Field { field: part.to_owned(), text: text.to_owned() });
            }
        }
        Ok(directive)
    }
}

/// A size such as `1G`, `512M` or `1.5T`, in MiB.
fn megabytes(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at(text.find(|letter: char| letter.is_ascii_alphabetic())?);
    let unit = unit.trim_end_matches("iB").trim_end_matches('B');
    let power = ["M", "G", "T", "P", "E"].iter().position(|known| *known == unit)?;
    let number: f64 = number.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)?;
    let size = (number * 1024_f64.powi(i32::try_from(power).ok()?)).ceil();
    // Beyond 2^53 MiB nobody asks.
    #[allow(clippy::cast_possible_truncation, reason = "bounded by the line below")]
    (size < 9.0e15).then_some(size as i64)
}

/// The storage that a new unit begins with.
pub fn add_initial(db: &Db, model: &str, unit: &Unit) -> Result<()> {
    let Some(found) = application::find(db, model, &unit.application)? else { return Ok(()) };
    let Ok(meta) = charm::metadata(&found) else { return Ok(()) };
    for storage in meta.storages.values() {
        let (directive, count) = asked(storage, &found.storage);
        for _ in 0..count {
            insert(db, model, unit, storage, &directive)?;
        }
    }
    Ok(())
}

/// The storage that a unit lacks once its charm was replaced by another, from the first to the second: as much as was
/// asked for of a storage that is new, and of the others the least that the charm works with.
/// Juju 3.6: `upgradeStorageOps` in state/application.go.
pub fn add_missing(
    db: &Db,
    model: &str,
    unit: &Unit,
    (old, new): (&CharmMeta, &CharmMeta),
    directives: &BTreeMap<String, String>,
) -> Result<()> {
    let there = storage::of(db, model, &unit.name())?;
    for (name, storage) in &new.storages {
        let (directive, count) = asked(storage, directives);
        let count = if old.storages.contains_key(name) { u64::from(storage.count().0) } else { count };
        let now = there.iter().filter(|one| one.id.split('/').next() == Some(name)).count() as u64;
        for _ in now..count {
            insert(db, model, unit, storage, &directive)?;
        }
    }
    Ok(())
}

/// What was asked for of a storage, and how many a unit begins with.
fn asked(storage: &StorageMeta, directives: &BTreeMap<String, String>) -> (Directive, u64) {
    let given = directives.get(&storage.name);
    let directive = given.and_then(|text| Directive::parse(text).ok()).unwrap_or_default();
    let least = u64::from(storage.count().0);
    // A directive without a number means one, also of an optional storage.
    let count = directive.count.or(given.is_some().then_some(least.max(1))).unwrap_or(least);
    (directive, count)
}

/// `count` more of a unit's storage `name`.
pub fn add(db: &Db, model: &str, unit: &Unit, name: &str, count: u64) -> Result<()> {
    let Some(found) = application::find(db, model, &unit.application)? else { return Ok(()) };
    let Ok(meta) = charm::metadata(&found) else { return Ok(()) };
    let Some(storage) = meta.storages.get(name) else { return Ok(()) };
    let directive = found.storage.get(name).and_then(|text| Directive::parse(text).ok()).unwrap_or_default();
    (0..count).try_for_each(|_| insert(db, model, unit, storage, &directive))
}

/// One more storage of a unit.
pub fn insert(db: &Db, model: &str, unit: &Unit, meta: &StorageMeta, directive: &Directive) -> Result<()> {
    let id = format!("{}/{}", meta.name, model::next(db, model, Counter::Storage)?);
    let single = meta.count().1 == Some(1);
    let location = match &meta.location {
        Some(location) if single => location.clone(),
        location => format!("{}/{id}", location.as_deref().unwrap_or(FOLDER)),
    };
    let least = meta.minimum_size.and_then(|size| i64::try_from(size).ok()).unwrap_or(SIZE);
    storage::add(
        db,
        model,
        &Storage {
            id,
            unit: unit.name(),
            kind: if meta.storage_type == StorageType::Block { "block" } else { "filesystem" }.to_owned(),
            pool: directive.pool.clone().unwrap_or_else(|| "rootfs".to_owned()),
            size: directive.size.unwrap_or(least),
            life: Life::Alive,
            location,
        },
    )
}

/// Make the folder of a storage in a machine.
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
