//! Commands that `juju-exec` in a machine lets a unit run.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use super::unit_snapshot::UnitSnapshot;
use crate::cli::is_unit;
use crate::hook::{Hook, RelationHook, RelationKind};
use crate::hookcmd::exec::{self, ExecRequest};
use crate::machine::{Machine, MachineKind, Machines};
use crate::store::model::Model;
use crate::store::task::Task;

/// The first argument of the process that answers a call of `juju-exec`. Internal.
pub const ANSWER_JUJU_EXEC: &str = "answer-juju-exec";

/// Install `juju-exec` in a machine, and accept its calls while the machine is up.
pub fn enable(machines: &Machines, model: &Model, machine: &Machine, number: &str) -> anyhow::Result<()> {
    if machines.kind() == MachineKind::Host {
        // Nothing must change on this computer itself.
        return Ok(());
    }
    let folder = machine.files()?.make_folder("/usr/bin")?;
    for name in exec::NAMES {
        let path = folder.path(name);
        if fs::read_link(&path).is_ok_and(|target| target == machine.program()) {
            continue;
        }
        folder.remove_all(name)?;
        symlink(machine.program(), path)?;
    }
    Ok(machines.ensure_agent(machine, exec::SOCKET, &[ANSWER_JUJU_EXEC, &model.uuid, number])?)
}

/// The parameters of a command's task.
pub fn params(request: &ExecRequest) -> BTreeMap<String, Value> {
    let mut params = BTreeMap::from([("command".to_owned(), Value::from(request.commands.as_str()))]);
    if let Some(relation) = request.relation {
        params.insert("relation".to_owned(), relation.into());
        params.insert("remote-unit".to_owned(), request.remote_unit.as_str().into());
        params.insert("force".to_owned(), request.force.into());
    }
    params
}

/// Why a command cannot run for the given relation. Juju 3.6: `inferRemoteUnit` in the uniter's contextfactory.go.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelationError {
    #[error("invalid remote unit: {0}")]
    InvalidUnit(String),
    #[error("unknown relation id: {0}")]
    UnknownRelation(i64),
    #[error("cannot infer remote unit in empty relation {0}")]
    NoRemoteUnit(i64),
    #[error("ambiguous remote unit; possibilities are [{0}]")]
    Ambiguous(String),
    #[error("unknown remote unit {unit}; possibilities are [{possible}]")]
    UnknownUnit { unit: String, possible: String },
}

/// The relation that a command is about, if any, as the hook that its context is taken from. Juju 3.6:
/// `inferRemoteUnit` in the uniter's contextfactory.go.
pub fn relation_hook(task: &Task, snapshot: &UnitSnapshot) -> Result<Option<Hook>, RelationError> {
    let Some(id) = task.params.get("relation").and_then(Value::as_i64) else { return Ok(None) };
    let remote_unit = task.params.get("remote-unit").and_then(Value::as_str).unwrap_or_default();
    let forced = task.params.get("force").and_then(Value::as_bool) == Some(true);
    if !remote_unit.is_empty() && !is_unit(remote_unit) {
        return Err(RelationError::InvalidUnit(remote_unit.to_owned()));
    }
    let relation = snapshot.remote_state.relations.get(&id).ok_or(RelationError::UnknownRelation(id))?;
    let possible: Vec<&str> = relation.members.keys().map(String::as_str).collect();
    let list = || possible.join(" ");
    let unit = match (remote_unit, possible.as_slice()) {
        (name, _) if forced => name,
        ("", []) => return Err(RelationError::NoRemoteUnit(id)),
        ("", [only]) => only,
        ("", _) => return Err(RelationError::Ambiguous(list())),
        (name, possible) if possible.contains(&name) => name,
        (name, _) => return Err(RelationError::UnknownUnit { unit: name.to_owned(), possible: list() }),
    };
    Ok(Some(Hook::Relation(RelationHook {
        kind: RelationKind::Changed,
        relation: id,
        endpoint: relation.endpoint.clone(),
        application: relation.remote.clone(),
        unit: unit.to_owned(),
        departing: String::new(),
        version: 0,
    })))
}
