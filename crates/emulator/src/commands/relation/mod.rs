//! `relation-get`, `relation-set`, `relation-ids`, `relation-list` and `relation-model-get`, and what they share: a
//! relation's members, and access to databags.

mod get;
mod ids;
mod list;
mod model_get;
mod set;
#[cfg(test)]
mod tests;

use std::mem;

use ops_metadata::RelationRole;

use crate::command_line::failure::Failure;
use crate::command_line::spec::{HookHelp, Spec};
use crate::go::quoted;
use crate::juju::Juju;
use crate::state::{Databag, Relation, RelationKind};

pub(crate) use get::GET;
pub(crate) use ids::IDS;
pub(crate) use list::LIST;
pub(crate) use model_get::MODEL_GET;
pub(crate) use set::SET;

/// Omit details that mainly explain `-r` where it is not needed.
fn without_details_in_a_relation_hook(juju: &Juju, spec: &Spec) -> HookHelp {
    HookHelp { args: spec.args, doc: if juju.hook_relation().is_some() { "" } else { spec.doc }.into() }
}

/// The unit or application whose databag is read.
enum Source {
    Unit(String),
    Application(String),
}

impl Juju {
    /// Whether a relation is being removed and has no units left.
    pub(crate) fn is_broken(&self, relation: &Relation) -> bool {
        relation.kind != RelationKind::Peer && (relation.broken || self.hook.is_end_of(relation.id))
    }

    /// The units at the other end. A departing unit no longer counts.
    fn members(&self, relation: &Relation) -> Vec<String> {
        let mut members = relation.remote_unit_names(self.hook.app());
        if self.hook.relation == Some(relation.id) {
            match &self.hook.remote_unit {
                Some(unit) if self.hook.is_departure() => members.retain(|member| member != unit),
                Some(unit) if !members.contains(unit) => {
                    members.push(unit.clone());
                    members.sort();
                }
                _ => {}
            }
        }
        if self.is_broken(relation) { Vec::new() } else { members }
    }

    /// The databag of a unit or an application, if this unit may read it.
    fn settings<'a>(&'a self, relation: &'a Relation, source: &Source) -> Result<&'a Databag, Failure> {
        let app = self.hook.app();
        let is_4 = self.hook.version.is_4();
        let unknown_unit = || Failure::run(if is_4 { "relation unit not found" } else { "permission denied" });
        let unit = match source {
            Source::Application(name) => return self.app_settings(relation, name),
            Source::Unit(name) if *name == self.hook.unit => {
                return Ok(self.pending.unit_data.get(&relation.id).unwrap_or(&relation.local_unit_data));
            }
            Source::Unit(name) => name,
        };
        let Some((unit_app, number)) = unit.rsplit_once('/') else { return Err(unknown_unit()) };
        let units = match unit_app {
            _ if unit_app == relation.remote_app_name(app) => &relation.remote_units_data,
            _ if unit_app == app => &relation.local_units_data,
            _ => return Err(unknown_unit()),
        };
        let settings = number.parse().ok().and_then(|number| units.get(&number));
        settings.ok_or_else(|| {
            if is_4 {
                return unknown_unit();
            }
            let key = relation_key(self, relation);
            Failure::run(format!(
                "cannot read settings for unit {} in relation {}: settings not found",
                quoted(unit),
                quoted(&key)
            ))
        })
    }

    /// The databag of an application, if this unit may read it.
    fn app_settings<'a>(&'a self, relation: &'a Relation, name: &str) -> Result<&'a Databag, Failure> {
        let app = self.hook.app();
        if name == app {
            // Before Juju 4, only the leader may read its application's databag, except in a peer relation, where every
            // unit may.
            let may_read = self.state.leader || relation.kind == RelationKind::Peer || self.hook.version.is_4();
            let databag = self.pending.app_data.get(&relation.id).unwrap_or(&relation.local_app_data);
            return if may_read { Ok(databag) } else { Err(Failure::run("permission denied")) };
        }
        let known = name == relation.remote_app_name(app);
        if known { Ok(&relation.remote_app_data) } else { Err(Failure::run("permission denied")) }
    }
}

/// A relation's name in Juju's messages: the requirer comes first.
fn relation_key(juju: &Juju, relation: &Relation) -> String {
    let (app, endpoint) = (juju.hook.app(), &relation.endpoint);
    let local = format!("{app}:{endpoint}");
    if relation.kind == RelationKind::Peer {
        return local;
    }
    let remote = format!("{}:{}", relation.remote_app, relation.remote_endpoint.as_ref().unwrap_or(endpoint));
    let requires = juju.meta.relations.get(endpoint).is_some_and(|meta| meta.role == RelationRole::Requires);
    if requires { format!("{local} {remote}") } else { format!("{remote} {local}") }
}

/// Apply this hook's databag changes.
pub(crate) fn commit(juju: &mut Juju) {
    let (unit_data, app_data) = (mem::take(&mut juju.pending.unit_data), mem::take(&mut juju.pending.app_data));
    for relation in &mut juju.state.relations {
        if let Some(databag) = unit_data.get(&relation.id) {
            relation.local_unit_data.clone_from(databag);
        }
        if let Some(databag) = app_data.get(&relation.id) {
            relation.local_app_data.clone_from(databag);
        }
    }
}
