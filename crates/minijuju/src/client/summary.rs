//! The summary of units at the end of a command that settled.

use std::collections::HashMap;

use crate::client::Client;
use crate::store::Db;
use crate::store::model::Model;
use crate::store::status::{self, Kind, Status};
use crate::store::{machine, unit};

/// When a unit's statuses were set: this changes when the unit runs something.
#[derive(PartialEq)]
pub struct StatusTimes {
    agent: i64,
    workload: i64,
}

/// The times of all units in a model.
pub fn status_times(db: &Db, model: &Model) -> anyhow::Result<HashMap<String, StatusTimes>> {
    let workload = status::all(db, &model.uuid, Kind::Workload)?;
    let agent = status::all(db, &model.uuid, Kind::Agent)?;
    let since = |statuses: &HashMap<String, Status>, unit: &String| statuses.get(unit).map_or(0, |status| status.since);
    let times = |unit: &String| StatusTimes { agent: since(&agent, unit), workload: since(&workload, unit) };
    Ok(agent.keys().map(|unit| (unit.clone(), times(unit))).collect())
}

/// Print the status of an application's units that ran something since the command began to settle, or that are in
/// error.
pub fn print_units(client: &Client, model: &Model, application: &str) -> anyhow::Result<()> {
    let db = client.store.db();
    let (workload, agent) = (status::all(db, &model.uuid, Kind::Workload)?, status::all(db, &model.uuid, Kind::Agent)?);
    let times = status_times(db, model)?;
    for unit in unit::of_application(db, &model.uuid, application)? {
        let name = unit.name();
        let failed = agent.get(&name).is_some_and(|status| status.status == "error");
        if !failed && times.get(&name) == client.status_times_before.get(&name) {
            continue;
        }
        let status = agent.get(&name).filter(|status| status.status == "error").or(workload.get(&name));
        let (word, message) = status.map_or(("unknown", ""), |status| (&status.status, &status.message));
        let address = machine::find(db, &model.uuid, &unit.machine)?.map(|machine| machine.address);
        let word = match word {
            "error" | "maintenance" => format!("in {word}"),
            "unknown" => "of unknown status".to_owned(),
            _ => word.to_owned(),
        };
        let message = if message.is_empty() { String::new() } else { format!(" ({message})") };
        let address = address.filter(|address| !address.is_empty()).map(|address| format!(" at {address}"));
        client.progress.info(&format!("{name} is {word}{message}{}", address.unwrap_or_default()));
    }
    Ok(())
}
