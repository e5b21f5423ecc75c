//! Storage: of units, and detached.

use rusqlite::{OptionalExtension as _, Row, params};

use super::database::{Db, Result, now};
use super::life::Life;

/// A storage instance.
#[derive(Clone, Debug)]
pub struct Storage {
    /// Its ID: `NAME/NUMBER`.
    pub id: String,
    /// The unit it is attached to; empty where detached.
    pub unit: String,
    /// `filesystem` or `block`.
    pub kind: String,
    /// The pool it is from.
    pub pool: String,
    /// Its size in MiB.
    pub size: i64,
    /// Whether it was removed.
    pub life: Life,
    /// Where it is mounted.
    pub location: String,
    /// The machine that it is on; empty where it is on none.
    pub machine: String,
    /// Its unit gives it back, and must run a hook for that first.
    pub detaching: bool,
    /// Since when it is attached or detached, in milliseconds since 1970; 0 while it is pending.
    pub since: i64,
}

impl Storage {
    /// Its name in the charm.
    pub fn name(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// It is the cloud's, and outlives the machine that it is attached to. What a machine provides itself goes with it.
    pub fn is_detachable(&self) -> bool {
        is_detachable(&self.pool)
    }

    /// Its unit loses it.
    pub fn leaves(&self) -> bool {
        self.detaching || !self.life.is_alive()
    }
}

/// The pools that there are: those that every machine provides itself, and those of Juju's LXD cloud.
pub const POOLS: [&str; 6] = ["loop", "lxd", "lxd-btrfs", "lxd-zfs", "rootfs", "tmpfs"];

/// What is from this pool outlives the machine that it is attached to.
pub fn is_detachable(pool: &str) -> bool {
    pool.starts_with("lxd")
}

const COLUMNS: &str = "id, unit, kind, pool, size, life, location, machine, detaching, since";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Storage> {
    Ok(Storage {
        id: row.get(0)?,
        unit: row.get(1)?,
        kind: row.get(2)?,
        pool: row.get(3)?,
        size: row.get(4)?,
        life: row.get(5)?,
        location: row.get(6)?,
        machine: row.get(7)?,
        detaching: row.get(8)?,
        since: row.get(9)?,
    })
}

/// The storage with this ID.
pub fn find(db: &Db, model: &str, id: &str) -> Result<Option<Storage>> {
    let sql = format!("SELECT {COLUMNS} FROM storage WHERE model = ? AND id = ?");
    Ok(db.prepare_cached(&sql)?.query_row([model, id], from_row).optional()?)
}

/// Remove a storage.
pub fn remove(db: &Db, model: &str, id: &str) -> Result<()> {
    db.execute("DELETE FROM storage WHERE model = ? AND id = ?", [model, id])?;
    Ok(())
}

/// All storage of a model, by ID.
pub fn all(db: &Db, model: &str) -> Result<Vec<Storage>> {
    let sql = format!("SELECT {COLUMNS} FROM storage WHERE model = ? ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([model], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The storage of a unit.
pub fn of(db: &Db, model: &str, unit: &str) -> Result<Vec<Storage>> {
    Ok(all(db, model)?.into_iter().filter(|storage| storage.unit == unit).collect())
}

/// Add a storage.
pub fn add(db: &Db, model: &str, storage: &Storage) -> Result<()> {
    db.execute(
        "INSERT INTO storage (model, id, kind, unit, pool, size, life, location, machine, detaching, since) \
         VALUES (?, ?, ?, '', '', 0, ?, '', '', 0, 0)",
        params![model, storage.id, storage.kind, storage.life],
    )?;
    save(db, model, storage)
}

/// Save everything about a storage.
pub fn save(db: &Db, model: &str, storage: &Storage) -> Result<()> {
    db.execute(
        "UPDATE storage SET unit = ?, pool = ?, size = ?, life = ?, location = ?, machine = ?, detaching = ?, since = ? \
         WHERE model = ? AND id = ?",
        params![
            storage.unit,
            storage.pool,
            storage.size,
            storage.life,
            storage.location,
            storage.machine,
            storage.detaching,
            storage.since,
            model,
            storage.id,
        ],
    )?;
    Ok(())
}

/// A unit has given a storage back: it goes if it was to, or if the unit does and it cannot be without its machine; else
/// it is nobody's.
pub fn give_back(db: &Db, model: &str, id: &str, unit_stays: bool) -> Result<()> {
    let Some(mut storage) = find(db, model, id)? else { return Ok(()) };
    if !storage.life.is_alive() || !storage.is_detachable() && !unit_stays {
        return remove(db, model, id);
    }
    storage.unit.clear();
    storage.detaching = false;
    storage.since = now();
    if storage.is_detachable() {
        storage.machine.clear();
        storage.location.clear();
    }
    save(db, model, &storage)
}

/// A machine is gone, and with it the storage that was on it and nobody's.
pub fn lose(db: &Db, model: &str, machine: &str) -> Result<()> {
    db.execute("DELETE FROM storage WHERE model = ? AND machine = ? AND unit = ''", [model, machine])?;
    Ok(())
}
