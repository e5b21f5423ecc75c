//! Juju's "smart" format: output that shell scripts can use as it is.

use super::{Value, yaml};

/// `value` with a trailing line break, or nothing for an empty value.
///
/// Text is unchanged, a list of strings has one line each, and a boolean is `True` or `False`, as when Juju was
/// written in Python. Everything else is YAML.
#[must_use]
pub fn print(value: &Value) -> String {
    let text = match value {
        Value::Null | Value::NilLines => return String::new(),
        Value::Text(text) => text.clone(),
        Value::Lines(lines) => lines.join("\n"),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Binary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => return yaml::print(other),
    };
    if text.is_empty() { text } else { text + "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_scalars_plain_and_the_rest_as_yaml() {
        for (value, text) in [
            (Value::Null, ""),
            (Value::from(""), ""),
            (Value::from("yes: no"), "yes: no\n"),
            (Value::from(true), "True\n"),
            (Value::from(false), "False\n"),
            (Value::Float(8080.0), "8080\n"),
            (Value::Lines(vec![]), ""),
            (Value::Lines(vec!["a".into(), "b".into()]), "a\nb\n"),
            (Value::List(vec![Value::from("a"), Value::from("b")]), "- a\n- b\n"),
            (Value::Map(vec![]), "{}\n"),
            (Value::map([("a", "true")]), "a: \"true\"\n"),
        ] {
            assert_eq!(print(&value), text, "{value:?}");
        }
    }
}
