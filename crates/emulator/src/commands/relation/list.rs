//! `relation-list`.

use crate::command_line::failure::CommandResult;
use crate::command_line::flag::{FORMAT, OUTPUT, RELATION, Switch};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::juju::Juju;

const APP: Switch = Switch::new(&["app"], "Lists remote application instead of participating units.");

pub(crate) static LIST: Spec = Spec {
    name: "relation-list",
    args: "",
    purpose: "Lists relation units.",
    doc: "Lists the units at the other end of a relation, or with --app the application.\n\
          Outside of a hook about a relation, -r must name it.",
    flags: &[APP.0, FORMAT.0, OUTPUT.0, RELATION],
    run: list,
    hook_help: super::without_details_in_a_relation_hook,
    ..SPEC
};

fn list(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.relation_id(juju)?;
    invocation.no_args_from(0)?;
    let relation = invocation.relation(juju)?;
    let value = if invocation.is_set(APP) {
        relation.remote_app_name(juju.hook.app()).into()
    } else {
        Value::Lines(juju.members(relation))
    };
    invocation.write(&value)
}
