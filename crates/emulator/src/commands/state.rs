//! `state-get`, `state-set` and `state-delete`: the charm's state in Juju's database.

use std::collections::BTreeMap;

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{FORMAT, File, OUTPUT, Switch};
use crate::command_line::invocation::{Format, Invocation};
use crate::command_line::key_value;
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::go::quoted;
use crate::juju::Juju;

/// The maximum length of a key in bytes.
const MAX_KEY_LENGTH: usize = 256;
/// The maximum length of a value in bytes.
const MAX_VALUE_LENGTH: usize = 64 * 1024;

const STRICT: Switch = Switch::new(&["strict"], "Fails if the key does not exist.");
const FILE: File = File::new(&["file"], "", "Names a file with keys and values.");

pub(crate) static GET: Spec = Spec {
    name: "state-get",
    args: "[<key>]",
    purpose: "Prints server-side-state value.",
    doc: "Prints the value that the charm keeps in Juju under a key; all keys and values\n\
          without a key or with -.",
    see_also: &["state-delete", "state-set"],
    flags: &[FORMAT.0, OUTPUT.0, STRICT.0],
    run: get,
    ..SPEC
};

pub(crate) static SET: Spec = Spec {
    name: "state-set",
    args: "<key>=<value> [<key>=<value> ...]",
    purpose: "Sets server-side-state values.",
    doc: "Keeps values in Juju under keys, once the hook has succeeded. With --file they are\n\
          read from a YAML file, - being standard input; arguments override them.",
    examples: &["state-set installed=true", "state-set --file values.yaml"],
    see_also: &["state-delete", "state-get"],
    flags: &[FILE.0],
    run: set,
    ..SPEC
};

pub(crate) static DELETE: Spec = Spec {
    name: "state-delete",
    args: "<key>",
    purpose: "Deletes server-side-state key-value pairs.",
    doc: "Deletes what the charm keeps in Juju under a key, once the hook has succeeded.",
    see_also: &["state-get", "state-set"],
    run: delete,
    ..SPEC
};

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.no_args_from(1)?;
    let state = juju.pending.charm_state.as_ref().unwrap_or(&juju.state.charm_state);
    let value = match invocation.args().first().copied() {
        // Juju's map is nil here.
        None | Some("-" | "") if state.is_empty() && invocation.format() == Format::Json => Value::Null,
        None | Some("-" | "") => Value::map(state.iter().map(|(key, value)| (key.clone(), value))),
        Some(key) => match state.get(key) {
            Some(value) => value.into(),
            None if invocation.is_set(STRICT) => return Err(Failure::run(format!("{} not found", quoted(key)))),
            None => "".into(),
        },
    };
    invocation.write(&value)
}

fn set(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    for (key, value) in key_value::parse_with_file(invocation, FILE)? {
        for (what, length, max) in [("key", key.len(), MAX_KEY_LENGTH), ("value", value.len(), MAX_VALUE_LENGTH)] {
            if length > max {
                let message = format!("max allowed {what} length ({max}) exceeded quota limit exceeded");
                return Err(Failure::run(message));
            }
        }
        if charm_state(juju).get(&key) != Some(&value) {
            charm_state(juju).insert(key, value);
        }
    }
    Ok(())
}

fn delete(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.no_args_from(1)?;
    if let Some(key) = invocation.args().first() {
        charm_state(juju).remove(*key);
    }
    Ok(())
}

/// The charm's state, to change it.
fn charm_state(juju: &mut Juju) -> &mut BTreeMap<String, String> {
    juju.pending.charm_state.get_or_insert_with(|| juju.state.charm_state.clone())
}

#[cfg(test)]
mod tests {
    use crate::tests::{answer_with, check, check_error, juju};

    #[test]
    fn values_are_saved_when_the_hook_has_succeeded() {
        let mut juju = juju();
        juju.state.charm_state = [("one".to_owned(), "1".to_owned())].into();
        check(&mut juju, &["state-set", "two=2", "three = a=b "], "");
        check(&mut juju, &["state-set"], "");
        check(&mut juju, &["state-delete", "one"], "");
        check(&mut juju, &["state-delete", "nonsense"], "");
        check(&mut juju, &["state-delete"], "");
        check(&mut juju, &["state-get"], "three: a=b\ntwo: \"2\"\n");
        check(&mut juju, &["state-get", "-", "--format=json"], "{\"three\":\"a=b\",\"two\":\"2\"}\n");
        check(&mut juju, &["state-get", "two"], "2\n");
        assert_eq!(juju.state.charm_state.len(), 1);
        let after = juju.succeed().state.charm_state;
        assert_eq!(after, [("two".to_owned(), "2".to_owned()), ("three".to_owned(), "a=b".to_owned())].into());
    }

    #[test]
    fn a_missing_key_is_an_error_only_with_strict() {
        let mut juju = juju();
        check(&mut juju, &["state-get", "five"], "");
        check(&mut juju, &["state-get", "five", "--format=json"], "\"\"\n");
        check(&mut juju, &["state-get", "five", "--format=yaml"], "\"\"\n");
        check(&mut juju, &["state-get"], "{}\n");
        check(&mut juju, &["state-get", "--format=json"], "null\n");
        check_error(&mut juju, &["state-get", "--strict", "five"], 1, "\"five\" not found");
    }

    #[test]
    fn values_are_read_from_standard_input() {
        let mut juju = juju();
        let output =
            answer_with(&mut juju, &["state-set", "--file", "-", "b=given"], "a: 08\nb: file\nc: |\n  x\n  y\n");
        assert_eq!((output.code, String::from_utf8(output.stderr).unwrap()), (0, String::new()));
        check(&mut juju, &["state-get"], "a: 08\nb: given\nc: |\n  x\n  y\n");
        let output = answer_with(&mut juju, &["state-set", "--file", "-"], "- a\n");
        let error = "ERROR yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into map[string]string\n";
        assert_eq!((output.code, String::from_utf8(output.stderr).unwrap()), (1, error.to_owned()));
    }

    #[test]
    fn refuses_arguments_that_are_not_key_value_pairs() {
        for (line, error) in [
            (&["state-set", "key"][..], "expected \"key=value\", got \"key\""),
            (&["state-set", "=v"], "expected \"key=value\", got \"=v\""),
            (&["state-set", "a=1", "a=2"], "key \"a\" specified more than once"),
            (&["state-get", "a", "b"], "unrecognized args: [\"b\"]"),
            (&["state-delete", "a", "b"], "unrecognized args: [\"b\"]"),
        ] {
            check_error(&mut juju(), line, 2, error);
        }
        let long = format!("{}=v", "k".repeat(257));
        let error = "max allowed key length (256) exceeded quota limit exceeded";
        check_error(&mut juju(), &["state-set", &long], 1, error);
        let long = format!("k={}", "v".repeat(64 * 1024 + 1));
        let error = "max allowed value length (65536) exceeded quota limit exceeded";
        check_error(&mut juju(), &["state-set", &long], 1, error);
    }
}
