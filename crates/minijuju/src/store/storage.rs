//! Storage instances, attached to units or detached.

use rusqlite::{OptionalExtension as _, Row, params};

use super::database::{Db, Result, now};
use super::life::Life;

#[derive(Clone, Debug)]
pub struct Storage {
    /// `NAME/NUMBER`.
    pub id: String,
    /// The unit that it is attached to; empty if detached.
    pub unit: String,
    /// `filesystem` or `block`.
    pub kind: String,
    pub pool: String,
    /// In MiB.
    pub size: i64,
    pub life: Life,
    /// Its mount point.
    pub location: String,
    /// The machine that it is on, if any; else empty.
    pub machine: String,
    /// It was detached by request: its unit must still run `storage-detaching`.
    pub detach_requested: bool,
    /// When it was attached or detached, in milliseconds since 1970; 0 while it is pending.
    pub since: i64,
}

impl Storage {
    /// A pending filesystem on a unit's machine, for tests.
    #[cfg(test)]
    pub fn pending(id: &str, unit: &str) -> Self {
        Self {
            id: id.to_owned(),
            unit: unit.to_owned(),
            kind: "filesystem".to_owned(),
            pool: "rootfs".to_owned(),
            size: 1024,
            life: Life::Alive,
            location: "/srv".to_owned(),
            machine: "0".to_owned(),
            detach_requested: false,
            since: 0,
        }
    }

    /// Its name in the charm.
    pub fn name(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// Whether it outlives its machine: it comes from the cloud, not from the machine itself.
    pub fn is_detachable(&self) -> bool {
        is_detachable(&self.pool)
    }

    /// Whether its unit must run `storage-detaching`, or is running it.
    pub fn is_detaching(&self) -> bool {
        self.detach_requested || !self.life.is_alive()
    }
}

/// The storage pools: those that every machine provides, and those of Juju's LXD cloud.
pub const POOLS: [&str; 6] = ["loop", "lxd", "lxd-btrfs", "lxd-zfs", "rootfs", "tmpfs"];

/// Whether storage from this pool outlives its machine.
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
        detach_requested: row.get(8)?,
        since: row.get(9)?,
    })
}

pub fn find(db: &Db, model: &str, id: &str) -> Result<Option<Storage>> {
    let sql = format!("SELECT {COLUMNS} FROM storage WHERE model = ? AND id = ?");
    Ok(db.prepare_cached(&sql)?.query_row([model, id], from_row).optional()?)
}

pub fn remove(db: &Db, model: &str, id: &str) -> Result<()> {
    db.execute("DELETE FROM storage WHERE model = ? AND id = ?", [model, id])?;
    Ok(())
}

pub fn all(db: &Db, model: &str) -> Result<Vec<Storage>> {
    let sql = format!("SELECT {COLUMNS} FROM storage WHERE model = ? ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([model], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn of_unit(db: &Db, model: &str, unit: &str) -> Result<Vec<Storage>> {
    Ok(all(db, model)?.into_iter().filter(|storage| storage.unit == unit).collect())
}

pub fn add(db: &Db, model: &str, storage: &Storage) -> Result<()> {
    db.execute(
        "INSERT INTO storage (model, id, kind, unit, pool, size, life, location, machine, detaching, since) \
         VALUES (?, ?, ?, '', '', 0, ?, '', '', 0, 0)",
        params![model, storage.id, storage.kind, storage.life],
    )?;
    save(db, model, storage)
}

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
            storage.detach_requested,
            storage.since,
            model,
            storage.id,
        ],
    )?;
    Ok(())
}

/// Why a storage is detached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetachReason {
    /// The user detaches or removes it.
    Requested,
    /// Its unit is removed.
    UnitRemoved,
}

/// Complete the detaching of a storage. It is removed if that was requested, or if its unit is removed and it cannot
/// exist without the machine. Otherwise it is now detached.
pub fn detach(db: &Db, model: &str, id: &str, reason: DetachReason) -> Result<()> {
    let Some(mut storage) = find(db, model, id)? else { return Ok(()) };
    if !storage.life.is_alive() || !storage.is_detachable() && reason == DetachReason::UnitRemoved {
        return remove(db, model, id);
    }
    storage.unit.clear();
    storage.detach_requested = false;
    storage.since = now();
    if storage.is_detachable() {
        storage.machine.clear();
        storage.location.clear();
    }
    save(db, model, &storage)
}

/// Remove the detached storage of a removed machine.
pub fn remove_of_machine(db: &Db, model: &str, machine: &str) -> Result<()> {
    db.execute("DELETE FROM storage WHERE model = ? AND machine = ? AND unit = ''", [model, machine])?;
    Ok(())
}
