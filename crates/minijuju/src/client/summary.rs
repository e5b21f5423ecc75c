//! What a command that settled says at its end: how the units are.

use crate::client::Client;
use crate::store::model::Model;
use crate::store::status::{self, Kind};
use crate::store::{machine, unit};

/// Say how the units of an application are.
pub fn units(client: &Client, model: &Model, application: &str) -> anyhow::Result<()> {
    let db = client.store.db();
    let (workload, agent) = (status::all(db, &model.uuid, Kind::Workload)?, status::all(db, &model.uuid, Kind::Agent)?);
    for found in unit::of(db, &model.uuid, application)? {
        let name = found.name();
        let shown = agent.get(&name).filter(|status| status.status == "error").or(workload.get(&name));
        let (word, message) = shown.map_or(("unknown", ""), |status| (&status.status, &status.message));
        let address = machine::find(db, &model.uuid, &found.machine)?.map(|machine| machine.address);
        let word = match word {
            "error" | "maintenance" => format!("in {word}"),
            "unknown" => "of unknown status".to_owned(),
            _ => word.to_owned(),
        };
        let message = if message.is_empty() { String::new() } else { format!(" ({message})") };
        let address = address.filter(|address| !address.is_empty()).map(|address| format!(" at {address}"));
        client.progress.say(&format!("{name} is {word}{message}{}", address.unwrap_or_default()));
    }
    Ok(())
}
