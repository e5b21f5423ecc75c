//! `leader-get` and `leader-set`, which are older than application databags.

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{FORMAT, OUTPUT};
use crate::command_line::invocation::Invocation;
use crate::command_line::key_value;
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::go::quoted;
use crate::juju::Juju;

pub(crate) static GET: Spec = Spec {
    name: "leader-get",
    args: "[<key>]",
    purpose: "Prints application leadership settings.",
    doc: "Prints what the leader has set under a key; all keys and values without a key or\n\
          with -.",
    examples: &["ADDRESS=$(leader-get cluster-leader-address)"],
    flags: &[FORMAT.0, OUTPUT.0],
    run: get,
    ..SPEC
};

pub(crate) static SET: Spec = Spec {
    name: "leader-set",
    args: "<key>=<value> [...]",
    purpose: "Writes application leadership settings.",
    doc: "Sets, at once, what all units of the application can read. Only the leader can.\n\
          A key without a value is removed.",
    examples: &["leader-set cluster-leader-address=10.0.0.123"],
    run: set,
    ..SPEC
};

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let key = invocation.args().first().copied().unwrap_or_default();
    if key != "-" && key.contains('=') {
        return Err(Failure::usage(format!("invalid key {}", quoted(key))));
    }
    invocation.no_args_from(1)?;
    let settings = &juju.state.leader_settings;
    let value = match key {
        "" | "-" => Value::map(settings.iter().map(|(key, value)| (key.clone(), value))),
        key => settings.get(key).map_or(Value::Null, Value::from),
    };
    invocation.write(&value)
}

fn set(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let values = key_value::parse(invocation.args())?;
    if !juju.state.leader {
        return Err(Failure::run("cannot write leadership settings: cannot write settings: not the leader"));
    }
    for (key, value) in values {
        if value.is_empty() {
            juju.state.leader_settings.remove(&key);
        } else {
            juju.state.leader_settings.insert(key, value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_error, juju};

    #[test]
    fn leader_settings_take_effect_at_once_for_all() {
        let mut juju = juju();
        let error = "cannot write leadership settings: cannot write settings: not the leader";
        check_error(&mut juju, &["leader-set", "a=1"], 1, error);
        juju.state.leader = true;
        check(&mut juju, &["leader-set", "a=1", "b=x"], "");
        check(&mut juju, &["leader-set", "b="], "");
        check(&mut juju, &["leader-get"], "a: \"1\"\n");
        check(&mut juju, &["leader-get", "-", "--format=json"], "{\"a\":\"1\"}\n");
        check(&mut juju, &["leader-get", "a"], "1\n");
        check(&mut juju, &["leader-get", "b"], "");
        check(&mut juju, &["leader-get", "b", "--format=json"], "null\n");
        assert_eq!(juju.fail().state.leader_settings.len(), 1);
    }

    #[test]
    fn refuses_wrong_arguments() {
        for (line, error) in [
            (&["leader-get", "a=1"][..], "invalid key \"a=1\""),
            (&["leader-get", "a", "b"], "unrecognized args: [\"b\"]"),
            (&["leader-set", "a"], "expected \"key=value\", got \"a\""),
        ] {
            check_error(&mut juju(), line, 2, error);
        }
    }
}
