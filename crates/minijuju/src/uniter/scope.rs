//! A unit's entry into a relation: what Juju writes to the databag, and the subordinate that it creates.

use super::unit_snapshot::UnitSnapshot;
use super::{leadership, storage};
use crate::charm;
use crate::store::Life;
use crate::store::model::Model;
use crate::store::relation::Scope;
use crate::store::relation::{self, Databag};
use crate::store::status::{self, Kind, Status};
use crate::store::unit::{self, Unit};
use crate::store::{Db, Result, application, cross_model};

/// Enter the scope of a relation, just before `relation-created`.
pub fn enter(db: &Db, model: &Model, snapshot: &UnitSnapshot, id: i64, address: &str) -> Result<()> {
    let (juju, model) = (model.juju, model.uuid.as_str());
    let name = snapshot.name();
    let egress = cross_model::egress_subnets(db, model, id)?.unwrap_or_else(|| format!("{address}/32"));
    let mut databag: Databag = [("egress-subnets", egress), ("ingress-address", address.to_owned())]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    if !juju.is_4() {
        databag.insert("private-address".to_owned(), address.to_owned());
    }
    relation::enter_scope(db, model, id, name, &databag)?;
    let Some(found) = relation::find(db, model, id)? else { return Ok(()) };
    let other = found.endpoint(&snapshot.unit.application, None).and_then(|local| found.related_endpoint(local));
    if found.scope == Scope::Container
        && snapshot.unit.principal.is_empty()
        && let Some(other) = other
    {
        add_subordinate(db, model, &snapshot.unit, &other.application)?;
    }
    Ok(())
}

/// Leave the scope of a relation. A subordinate whose principal is removed is removed too.
pub fn leave(db: &Db, model: &str, snapshot: &UnitSnapshot, id: i64) -> Result<()> {
    if !snapshot.unit.principal.is_empty()
        && let Some(found) = relation::find(db, model, id)?
        && found.scope == Scope::Container
    {
        unit::set(db, model, &snapshot.unit, unit::Column::Life(Life::Dying))?;
    }
    relation::leave_scope(db, model, id, snapshot.name())
}

/// Add a unit of the subordinate beside the principal unit, unless there is one.
fn add_subordinate(db: &Db, model: &str, principal: &Unit, name: &str) -> Result<()> {
    let Some(subordinate) = application::find(db, model, name)? else { return Ok(()) };
    let is_subordinate = charm::metadata(&subordinate).is_ok_and(|meta| meta.subordinate);
    let exists = unit::of_application(db, model, name)?.iter().any(|unit| unit.principal == principal.name());
    if !is_subordinate || exists {
        return Ok(());
    }
    let number = application::next_unit(db, model, name)?;
    let added = Unit { principal: principal.name(), ..Unit::new(name, number, &principal.machine) };
    unit::add(db, model, &added)?;
    storage::add_initial(db, model, &added)?;
    let unit = added.name();
    status::set(db, model, Kind::Workload, &unit, &Status::new("waiting", "agent initialising"))?;
    status::set(db, model, Kind::Agent, &unit, &Status::new("allocating", ""))?;
    leadership::after_addition(db, model, name, added.number)
}
