//! The model's machines, as Juju numbers them.

use rusqlite::{OptionalExtension as _, Row, params};

use super::database::{Db, Result};

/// A machine of the model.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its number, as text.
    pub id: String,
    /// Its address, once it is up.
    pub address: String,
    /// Its base, such as `ubuntu@22.04`.
    pub base: String,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Machine> {
    Ok(Machine { id: row.get(0)?, address: row.get(1)?, base: row.get(2)? })
}

/// All machines of a model, by number.
pub fn all(db: &Db, model: &str) -> Result<Vec<Machine>> {
    let mut statement =
        db.prepare_cached("SELECT id, address, base FROM machine WHERE model = ? ORDER BY CAST(id AS INTEGER)")?;
    let rows = statement.query_map([model], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The machine with this number.
pub fn find(db: &Db, model: &str, id: &str) -> Result<Option<Machine>> {
    let sql = "SELECT id, address, base FROM machine WHERE model = ? AND id = ?";
    Ok(db.prepare_cached(sql)?.query_row([model, id], from_row).optional()?)
}

/// Add a machine.
pub fn add(db: &Db, model: &str, machine: &Machine) -> Result<()> {
    db.execute(
        "INSERT INTO machine (model, id, address, base) VALUES (?, ?, ?, ?)",
        params![model, machine.id, machine.address, machine.base],
    )?;
    Ok(())
}

/// Note a machine's address.
pub fn set_address(db: &Db, model: &str, id: &str, address: &str) -> Result<()> {
    db.execute("UPDATE machine SET address = ? WHERE model = ? AND id = ?", [address, model, id])?;
    Ok(())
}

/// Remove a machine.
pub fn remove(db: &Db, model: &str, id: &str) -> Result<()> {
    db.execute("DELETE FROM machine WHERE model = ? AND id = ?", [model, id])?;
    db.execute("DELETE FROM status WHERE model = ? AND kind IN ('machine', 'instance') AND entity = ?", [model, id])?;
    Ok(())
}
