//! `config-get`.

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{FORMAT, OUTPUT, Switch};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::go::quoted;
use crate::juju::Juju;
use crate::state::ConfigValue;

const ALL: Switch = Switch::new(&["a", "all"], "Prints all keys.");

pub(crate) static GET: Spec = Spec {
    name: "config-get",
    args: "[<key>]",
    purpose: "Prints application configuration.",
    doc: "With a key, prints the value of that option: what was set, or else its default.\n\
          An option that does not exist, or has no value, is nothing, and no error.\n\n\
          Without a key, prints all options that have a value; with --all also those\n\
          that have none. A key and --all exclude each other.",
    examples: &["INTERVAL=$(config-get interval)", "", "config-get --all"],
    flags: &[ALL.0, FORMAT.0, OUTPUT.0],
    run: get,
    ..SPEC
};

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let all = invocation.is_set(ALL);
    let key = invocation.args().first().copied().unwrap_or_default();
    if !key.is_empty() && all {
        return Err(Failure::usage(format!("cannot use argument --all together with key {}", quoted(key))));
    }
    invocation.no_args_from(1)?;
    let value = if key.is_empty() {
        let set = juju.state.config.iter().filter(|(name, _)| !juju.meta.config.contains_key(*name));
        let mut entries: Vec<(String, Value)> = set.map(|(name, value)| (name.clone(), value.into())).collect();
        for name in juju.meta.config.keys() {
            match option(juju, name) {
                Value::Null if !all => {}
                value => entries.push((name.clone(), value)),
            }
        }
        Value::Map(entries)
    } else {
        option(juju, key)
    };
    invocation.write(&value)
}

/// The set value, or the default.
fn option(juju: &Juju, name: &str) -> Value {
    let default = || juju.meta.config.get(name).and_then(|option| option.default.as_ref());
    match juju.state.config.get(name) {
        Some(value) => value.into(),
        None => default().map_or(Value::Null, Value::from),
    }
}

impl From<&ConfigValue> for Value {
    fn from(value: &ConfigValue) -> Self {
        match value {
            ConfigValue::Bool(value) => Self::Bool(*value),
            #[expect(clippy::cast_precision_loss, reason = "Juju's API carries every number as a float64")]
            ConfigValue::Int(value) => Self::Float(*value as f64),
            ConfigValue::Float(value) => Self::Float(*value),
            ConfigValue::Text(value) => Self::Text(value.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_error, juju};

    #[test]
    fn prints_one_option_or_all() {
        let mut juju = juju();
        juju.state.config.insert("port".to_owned(), 8080.into());
        for (line, stdout) in [
            (&["config-get", "slug"][..], "foo\n"),
            (&["config-get", "slug", "--format=json"], "\"foo\"\n"),
            (&["config-get", "slug", "--format=yaml"], "foo\n"),
            (&["config-get", "verbose"], "False\n"),
            (&["config-get", "verbose", "--format=yaml"], "false\n"),
            (&["config-get", "port"], "8080\n"),
            (&["config-get", "port", "--format=json"], "8080\n"),
            (&["config-get", "size"], "1e+06\n"),
            (&["config-get", "size", "--format=json"], "1000000\n"),
            (&["config-get", "token"], ""),
            (&["config-get", "token", "--format=json"], "null\n"),
            (&["config-get", "token", "--format=yaml"], ""),
            (&["config-get", "nonsense"], ""),
            (&["config-get", "nonsense", "--format=json"], "null\n"),
            (&["config-get"], "port: 8080\nsize: 1e+06\nslug: foo\nverbose: false\n"),
            (&["config-get", ""], "port: 8080\nsize: 1e+06\nslug: foo\nverbose: false\n"),
            (&["config-get", "--format=json"], "{\"port\":8080,\"size\":1000000,\"slug\":\"foo\",\"verbose\":false}\n"),
            (&["config-get", "-a"], "port: 8080\nsize: 1e+06\nslug: foo\ntoken: null\nverbose: false\n"),
            (
                &["config-get", "--all", "--format=json"],
                "{\"port\":8080,\"size\":1000000,\"slug\":\"foo\",\"token\":null,\"verbose\":false}\n",
            ),
        ] {
            check(&mut juju, line, stdout);
        }
    }

    #[test]
    fn refuses_a_key_beside_all_and_a_second_key() {
        let mut juju = juju();
        check_error(
            &mut juju,
            &["config-get", "--all", "slug"],
            2,
            "cannot use argument --all together with key \"slug\"",
        );
        check_error(&mut juju, &["config-get", "slug", "port"], 2, "unrecognized args: [\"port\"]");
    }

    #[test]
    fn writes_to_a_file() {
        let mut juju = juju();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slug");
        check(&mut juju, &["config-get", "slug", "-o", path.to_str().unwrap()], "");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "foo\n");
        let missing = folder.path().join("no/slug");
        let error = format!("open {}: no such file or directory", missing.display());
        check_error(&mut juju, &["config-get", "slug", "-o", missing.to_str().unwrap()], 1, &error);
    }
}
