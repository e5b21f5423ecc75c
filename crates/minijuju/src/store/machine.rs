//! The model's machines.

use rusqlite::{OptionalExtension as _, Row, params};

use super::database::{Db, Result};

#[derive(Clone, Debug)]
pub struct Machine {
    /// Juju's machine number, as text.
    pub id: String,
    /// Its address, once it has started.
    pub address: String,
    /// Its base, such as `ubuntu@22.04`.
    pub base: String,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Machine> {
    Ok(Machine { id: row.get(0)?, address: row.get(1)?, base: row.get(2)? })
}

pub fn all(db: &Db, model: &str) -> Result<Vec<Machine>> {
    let mut statement =
        db.prepare_cached("SELECT id, address, base FROM machine WHERE model = ? ORDER BY CAST(id AS INTEGER)")?;
    let rows = statement.query_map([model], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn find(db: &Db, model: &str, id: &str) -> Result<Option<Machine>> {
    let sql = "SELECT id, address, base FROM machine WHERE model = ? AND id = ?";
    Ok(db.prepare_cached(sql)?.query_row([model, id], from_row).optional()?)
}

pub fn add(db: &Db, model: &str, machine: &Machine) -> Result<()> {
    db.execute(
        "INSERT INTO machine (model, id, address, base) VALUES (?, ?, ?, ?)",
        params![model, machine.id, machine.address, machine.base],
    )?;
    Ok(())
}

pub fn set_address(db: &Db, model: &str, id: &str, address: &str) -> Result<()> {
    db.execute("UPDATE machine SET address = ? WHERE model = ? AND id = ?", [address, model, id])?;
    Ok(())
}

pub fn remove(db: &Db, model: &str, id: &str) -> Result<()> {
    db.execute("DELETE FROM machine WHERE model = ? AND id = ?", [model, id])?;
    db.execute("DELETE FROM status WHERE model = ? AND kind IN ('machine', 'instance') AND entity = ?", [model, id])?;
    Ok(())
}
