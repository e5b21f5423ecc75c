//! Which unit leads an application.

use crate::store::agent::Operation;
use crate::store::application::{self, Application};
use crate::store::unit::Unit;
use crate::store::{Db, Result, relation, secret, unit};

/// Make an added unit the leader if there is none.
pub fn after_addition(db: &Db, model: &str, application: &str, number: i64) -> Result<()> {
    if application::find(db, model, application)?.is_some_and(|found| found.leader.is_none()) {
        application::set_leader(db, model, application, Some(number))?;
    }
    Ok(())
}

/// Update after a unit was removed: if it was the leader, there is none until a successor is elected. A dying
/// application without units is removed too.
pub fn after_removal(db: &Db, model: &str, name: &str, number: i64) -> Result<()> {
    let Some(Application { leader, life, .. }) = application::find(db, model, name)? else { return Ok(()) };
    let units = unit::of_application(db, model, name)?;
    if units.is_empty() && !life.is_alive() {
        secret::remove_entity(db, model, name)?;
        application::remove(db, model, name)?;
        return relation::remove_dead(db, model);
    }
    if leader == Some(number) {
        application::set_leader(db, model, name, None)?;
    }
    Ok(())
}

/// The applications whose leader is gone, with the number of the unit that leads now. Juju revokes the lease when its
/// holder, which has already left its relations, is removed (`RevokeLeadershipFunc` in apiserver/common/unit.go). The
/// remaining units claim it afterwards, so they run the hook about the departure first.
pub fn successors(db: &Db, model: &str) -> Result<Vec<(String, i64)>> {
    let mut found = Vec::new();
    for vacant in application::all(db, model)?.iter().filter(|application| application.leader.is_none()) {
        let units = unit::of_application(db, model, &vacant.name)?;
        // A dying unit would lead only for a moment.
        let next = units.iter().find(|unit| unit.life.is_alive()).or(units.first());
        if let Some(next) = next.filter(|_| units.iter().all(|unit| has_seen_departures(unit, &units))) {
            found.push((vacant.name.clone(), next.number));
        }
    }
    Ok(found)
}

/// Whether a unit has run the hooks about all departed peers, or cannot run them.
fn has_seen_departures(unit: &Unit, units: &[Unit]) -> bool {
    let peer = format!("{}/", unit.application);
    let mut known = unit.agent.relations.values().flat_map(|relation| relation.members.keys());
    let has_left = |name: &String| name.starts_with(&peer) && !units.iter().any(|unit| unit.name() == *name);
    matches!(unit.agent.operation, Operation::Failed(_)) || !unit.life.is_alive() || !known.any(has_left)
}
