//! `relation-set`.

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{DEPRECATED_FORMAT, File, RELATION, Switch};
use crate::command_line::invocation::Invocation;
use crate::command_line::key_value;
use crate::command_line::spec::{SPEC, Spec};
use crate::juju::Juju;

const APP: Switch =
    Switch::new(&["app"], "Sets relation settings for the application instead of the unit (leader only).");
const FILE: File = File::new(&["file"], "", "Names a file with keys and values.");

pub(crate) static SET: Spec = Spec {
    name: "relation-set",
    args: "key=value [key=value ...]",
    purpose: "Sets relation settings.",
    doc: "Sets what the units at the other end can read, once the hook has succeeded. A key\n\
          without a value is removed. With --app the leader sets it for its application.\n\n\
          With --file keys and values are read from a YAML file, - being standard input;\n\
          arguments override them.",
    examples: &["relation-set port=80 tuning=default", "relation-set -r server:3 username=jim password=12345"],
    flags: &[APP.0, FILE.0, DEPRECATED_FORMAT.0, RELATION],
    run: set,
    ..SPEC
};

fn set(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let id = invocation.relation_id(juju)?;
    key_value::parse(invocation.args())?;
    invocation.warn_deprecated_format();
    let values = key_value::parse_with_file(invocation, FILE)?;
    let relation = juju.state.get_relation(id).ok_or_else(|| Failure::run("relation not found"))?;
    let databag = if invocation.is_set(APP) {
        if !juju.state.leader {
            return Err(Failure::run("cannot write relation settings"));
        }
        juju.pending.app_data.entry(id).or_insert_with(|| relation.local_app_data.clone())
    } else {
        juju.pending.unit_data.entry(id).or_insert_with(|| relation.local_unit_data.clone())
    };
    for (key, value) in values {
        if value.is_empty() {
            databag.remove(&key);
        } else {
            databag.insert(key, value);
        }
    }
    Ok(())
}
