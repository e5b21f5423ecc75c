//! Secrets, their revisions, grants and consumers.

use super::database::{Db, Result};

/// How many secrets a model has.
pub fn count(db: &Db, model: &str) -> Result<usize> {
    let count: u32 = db.query_row("SELECT count(*) FROM secret WHERE model = ?", [model], |row| row.get(0))?;
    Ok(count as usize)
}
