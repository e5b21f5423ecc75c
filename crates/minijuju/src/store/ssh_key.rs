//! The SSH keys that were added to a model.

use super::database::{Db, Result};

/// The keys of a model in the format of `authorized_keys`, in the order in which they were added.
pub fn all(db: &Db, model: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("SELECT key FROM ssh_key WHERE model = ? ORDER BY rowid")?;
    let rows = statement.query_map([model], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn add(db: &Db, model: &str, key: &str) -> Result<()> {
    db.execute("INSERT OR IGNORE INTO ssh_key (model, key) VALUES (?, ?)", [model, key])?;
    Ok(())
}

pub fn remove(db: &Db, model: &str, key: &str) -> Result<()> {
    db.execute("DELETE FROM ssh_key WHERE model = ? AND key = ?", [model, key])?;
    Ok(())
}
