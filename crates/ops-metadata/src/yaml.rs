//! The one place that touches a YAML library. Everything else works on [`serde_json`] values.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::MetadataError;

/// Reads a YAML document. `file` is for the error only.
pub(crate) fn parse(file: &str, text: &str) -> Result<Value, MetadataError> {
    let syntax = |reason: String| MetadataError::Syntax { file: file.to_owned(), reason };
    // An empty document: the library calls it the end of the stream, for Juju and Python it is null.
    if text.lines().all(|line| line.trim_start().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Value::Null);
    }
    let tree = Tree.deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|error| syntax(error.to_string()))?;
    if text.contains("<<") {
        return merge(tree).map_err(syntax);
    }
    Ok(tree)
}

/// Reads any YAML document as JSON. An empty one is null; a key that is given twice is refused.
///
/// # Errors
/// It is no YAML; the text says where.
pub fn parse_yaml(text: &str) -> Result<Value, String> {
    parse("", text).map_err(|error| match error {
        MetadataError::Syntax { reason, .. } => reason,
        error => error.to_string(),
    })
}

/// Reads a YAML document that maps keys to scalars, each taken as the text that it is written with: `port: 80` is `"80"`.
/// Null is empty text, as for Juju, and an empty document an empty map. Unlike Juju, it does not decode `!!binary`.
///
/// Hook commands read such documents where they take `--file`.
///
/// # Errors
/// It is no YAML, or no such map; the text says where.
pub fn parse_text_map(text: &str) -> Result<BTreeMap<String, String>, String> {
    if text.lines().all(|line| line.trim_start().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(BTreeMap::new());
    }
    let map: Option<BTreeMap<String, Option<String>>> =
        serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    Ok(map.into_iter().flatten().map(|(key, value)| (key, value.unwrap_or_default())).collect())
}

/// A YAML document as JSON, with a key that is given twice refused. (Charmcraft refuses it as well. Taking the last one
/// in silence would hide half of somebody's relations.)
#[derive(Clone, Copy)]
struct Tree;

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping, a list, a string, a number, a boolean or null")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key_seed(self)? {
            let Value::String(key) = key else {
                return Err(A::Error::custom(format_args!("the key {key} is not a string; put it into quotes")));
            };
            let value = entries.next_value_seed(self)?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key {key:?} is given twice")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

/// Carries out YAML 1.1's merge keys (`<<: *defaults`), which Juju and Charmcraft know.
fn merge(tree: Value) -> Result<Value, String> {
    match tree {
        Value::Array(items) => items.into_iter().map(merge).collect(),
        Value::Object(map) => {
            let mut merged = Map::new();
            let mut inherited = Vec::new();
            for (key, value) in map {
                match (key.as_str(), merge(value)?) {
                    ("<<", Value::Object(map)) => inherited.push(map),
                    ("<<", Value::Array(items)) => {
                        for item in items {
                            let Value::Object(map) = item else {
                                return Err("the merge key << takes mappings only".to_owned());
                            };
                            inherited.push(map);
                        }
                    }
                    ("<<", _) => return Err("the merge key << takes mappings only".to_owned()),
                    (_, value) => {
                        merged.insert(key, value);
                    }
                }
            }
            for (key, value) in inherited.into_iter().flatten() {
                merged.entry(key).or_insert(value);
            }
            Ok(Value::Object(merged))
        }
        leaf => Ok(leaf),
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use serde_json::json;

    use super::*;

    fn refused(text: &str) -> String {
        parse("charmcraft.yaml", text).unwrap_err().to_string()
    }

    #[test]
    fn a_document_becomes_a_tree() {
        let tree = parse("x.yaml", "a: 1\nb: [true, ~, 1.5, text, '2']\nc: {d: |\n  line\n  }").unwrap_err();
        assert!(tree.to_string().starts_with("x.yaml is not valid YAML: "), "{tree}");
        let tree = parse("x.yaml", "a: 1\nb: [true, ~, 1.5, text, '2']\nc:\n  d: |\n    line\n").unwrap();
        assert_eq!(tree, json!({"a": 1, "b": [true, null, 1.5, "text", "2"], "c": {"d": "line\n"}}));
    }

    #[test]
    fn an_empty_document_is_null() {
        assert_eq!(parse("x.yaml", "").unwrap(), Value::Null);
        assert_eq!(parse("x.yaml", "# only a comment\n\n").unwrap(), Value::Null);
        assert_eq!(parse("x.yaml", "---\n").unwrap(), Value::Null);
    }

    #[test]
    fn scalars_are_the_text_that_they_are_written_with_and_null_is_empty() {
        let map = parse_text_map("a: null\nb: ~\nc:\nd: 'null'\ne: nullify\nf: 08\n").unwrap();
        let expected = [("a", ""), ("b", ""), ("c", ""), ("d", "null"), ("e", "nullify"), ("f", "08")];
        assert_eq!(map, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        assert_eq!(parse_text_map("{\"a\": null}").unwrap()["a"], "");
        assert_eq!(parse_text_map("a: !!binary aGVsbG8=\n").unwrap()["a"], "aGVsbG8=");
        for empty in ["", "# only a comment\n", "---\n", "null", "{}"] {
            assert_eq!(parse_text_map(empty), Ok(BTreeMap::new()), "{empty:?}");
        }
    }

    #[test]
    fn a_key_given_twice_is_refused() {
        let message = refused("requires:\n  db: {interface: a}\n  db: {interface: b}\n");
        assert!(message.contains(r#"the key "db" is given twice"#), "{message}");
        assert!(message.contains("line"), "{message}");
    }

    #[test]
    fn a_key_that_is_not_a_string_is_refused() {
        let message = refused("1: one\n");
        assert!(message.contains("the key 1 is not a string"), "{message}");
    }

    #[test]
    fn a_second_document_is_refused() {
        let message = refused("a: 1\n---\nb: 2\n");
        assert!(message.contains("more than one document"), "{message}");
    }

    #[test]
    fn aliases_that_grow_without_bound_are_refused() {
        let lines = (1..10).map(|level| {
            let below = format!("*a{}", level - 1);
            format!("a{level}: &a{level} [{}]\n", vec![below; 10].join(", "))
        });
        let text: String = iter::once("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned()).chain(lines).collect();
        let message = refused(&text);
        assert!(message.contains("repetition limit"), "{message}");
    }

    #[test]
    fn nesting_without_bound_is_refused() {
        let message = refused(&"[".repeat(1_000));
        assert!(message.contains("is not valid YAML"), "{message}");
    }

    #[test]
    fn merge_keys_are_carried_out() {
        let text = "base: &base {type: string, default: a}\nslug:\n  <<: *base\n  default: b\n";
        let tree = parse("x.yaml", text).unwrap();
        assert_eq!(tree["slug"], json!({"type": "string", "default": "b"}));
        let message = refused("slug:\n  <<: nothing\n");
        assert!(message.contains("<< takes mappings only"), "{message}");
    }
}
