//! `relation-ids`.

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{FORMAT, OUTPUT};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{HookHelp, SPEC, Spec};
use crate::format::Value;
use crate::go::quoted;
use crate::juju::Juju;
use crate::state::Relation;

pub(crate) static IDS: Spec = Spec {
    name: "relation-ids",
    args: "<name>",
    purpose: "Lists all relation IDs for the given endpoint.",
    doc: "Lists the relations of an endpoint, as other commands take them. In a hook about a\n\
          relation its endpoint is the default. Relations that are broken are left out.",
    examples: &["relation-ids database"],
    flags: &[FORMAT.0, OUTPUT.0],
    run: ids,
    hook_help: |juju, spec| match juju.hook_relation() {
        Some(relation) => HookHelp {
            args: "[<name>]",
            doc: format!("Current default endpoint name is {}.\n{}", quoted(&relation.endpoint), spec.doc).into(),
        },
        None => HookHelp { args: spec.args, doc: spec.doc.into() },
    },
    ..SPEC
};

fn ids(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let default = juju.hook_relation().map(|relation| relation.endpoint.clone());
    let endpoint = match invocation.args().first() {
        Some(endpoint) => (*endpoint).to_owned(),
        None => default.ok_or_else(|| Failure::usage("no endpoint name specified"))?,
    };
    invocation.no_args_from(1)?;
    let relations = juju.state.relations.iter();
    let listed = relations.filter(|relation| relation.endpoint == endpoint && !juju.is_broken(relation));
    let mut ids: Vec<String> = listed.map(Relation::full_id).collect();
    ids.sort();
    invocation.write(&Value::Lines(ids))
}
