//! `relation-get`.

use super::Source;
use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{FORMAT, OUTPUT, RELATION, Switch};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{HookHelp, SPEC, Spec};
use crate::format::Value;
use crate::go::quoted;
use crate::juju::Juju;
use crate::name;

const APP: Switch = Switch::new(&["app"], "Get the relation data for the overall application, not just a unit");

pub(crate) static GET: Spec = Spec {
    name: "relation-get",
    args: "<key> <unit id>",
    purpose: "Get relation settings.",
    doc: "Prints the value that a unit has set under a key; all keys and values without a key\n\
          or with -. In a hook about a unit at the other end, that is the default unit.\n\n\
          With --app prints what the application of that unit has set. A unit also sees what\n\
          it has set itself, and the leader what its application has set.",
    examples: &["relation-get", "relation-get username", "relation-get -r database:7 - mongodb/5"],
    flags: &[APP.0, FORMAT.0, OUTPUT.0, RELATION],
    run: get,
    hook_help: |juju, spec| match &juju.hook.remote_unit {
        Some(unit) => HookHelp {
            args: "[<key> [<unit id>]]",
            doc: format!("{}\n\nCurrent default unit id is {}.", spec.doc, quoted(unit)).into(),
        },
        None => HookHelp { args: spec.args, doc: spec.doc.into() },
    },
    ..SPEC
};

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let id = invocation.relation_id(juju)?;
    let mut args = invocation.args().iter().copied();
    let key = args.next().filter(|key| *key != "-").unwrap_or_default();
    let source = source(juju, invocation, args.next())?;
    invocation.no_args_from(2)?;
    let relation = juju.state.get_relation(id).ok_or_else(|| Failure::run("relation not found"))?;
    let settings = juju.settings(relation, &source)?;
    let value = match key {
        "" => Value::map(settings.iter().map(|(key, value)| (key.clone(), value))),
        key => settings.get(key).map_or(Value::Null, Value::from),
    };
    invocation.write(&value)
}

/// The unit or application whose databag is requested.
fn source(juju: &Juju, invocation: &Invocation<'_>, name: Option<&str>) -> Result<Source, Failure> {
    let of_app = invocation.is_set(APP);
    let hook = &juju.hook;
    match name {
        Some(name) if of_app => {
            let app = if name::is_unit(name) { name.split('/').next().unwrap_or(name) } else { name };
            Ok(Source::Application(app.to_owned()))
        }
        Some(name) if name::is_unit(name) => Ok(Source::Unit(name.to_owned())),
        Some(name) if name::is_application(name) => {
            Err(Failure::usage(format!("expected unit name, got application name {}", quoted(name))))
        }
        Some(name) => Err(Failure::usage(format!("invalid unit name {}", quoted(name)))),
        None => {
            let unit = hook.remote_unit.clone().filter(|_| !of_app).map(Source::Unit);
            let source = unit.or_else(|| hook.remote_app.clone().map(Source::Application));
            source.ok_or_else(|| Failure::usage("no unit or application specified"))
        }
    }
}
