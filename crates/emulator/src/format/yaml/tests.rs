use super::*;

fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

#[test]
fn indents_maps_and_leaves_lists_under_their_key() {
    let value = map(&[
        ("list", Value::Lines(vec!["a".into(), "b".into()])),
        ("map", map(&[("x", Value::List(vec![map(&[("k", "v".into()), ("l", Value::Int(1))])]))])),
        ("empty", Value::List(vec![])),
        ("none", Value::Null),
    ]);
    assert_eq!(print(&value), "empty: []\nlist:\n- a\n- b\nmap:\n  x:\n  - k: v\n    l: 1\nnone: null\n");
    let nested = Value::List(vec![Value::Lines(vec!["a".into()]), Value::List(vec![]), Value::Map(vec![])]);
    assert_eq!(print(&nested), "- - a\n- []\n- {}\n");
}

#[test]
fn sorts_keys_by_letters_and_by_the_size_of_numbers() {
    let keys = ["app/10", "app/9", "app/09", "b", "B", "a-b", "a1", "ab", "_x", "a"];
    let value = Value::map(keys.map(|key| (key, "")));
    let order: Vec<String> =
        print(&value).lines().map(|line| line.split(':').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(order, ["_x", "B", "a", "a-b", "a1", "ab", "app/9", "app/09", "app/10", "b"]);
}

#[test]
fn quotes_keys_as_it_quotes_values() {
    assert_eq!(
        print(&Value::map([("1", "raw"), ("yes", "no"), ("a: b", "")])),
        "\"1\": raw\n'a: b': \"\"\n\"yes\": \"no\"\n"
    );
}

#[test]
fn writes_blocks_of_lines() {
    let value = map(&[
        ("chomped", "a\nb".into()),
        ("kept", "a\n\n".into()),
        ("plain", "a\n  b\n".into()),
        ("spaced", "  a\nb\n".into()),
    ]);
    assert_eq!(print(&value), "chomped: |-\n  a\n  b\nkept: |+\n  a\n\nplain: |\n  a\n    b\nspaced: |2\n    a\n  b\n");
    assert_eq!(print(&"a\nb\n".into()), "|\n  a\n  b\n");
}

#[test]
fn folds_lines_beyond_80_columns() {
    let words = "word ".repeat(20).trim_end().to_owned();
    let folded = format!("k: {}\n  {}\n", "word ".repeat(16).trim_end(), "word ".repeat(4).trim_end());
    assert_eq!(print(&Value::map([("k", words.as_str())])), folded);
    let solid = "x".repeat(200);
    assert_eq!(print(&Value::map([("k", solid.as_str())])), format!("k: {solid}\n"));
}

#[test]
fn writes_a_key_that_is_too_long_on_its_own_line() {
    let key = "k".repeat(129);
    assert_eq!(print(&Value::map([(key.as_str(), "v")])), format!("? {key}\n: v\n"));
}

#[test]
fn escapes_what_cannot_be_printed() {
    assert_eq!(print(&"a\tb\u{1}\u{1f600}\"".into()), "\"a\\tb\\x01\\U0001F600\\\"\"\n");
    assert_eq!(print(&"it's: so".into()), "'it''s: so'\n");
}

#[test]
fn writes_bytes_in_base64() {
    let short = Value::Map(vec![("k".to_owned(), Value::Binary(vec![0xff, 0xfe]))]);
    assert_eq!(print(&short), "k: !!binary //4=\n");
    let long = Value::Map(vec![("k".to_owned(), Value::Binary(vec![0xff; 60]))]);
    assert_eq!(print(&long), format!("k: !!binary |\n  {}\n  {}\n", "/".repeat(70), "/".repeat(10)));
}

#[test]
fn prints_nothing_for_null() {
    assert_eq!(print(&Value::Null), "");
}
