//! Adds and removes units for commands.

use anyhow::{Context as _, bail};

use crate::store::Life;
use crate::store::application::{self, Application};
use crate::store::machine::{self, Machine};
use crate::store::model::{self, Counter, Model};
use crate::store::status::{self, Kind, Status};
use crate::store::storage::{self, Storage};
use crate::store::unit::ResolvedMode;
use crate::store::unit::{self, Column, Unit};
use crate::store::{Db, Result};
use crate::uniter;

/// Add units to an application, each on its own machine, or on those in `placement`, in order.
pub fn add(
    db: &Db,
    model: &Model,
    application: &Application,
    base: &str,
    count: i64,
    placement: &[String],
    attached: &[String],
) -> anyhow::Result<Vec<String>> {
    let uuid = &model.uuid;
    let mut names = Vec::new();
    for index in 0..usize::try_from(count)? {
        let machine = if let Some(id) = placement.get(index) {
            if machine::find(db, uuid, id)?.is_none() {
                bail!("cannot place unit on machine {id}: machine {id} not found");
            }
            id.clone()
        } else {
            let id = model::next_number(db, uuid, Counter::Machine)?.to_string();
            machine::add(db, uuid, &Machine { id: id.clone(), address: String::new(), base: base.to_owned() })?;
            status::set(db, uuid, Kind::Machine, &id, &Status::new("pending", ""))?;
            id
        };
        let number = application::next_unit(db, uuid, &application.name)?;
        let added = Unit::new(&application.name, number, &machine);
        unit::add(db, uuid, &added)?;
        for id in attached {
            let found = storage::find(db, uuid, id)?.with_context(|| format!("storage instance {id:?} not found"));
            found
                .and_then(|found| uniter::attach_storage(db, uuid, &added, found))
                .with_context(|| format!("cannot attach storage {id} to unit {}", added.name()))?;
        }
        uniter::add_initial_storage(db, uuid, &added)?;
        let name = added.name();
        status::set(db, uuid, Kind::Workload, &name, &Status::new("waiting", "waiting for machine"))?;
        status::set(db, uuid, Kind::Agent, &name, &Status::new("allocating", ""))?;
        uniter::after_addition(db, uuid, &application.name, added.number)?;
        names.push(name);
    }
    Ok(names)
}

/// The base of an application's machines, if it has units.
pub fn base(db: &Db, model: &Model, application: &str) -> Result<Option<String>> {
    let units = unit::of_application(db, &model.uuid, application)?;
    let Some(first) = units.first() else { return Ok(None) };
    Ok(machine::find(db, &model.uuid, &first.machine)?.map(|machine| machine.base))
}

/// Mark all storage of a unit for removal with it.
pub fn destroy_storage(db: &Db, model: &Model, unit: &Unit) -> Result<()> {
    for found in storage::of_unit(db, &model.uuid, &unit.name())? {
        storage::save(db, &model.uuid, &Storage { life: Life::Dying, ..found })?;
    }
    Ok(())
}

/// What a removal does when a hook of the unit fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Wait until the failure is resolved.
    Orderly,
    /// Continue.
    Forced,
}

impl Removal {
    /// The removal that `--force` asks for.
    pub fn from_force(force: bool) -> Removal {
        if force { Removal::Forced } else { Removal::Orderly }
    }
}

/// Start a unit's removal: it leaves its relations, stops, and is removed.
pub fn remove(db: &Db, model: &Model, unit: &Unit, removal: Removal) -> Result<()> {
    unit::set(db, &model.uuid, unit, Column::Life(Life::Dying))?;
    // Subordinates are removed with their principal.
    let name = unit.name();
    for subordinate in unit::all(db, &model.uuid)?.iter().filter(|other| other.principal == name) {
        remove(db, model, subordinate, removal)?;
    }
    if removal == Removal::Forced {
        unit::set(db, &model.uuid, unit, Column::Resolved(ResolvedMode::Force))?;
    }
    Ok(())
}
