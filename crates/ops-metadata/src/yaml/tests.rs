use std::iter;

use serde_json::json;

use super::*;

fn read(text: &str) -> Result<Value, MetadataError> {
    parse("x.yaml", text, YamlReader::Charmcraft)
}

fn refused(text: &str) -> String {
    parse("charmcraft.yaml", text, YamlReader::Charmcraft).unwrap_err().to_string()
}

#[test]
fn a_document_becomes_a_tree() {
    let tree = read("a: 1\nb: [true, ~\nc: 2\n").unwrap_err();
    assert!(tree.to_string().starts_with("x.yaml is not valid YAML: "), "{tree}");
    let tree = read("a: 1\nb: [true, ~, 1.5, text, '2']\nc:\n  d: |\n    line\n").unwrap();
    assert_eq!(tree, json!({"a": 1, "b": [true, null, 1.5, "text", "2"], "c": {"d": "line\n"}}));
}

#[test]
fn control_characters_are_refused_even_in_comments() {
    for c in [
        '\0', '\u{1}', '\u{8}', '\u{b}', '\u{1b}', '\u{7f}', '\u{80}', '\u{84}', '\u{86}', '\u{9f}', '\u{fffe}',
        '\u{ffff}',
    ] {
        for text in
            [format!("k: v\nl: a{c}b"), format!("k: v\nl: 'a{c}b'"), format!("k: v\n# c{c}"), format!("k: v\nl{c}: a")]
        {
            for (reader, reason) in
                [("Charmcraft", refused(&text)), ("Juju", parse_yaml(&text).unwrap_err().to_string())]
            {
                let expected = format!("control characters are not allowed: U+{:04X} at line 2", u32::from(c));
                assert!(reason.contains(&expected), "{reader} {text:?}: {reason}");
            }
            assert!(parse_text_map(&text).is_err(), "{text:?}");
        }
    }
    for c in ['\t', '\u{85}', '\u{a0}', '\u{ad}', '\u{d7ff}', '\u{e000}', '\u{fffd}', '\u{10000}', '\u{1f600}'] {
        assert!(parse_yaml(&format!("k: 'a{c}b'")).is_ok(), "{c:?}");
    }
    assert_eq!(parse_yaml(r#"k: "\x01\x7f\uffff""#).unwrap()["k"], "\u{1}\u{7f}\u{ffff}", "escaped ones are");
}

#[test]
fn an_empty_document_is_null() {
    assert_eq!(read("").unwrap(), Value::Null);
    assert_eq!(read("# only a comment\n\n").unwrap(), Value::Null);
    assert_eq!(read("---\n").unwrap(), Value::Null);
}

#[test]
fn a_text_map_has_scalars_as_written_and_null_as_empty_text() {
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
fn a_document_that_is_not_a_map_of_text_is_refused_in_gos_words() {
    for (text, error) in [
        ("[1,2]", "line 1: cannot unmarshal !!seq into map[string]string"),
        ("- a\n", "line 1: cannot unmarshal !!seq into map[string]string"),
        ("a: b\nn: [a]\n", "line 2: cannot unmarshal !!seq into string"),
        ("n: {a: b}\n", "line 1: cannot unmarshal !!map into string"),
        ("hello\n", "line 1: cannot unmarshal !!str `hello` into map[string]string"),
        ("hello to you all\n", "line 1: cannot unmarshal !!str `hello t...` into map[string]string"),
        ("42", "line 1: cannot unmarshal !!int `42` into map[string]string"),
        (
            "a: [b]\nc: d\ne: {f: [g]}\n",
            "line 1: cannot unmarshal !!seq into string\n  line 3: cannot unmarshal !!map into string",
        ),
    ] {
        let refused = parse_text_map(text).unwrap_err().to_string();
        assert_eq!(refused, format!("yaml: unmarshal errors:\n  {error}"), "{text:?}");
    }
    assert!(matches!(parse_text_map("a: [").unwrap_err(), TextMapError::Syntax(_)));
}

#[test]
fn a_duplicate_key_is_refused() {
    let message = refused("requires:\n  db: {interface: a}\n  db: {interface: b}\n");
    assert!(message.contains(r#"the key "db" is given twice"#), "{message}");
    assert!(message.contains("line"), "{message}");
}

#[test]
fn juju_takes_the_last_of_duplicate_keys() {
    assert_eq!(
        parse_text_map("a: 1\nb: 2\na: 3\n").unwrap(),
        [("a", "3"), ("b", "2")].map(|(k, v)| (k.into(), v.into())).into()
    );
    // As yaml.v2 2.4.0 reads them.
    for (text, read) in [
        ("a: 1\nb: {x: 1, x: 2}\na: 3\n", json!({"a": 3, "b": {"x": 2}})),
        ("d: &d {a: 1}\na: 5\n<<: *d\n", json!({"a": 1, "d": {"a": 1}})),
        ("d: &d {a: 1}\n<<: *d\na: 5\n", json!({"a": 5, "d": {"a": 1}})),
        (
            "d: &d {a: 1}\ne: &e {a: 2, b: 3}\nf: {<<: [*d, *e]}\n",
            json!({"d": {"a": 1}, "e": {"a": 2, "b": 3}, "f": {"a": 1, "b": 3}}),
        ),
    ] {
        assert_eq!(parse_yaml(text).unwrap(), read, "{text:?}");
    }
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
fn aliases_that_expand_to_too_many_values_are_refused() {
    let lines = (1..10).map(|level| {
        let below = format!("*a{}", level - 1);
        format!("a{level}: &a{level} [{}]\n", vec![below; 10].join(", "))
    });
    let text: String = iter::once("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned()).chain(lines).collect();
    let message = refused(&text);
    assert!(message.contains("it holds more than 200000 values"), "{message}");
}

#[test]
fn deep_nesting_is_refused() {
    let message = refused(&"[".repeat(1_000));
    assert!(message.contains("is not valid YAML"), "{message}");
}

#[test]
fn merge_keys_are_applied() {
    let text = "base: &base {type: string, default: a}\nslug:\n  <<: *base\n  default: b\n";
    let tree = read(text).unwrap();
    assert_eq!(tree["slug"], json!({"type": "string", "default": "b"}));
    let message = refused("slug:\n  <<: nothing\n");
    assert!(message.contains("<< accepts only mappings"), "{message}");
}
