//! `action-get`, `action-set`, `action-log` and `action-fail`.

use serde_json::{Map, Value as Json};

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{FORMAT, OUTPUT};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::go::quoted;
use crate::juju::Juju;

/// Results that only Juju sets.
const RESERVED: [&str; 4] = ["stdout", "stdout-encoding", "stderr", "stderr-encoding"];

pub(crate) static GET: Spec = Spec {
    name: "action-get",
    args: "[<key>[.<key>.<key>...]]",
    purpose: "Gets action parameters.",
    doc: "Prints the action's parameter of that name, or all of them. Keys separated by\n\
          periods reach into parameters that are maps.",
    examples: &["TIMEOUT=$(action-get timeout)"],
    flags: &[FORMAT.0, OUTPUT.0],
    run: get,
    ..SPEC
};

pub(crate) static SET: Spec = Spec {
    name: "action-set",
    args: "<key>=<value> [<key>=<value> ...]",
    purpose: "Sets action results.",
    doc: "Adds to the results of the action. Keys separated by periods make maps within maps.\n\
          Each key has lower case letters, digits and hyphens, hyphens only inside.\n\
          The keys stdout, stdout-encoding, stderr and stderr-encoding belong to Juju.\n\
          Values are text; the last one for a key counts.",
    examples: &["action-set outfile.size=10G", "action-set foo.bar=2"],
    run: set,
    ..SPEC
};

pub(crate) static LOG: Spec = Spec {
    name: "action-log",
    args: "<message>",
    purpose: "Records a progress message for the current action.",
    doc: "",
    run: log,
    ..SPEC
};

pub(crate) static FAIL: Spec = Spec {
    name: "action-fail",
    args: "[\"<failure message>\"]",
    purpose: "Sets action fail status with message.",
    doc: "Marks the action as failed, and says why. Results that were set stay.",
    examples: &["action-fail \"unable to contact remote service\""],
    run: fail,
    ..SPEC
};

fn not_in_action() -> Failure {
    Failure::run("not running an action")
}

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.no_args_from(1)?;
    let Some(action) = &juju.hook.action else { return Err(not_in_action()) };
    let value = match invocation.args().first() {
        None => Value::Map(action.params.iter().map(|(key, value)| (key.clone(), value.into())).collect()),
        Some(path) => {
            let mut keys = path.split('.');
            let first = keys.next().and_then(|key| action.params.get(key));
            keys.fold(first, |value, key| value.and_then(|value| value.as_object()?.get(key)))
                .map_or(Value::Null, Value::from)
        }
    };
    invocation.write(&value)
}

fn set(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let mut results: Vec<(Vec<&str>, &str)> = Vec::new();
    for arg in invocation.args() {
        let Some((path, value)) = arg.split_once('=') else {
            return Err(Failure::usage(format!("argument {} must be of the form key...=value", quoted(arg))));
        };
        let keys: Vec<&str> = path.split('.').collect();
        for key in &keys {
            if !is_key(key) {
                return Err(Failure::usage(format!(
                    "key {} must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric \
                     and hyphens",
                    quoted(key)
                )));
            }
            if RESERVED.contains(key) {
                return Err(Failure::usage(format!("cannot set reserved action key \"{key}\"")));
            }
        }
        results.push((keys, value));
    }
    if juju.hook.action.is_none() && !results.is_empty() {
        return Err(not_in_action());
    }
    for (keys, value) in results {
        insert(&mut juju.record.action.results, &keys, value);
    }
    Ok(())
}

fn is_key(key: &str) -> bool {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    !key.is_empty() && !key.starts_with('-') && !key.ends_with('-') && key.bytes().all(inner)
}

/// Set a value at a path of keys. Values on the path that are not maps are replaced.
fn insert(results: &mut Map<String, Json>, keys: &[&str], value: &str) {
    let [key, rest @ ..] = keys else { return };
    if rest.is_empty() {
        results.insert((*key).to_owned(), value.into());
        return;
    }
    let below = results.entry(*key).or_insert_with(|| Json::Object(Map::new()));
    if !below.is_object() {
        *below = Json::Object(Map::new());
    }
    if let Json::Object(below) = below {
        insert(below, rest, value);
    }
}

