//! Units, and the state of their agents.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Row, params};

use super::agent::AgentState;
use super::database::{Db, Result};
use super::life::Life;
use super::storage;
use super::string_enum::string_enum;
use crate::hook::Hook;

string_enum! {
    /// What `juju resolved` decided for a unit in error.
    #[derive(Default)]
    pub enum ResolvedMode("resolved mode") {
        #[default]
        None = "",
        /// Run the failed hook again.
        RetryHooks = "retry-hooks",
        /// Continue as if the hook had succeeded.
        NoHooks = "no-hooks",
        /// Skip this and every later hook that fails: the unit is being removed by force.
        Force = "force",
    }
}

#[derive(Clone, Debug)]
pub struct Unit {
    pub application: String,
    /// Its number within the application.
    pub number: i64,
    /// The number of its machine.
    pub machine: String,
    /// The principal unit of a subordinate; else empty.
    pub principal: String,
    pub life: Life,
    /// The workload's version, as the unit set it.
    pub workload_version: String,
    pub resolved: ResolvedMode,
    /// Hooks that the user requested.
    pub requested_hooks: Vec<Hook>,
    pub agent: AgentState,
    /// What the charm stored with `state-set`.
    pub charm_state: BTreeMap<String, String>,
}

impl Unit {
    /// A unit before its first hook.
    pub fn new(application: &str, number: i64, machine: &str) -> Self {
        Self {
            application: application.to_owned(),
            number,
            machine: machine.to_owned(),
            principal: String::new(),
            life: Life::Alive,
            workload_version: String::new(),
            resolved: ResolvedMode::None,
            requested_hooks: Vec::new(),
            agent: AgentState::default(),
            charm_state: BTreeMap::new(),
        }
    }

    /// `APPLICATION/NUMBER`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.application, self.number)
    }

    /// `unit-APPLICATION-NUMBER`, used in paths and logs.
    pub fn tag(&self) -> String {
        format!("unit-{}-{}", self.application, self.number)
    }
}

/// Split `APPLICATION/NUMBER`.
pub fn parse_name(name: &str) -> Option<(&str, i64)> {
    let (application, number) = name.split_once('/')?;
    let is_decimal = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    Some((application, number.parse().ok().filter(|_| is_decimal)?))
}

const COLUMNS: &str = "application, number, machine, principal, life, workload_version, resolved, fired, agent, \
                       charm_state";

fn from_row(row: &Row<'_>) -> rusqlite::Result<(Unit, [String; 3])> {
    let unit = Unit {
        application: row.get(0)?,
        number: row.get(1)?,
        machine: row.get(2)?,
        principal: row.get(3)?,
        life: row.get(4)?,
        workload_version: row.get(5)?,
        resolved: row.get(6)?,
        requested_hooks: Vec::new(),
        agent: AgentState::default(),
        charm_state: BTreeMap::new(),
    };
    Ok((unit, [row.get(7)?, row.get(8)?, row.get(9)?]))
}

fn decode((unit, [requested_hooks, agent, charm_state]): (Unit, [String; 3])) -> Result<Unit> {
    Ok(Unit {
        requested_hooks: serde_json::from_str(&requested_hooks)?,
        agent: serde_json::from_str(&agent)?,
        charm_state: serde_json::from_str(&charm_state)?,
        ..unit
    })
}

pub fn all(db: &Db, model: &str) -> Result<Vec<Unit>> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM unit WHERE model = ? ORDER BY application, number"))?;
    let rows = statement.query_map([model], from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(decode).collect()
}

pub fn of_application(db: &Db, model: &str, application: &str) -> Result<Vec<Unit>> {
    Ok(all(db, model)?.into_iter().filter(|unit| unit.application == application).collect())
}

pub fn find(db: &Db, model: &str, name: &str) -> Result<Option<Unit>> {
    let Some((application, number)) = parse_name(name) else { return Ok(None) };
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM unit WHERE model = ? AND application = ? AND number = ?"))?
        .query_row(params![model, application, number], from_row)
        .optional()?
        .map(decode)
        .transpose()
}

pub fn add(db: &Db, model: &str, unit: &Unit) -> Result<()> {
    db.execute(
        "INSERT INTO unit (model, application, number, machine, principal) VALUES (?, ?, ?, ?, ?)",
        params![model, unit.application, unit.number, unit.machine, unit.principal],
    )?;
    save(db, model, unit)
}

