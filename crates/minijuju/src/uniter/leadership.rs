//! Which unit leads an application.

use crate::store::application::{self, Application};
use crate::store::{Db, Result, relation, secret, unit};

/// A unit was added: it leads if nobody does.
pub fn after_addition(db: &Db, model: &str, application: &str, number: i64) -> Result<()> {
    if application::find(db, model, application)?.is_some_and(|found| found.leader.is_none()) {
        application::set_leader(db, model, application, Some(number))?;
    }
    Ok(())
}

/// A unit is gone: if it led, the first of those that stay does; if nobody is left of a dying application, that is gone
/// too.
pub fn after_removal(db: &Db, model: &str, name: &str, number: i64) -> Result<()> {
    let Some(Application { leader, life, .. }) = application::find(db, model, name)? else { return Ok(()) };
    let units = unit::of(db, model, name)?;
    if units.is_empty() && !life.is_alive() {
        secret::forget(db, model, name)?;
        application::remove(db, model, name)?;
        return relation::sweep(db, model);
    }
    if leader == Some(number) {
        // A unit that is leaving would lead for a moment only.
        let next = units.iter().find(|unit| unit.life.is_alive()).or(units.first());
        application::set_leader(db, model, name, next.map(|unit| unit.number))?;
    }
    Ok(())
}