fn log(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    if invocation.args().is_empty() {
        return Err(Failure::usage("no message specified"));
    }
    if juju.hook.action.is_none() {
        return Err(not_in_action());
    }
    juju.record.action.logs.push(invocation.args().join(" "));
    Ok(())
}

fn fail(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.no_args_from(1)?;
    let default = "action failed without reason given, check action for errors";
    let message = invocation.args().first().copied().unwrap_or(default);
    if juju.hook.action.is_none() {
        return Err(not_in_action());
    }
    juju.record.action.message = Some(message.to_owned());
    juju.record.action.failed = true;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{check, check_error, in_action, juju};

    #[test]
    fn action_get_prints_parameters() {
        let mut juju = in_action();
        for (line, stdout) in [
            (&["action-get"][..], "outfile:\n  type:\n    \"1\": raw\n    \"2\": gzip\nretries: 3\nverbose: true\n"),
            (
                &["action-get", "--format=json"],
                "{\"outfile\":{\"type\":{\"1\":\"raw\",\"2\":\"gzip\"}},\"retries\":3,\"verbose\":true}\n",
            ),
            (&["action-get", "retries"], "3\n"),
            (&["action-get", "verbose"], "True\n"),
            (&["action-get", "outfile.type"], "\"1\": raw\n\"2\": gzip\n"),
            (&["action-get", "outfile.type.2"], "gzip\n"),
            (&["action-get", "outfile.type.2.x", "--format=json"], "null\n"),
            (&["action-get", "foo"], ""),
            (&["action-get", "foo", "--format=json"], "null\n"),
        ] {
            check(&mut juju, line, stdout);
        }
        juju.hook.action.as_mut().unwrap().params.clear();
        check(&mut juju, &["action-get"], "{}\n");
        check_error(&mut juju, &["action-get", "multiple", "keys"], 2, "unrecognized args: [\"keys\"]");
    }

    #[test]
    fn results_are_merged() {
        let mut juju = in_action();
        for line in [
            &["action-set", "outfile.size=10G", "foo.bar=2"][..],
            &["action-set", "foo.baz.val=3", "foo.bar.zab=4"],
            &["action-set", "foo.baz=1"],
            &["action-set"],
        ] {
            check(&mut juju, line, "");
        }
        let results = json!({"outfile": {"size": "10G"}, "foo": {"bar": {"zab": "4"}, "baz": "1"}});
        assert_eq!(json!(juju.record.action.results), results);
    }

    #[test]
    fn invalid_and_reserved_keys_are_refused() {
        let mut juju = in_action();
        check_error(&mut juju, &["action-set", "a"], 2, "argument \"a\" must be of the form key...=value");
        for (arg, key) in
            [("-foo=1", ""), ("foo-.bar=1", "foo-"), ("foo..bar=1", ""), (".foo=1", ""), ("A=1", "A"), ("=1", "")]
        {
            let error = format!(
                "key {key:?} must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens"
            );
            if arg.starts_with('-') {
                check_error(&mut juju, &["action-set", arg], 2, "option provided but not defined: -f");
            } else {
                check_error(&mut juju, &["action-set", arg], 2, &error);
            }
        }
        for key in ["stdout", "stdout-encoding", "stderr", "stderr-encoding"] {
            let error = format!("cannot set reserved action key {key:?}");
            check_error(&mut juju, &["action-set", &format!("a.{key}=1")], 2, &error);
        }
    }

    #[test]
    fn action_log_and_action_fail_record_messages() {
        let mut juju = in_action();
        check(&mut juju, &["action-log", "a", "b"], "");
        check_error(&mut juju, &["action-log"], 2, "no message specified");
        check(&mut juju, &["action-fail"], "");
        let message = "action failed without reason given, check action for errors";
        assert_eq!(juju.record.action.message.as_deref(), Some(message));
        check(&mut juju, &["action-fail", "because"], "");
        assert_eq!(juju.record.action.message.as_deref(), Some("because"));
        assert!(juju.record.action.failed);
        assert_eq!(juju.record.action.logs, ["a b"]);
        check_error(&mut juju, &["action-fail", "a", "b"], 2, "unrecognized args: [\"b\"]");
    }

    #[test]
    fn action_commands_fail_outside_of_an_action() {
        for line in [&["action-get"][..], &["action-set", "a=1"], &["action-log", "m"], &["action-fail"]] {
            check_error(&mut juju(), line, 1, "not running an action");
        }
    }
}