pub fn save(db: &Db, model: &str, unit: &Unit) -> Result<()> {
    db.prepare_cached(
        "UPDATE unit SET life = ?, workload_version = ?, resolved = ?, fired = ?, agent = ?, charm_state = ? \
         WHERE model = ? AND application = ? AND number = ?",
    )?
    .execute(params![
        unit.life,
        unit.workload_version,
        unit.resolved,
        serde_json::to_string(&unit.requested_hooks)?,
        serde_json::to_string(&unit.agent)?,
        serde_json::to_string(&unit.charm_state)?,
        model,
        unit.application,
        unit.number,
    ])?;
    Ok(())
}

/// Save only the agent's state; another command may be changing the rest.
pub fn save_agent(db: &Db, model: &str, unit: &Unit) -> Result<()> {
    db.prepare_cached("UPDATE unit SET agent = ? WHERE model = ? AND application = ? AND number = ?")?
        .execute(params![serde_json::to_string(&unit.agent)?, model, unit.application, unit.number])?;
    Ok(())
}

/// Save only what the charm stored with `state-set`.
pub fn save_charm_state(db: &Db, model: &str, unit: &Unit) -> Result<()> {
    db.prepare_cached("UPDATE unit SET charm_state = ? WHERE model = ? AND application = ? AND number = ?")?
        .execute(params![serde_json::to_string(&unit.charm_state)?, model, unit.application, unit.number])?;
    Ok(())
}

/// Set one of the columns that both commands and the uniter change.
pub fn set(db: &Db, model: &str, unit: &Unit, column: Column<'_>) -> Result<()> {
    let (name, value) = match column {
        Column::Life(value) => ("life", value.to_string()),
        Column::Resolved(value) => ("resolved", value.to_string()),
        Column::WorkloadVersion(value) => ("workload_version", value.to_owned()),
        Column::RequestedHooks(hooks) => ("fired", serde_json::to_string(hooks)?),
    };
    db.prepare_cached(&format!("UPDATE unit SET {name} = ? WHERE model = ? AND application = ? AND number = ?"))?
        .execute(params![value, model, unit.application, unit.number])?;
    Ok(())
}

/// A column for [`set`], with its new value.
#[derive(Clone, Copy, Debug)]
pub enum Column<'a> {
    Life(Life),
    Resolved(ResolvedMode),
    WorkloadVersion(&'a str),
    RequestedHooks(&'a [Hook]),
}

/// Remove a unit with its statuses and ports, and its presence in relations.
pub fn remove(db: &Db, model: &str, unit: &Unit) -> Result<()> {
    let name = unit.name();
    db.execute(
        "DELETE FROM unit WHERE model = ? AND application = ? AND number = ?",
        params![model, unit.application, unit.number],
    )?;
    db.execute("DELETE FROM port WHERE model = ? AND unit = ?", [model, &name])?;
    db.execute("DELETE FROM status WHERE model = ? AND kind IN ('workload', 'agent') AND entity = ?", [model, &name])?;
    db.execute("DELETE FROM status_history WHERE model = ? AND entity = ?", [model, &name])?;
    for attached in storage::of_unit(db, model, &name)? {
        storage::detach(db, model, &attached.id, storage::DetachReason::UnitRemoved)?;
    }
    Ok(())
}

/// A range of open ports of a unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// The endpoint that it is open for; empty for all.
    pub endpoint: String,
    /// `tcp`, `udp` or `icmp`.
    pub protocol: String,
    /// The first port; -1 for ICMP.
    pub low: i64,
    /// The last port; -1 for ICMP.
    pub high: i64,
}

pub fn ports(db: &Db, model: &str, unit: &str) -> Result<Vec<Port>> {
    let sql = "SELECT endpoint, protocol, low, high FROM port WHERE model = ? AND unit = ? \
               ORDER BY endpoint, protocol, low, high";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([model, unit], |row| {
        Ok(Port { endpoint: row.get(0)?, protocol: row.get(1)?, low: row.get(2)?, high: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Replace a unit's open ports.
pub fn set_ports(db: &Db, model: &str, unit: &str, ports: &[Port]) -> Result<()> {
    db.execute("DELETE FROM port WHERE model = ? AND unit = ?", [model, unit])?;
    for port in ports {
        db.execute(
            "INSERT OR IGNORE INTO port (model, unit, endpoint, protocol, low, high) VALUES (?, ?, ?, ?, ?, ?)",
            params![model, unit, port.endpoint, port.protocol, port.low, port.high],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_name_is_an_application_and_a_number() {
        assert_eq!(parse_name("tinyproxy/12"), Some(("tinyproxy", 12)));
        for bad in ["tinyproxy", "tinyproxy/", "tinyproxy/+1", "tinyproxy/x", "tinyproxy/0/1"] {
            assert_eq!(parse_name(bad), None, "{bad}");
        }
    }
}
