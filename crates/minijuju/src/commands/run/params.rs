//! Parameters of actions, as typed on the command line.

use serde_json::{Map, Value};

/// Put a value at a path of keys: `a.b=1`.
pub fn insert(into: &mut Map<String, Value>, keys: &[String], value: Value) {
    match keys {
        [] => {}
        [key] => drop(into.insert(key.clone(), value)),
        [key, rest @ ..] => {
            let nested = into.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
            if !nested.is_object() {
                *nested = Value::Object(Map::new());
            }
            if let Value::Object(nested) = nested {
                insert(nested, rest, value);
            }
        }
    }
}

/// Parse a value from the command line: YAML as Juju reads it.
pub fn value(text: &str) -> anyhow::Result<Value> {
    ops_metadata::parse_yaml(text).map_err(|error| anyhow::anyhow!("{text:?}: {error}"))
}

#[cfg(test)]
mod tests {
    use emulator::{JujuVersion, action_params};
    use ops_metadata::CharmMeta;
    use serde_json::json;

    use super::*;

    #[test]
    fn dotted_keys_make_maps() {
        let mut map = Map::new();
        insert(&mut map, &["a".to_owned(), "b".to_owned()], json!(1));
        insert(&mut map, &["a".to_owned(), "c".to_owned()], json!(2));
        assert_eq!(Value::Object(map), json!({"a": {"b": 1, "c": 2}}));
    }

    #[test]
    fn arguments_are_yaml_as_juju_reads_it() {
        let actions = "back-up: {params: {b: {type: boolean}, s: {type: string}, i: {type: integer}}}";
        let meta = CharmMeta::from_parts("name: a\nsummary: s\ndescription: d\n", None, Some(actions)).unwrap();
        let action = &meta.actions["back-up"];
        for (argument, parameter) in [
            ("b=no", json!(false)),
            ("b=y", json!(true)),
            ("i=07", json!(7)),
            ("i=1_000", json!(1000)),
            ("s='no'", json!("no")),
        ] {
            let (name, text) = argument.split_once('=').unwrap();
            let given = Map::from_iter([(name.to_owned(), value(text).unwrap())]);
            assert_eq!(
                action_params::prepare(action, &given, JujuVersion::V3_6).unwrap()[name],
                parameter,
                "{argument}"
            );
        }
        for (argument, given_as) in [("s=yes", "true"), ("s=0123", "83"), ("s=y", "true")] {
            let (name, text) = argument.split_once('=').unwrap();
            let given = Map::from_iter([(name.to_owned(), value(text).unwrap())]);
            let error = action_params::prepare(action, &given, JujuVersion::V3_6).unwrap_err().to_string();
            assert!(
                error.ends_with(&format!("(root).s : must be of type string, given {given_as}")),
                "{argument}: {error}"
            );
        }
    }
}
