use serde_json::json;

use super::*;
use crate::{yaml, yaml_scalar::YamlReader};

fn text(value: &Value) -> String {
    let text = document(value.as_object().unwrap());
    for reader in [YamlReader::Charmcraft, YamlReader::Juju] {
        assert_eq!(&yaml::parse("x.yaml", &text, reader).unwrap(), value, "{text}");
    }
    // Parse with a library that shares no code with ours.
    assert_eq!(&serde_yaml::from_str::<Value>(&text).unwrap(), value, "{text}");
    text
}

#[test]
fn a_document_looks_hand_written() {
    let tree = json!({
        "name": "demo", "description": "One.\n\nTwo: 2.\n", "empty": {}, "list": ["a", {"b": 1, "c": [2.5, [], ["x"]]}],
        "map": {"deep": {"er": true}, "nothing": null}, "none": [],
    });
    assert_eq!(
        text(&tree),
        "description: |\n  One.\n\n  Two: 2.\nempty: {}\nlist:\n- a\n- b: 1\n  c:\n  - 2.5\n  - []\n  - - x\n\
         map:\n  deep:\n    er: true\n  nothing: null\nname: demo\nnone: []\n"
    );
}

#[test]
fn text_that_other_readers_would_not_read_as_text_is_quoted() {
    for word in [
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "true",
        "null",
        "~",
        "",
        "1",
        "1.5",
        "1_000",
        "0x1f",
        "0o17",
        "1e3",
        "12:30:45",
        "2022-01-01",
        "=",
        "- a",
        "a: b",
        "a #b",
        "# a",
        "{a}",
        "[a]",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a`",
        "'a'",
        "\"a\"",
        " a",
        "a ",
        "a\tb",
        "\u{7f}",
        "é",
        "\u{2028}",
        "a\\b",
        ".inf",
        ".nan",
        "-",
        "?",
    ] {
        let text = text(&json!({ word: word, "list": [word] }));
        assert!(text.contains('"'), "{text}");
    }
}

#[test]
fn lines_stay_as_they_are() {
    for lines in
        ["a\nb", "a\nb\n", "a\nb\n\n\n", "\na", " a\nb", "a \n b\n", "a\r\nb", "a\n\n  b\n", "\n", "a\n", "a\tb\nc"]
    {
        text(&json!({ "text": lines, "list": [lines, {"deep": lines}] }));
    }
}

#[test]
fn a_large_or_small_number_stays_a_number() {
    for number in [json!(1e16), json!(1.5e300), json!(1e-7), json!(-2.5e-9), json!(u64::MAX)] {
        text(&json!({ "number": number }));
    }
}

#[test]
fn characters_of_every_plane_stay_as_they_are() {
    assert_eq!(text(&json!({ "text": "a\n\u{1f600}" })), "text: |-\n  a\n  \u{1f600}\n");
}

#[test]
fn long_lines_and_long_keys_are_read_back_unchanged() {
    let line = "word ".repeat(50);
    let text = text(&json!({ "text": line.trim_end(), "k".repeat(200): 1, "key\nof lines": [2] }));
    assert!(text.contains(line.trim_end()), "{text}");
}
