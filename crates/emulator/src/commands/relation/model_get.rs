//! `relation-model-get`.

use crate::command_line::failure::CommandResult;
use crate::command_line::flag::{FORMAT, OUTPUT, RELATION};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::juju::Juju;

pub(crate) static MODEL_GET: Spec = Spec {
    name: "relation-model-get",
    args: "",
    purpose: "Gets details about the model housing a related application.",
    doc: "Prints the UUID of the model of the application at the other end.\n\
          Outside of a hook about a relation, -r must name it.",
    flags: &[FORMAT.0, OUTPUT.0, RELATION],
    run: model_get,
    hook_help: super::without_details_in_a_relation_hook,
    ..SPEC
};

fn model_get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.relation_id(juju)?;
    invocation.no_args_from(0)?;
    let relation = invocation.relation(juju)?;
    let uuid = relation.remote_model_uuid.as_ref().unwrap_or(&juju.state.model.uuid);
    invocation.write(&Value::fields([("uuid", uuid.into())]))
}
