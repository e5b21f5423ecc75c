//! Commands that are run in a machine with `juju-exec`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use super::view::Snapshot;
use crate::cli::is_unit;
use crate::hook::{Hook, RelationHook, RelationKind};
use crate::hookcmd::exec::{self, Wanted};
use crate::machine::{Machine, MachineKind, Machines};
use crate::store::model::Model;
use crate::store::task::Task;

/// The first argument of the process that answers a call. Internal.
pub const ANSWER: &str = "answer-juju-exec";

/// Make a machine accept such commands while it is up.
pub fn attend(machines: &Machines, model: &Model, machine: &Machine, number: &str) -> anyhow::Result<()> {
    if machines.kind() == MachineKind::Host {
        // Nothing must change on this computer itself.
        return Ok(());
    }
    let programs = machine.files()?.make_folder("/usr/bin")?;
    for name in exec::NAMES {
        let path = programs.path(name);
        if fs::read_link(&path).is_ok_and(|target| target == machine.program()) {
            continue;
        }
        programs.remove_all(name)?;
        symlink(machine.program(), path)?;
    }
    Ok(machines.ensure_agent(machine, exec::SOCKET, &[ANSWER, &model.uuid, number])?)
}

/// The parameters of a command's task.
pub fn params(wanted: &Wanted) -> BTreeMap<String, Value> {
    let mut params = BTreeMap::from([("command".to_owned(), Value::from(wanted.commands.as_str()))]);
    if let Some(relation) = wanted.relation {
        params.insert("relation".to_owned(), relation.into());
        params.insert("remote-unit".to_owned(), wanted.remote_unit.as_str().into());
        params.insert("force".to_owned(), wanted.force.into());
    }
    params
}

/// Why a command cannot run for the given relation. Juju 3.6: `inferRemoteUnit` in the uniter's contextfactory.go.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unrelated {
    #[error("invalid remote unit: {0}")]
    NotAUnit(String),
    #[error("unknown relation id: {0}")]
    NoRelation(i64),
    #[error("cannot infer remote unit in empty relation {0}")]
    Empty(i64),
    #[error("ambiguous remote unit; possibilities are [{0}]")]
    Ambiguous(String),
    #[error("unknown remote unit {unit}; possibilities are [{possible}]")]
    NotThere { unit: String, possible: String },
}

/// The relation that a command is about, if any. Juju 3.6: `inferRemoteUnit` of the uniter's contextfactory.go.
pub fn about(task: &Task, seen: &Snapshot) -> Result<Option<Hook>, Unrelated> {
    let Some(id) = task.params.get("relation").and_then(Value::as_i64) else { return Ok(None) };
    let named = task.params.get("remote-unit").and_then(Value::as_str).unwrap_or_default();
    let forced = task.params.get("force").and_then(Value::as_bool) == Some(true);
    if !named.is_empty() && !is_unit(named) {
        return Err(Unrelated::NotAUnit(named.to_owned()));
    }
    let relation = seen.view.relations.get(&id).ok_or(Unrelated::NoRelation(id))?;
    let possible: Vec<&str> = relation.members.keys().map(String::as_str).collect();
    let list = || possible.join(" ");
    let unit = match (named, possible.as_slice()) {
        (named, _) if forced => named,
        ("", []) => return Err(Unrelated::Empty(id)),
        ("", [only]) => only,
        ("", _) => return Err(Unrelated::Ambiguous(list())),
        (named, possible) if possible.contains(&named) => named,
        (named, _) => return Err(Unrelated::NotThere { unit: named.to_owned(), possible: list() }),
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
