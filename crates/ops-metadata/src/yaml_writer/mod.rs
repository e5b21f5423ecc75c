//! Writes YAML that Juju, Python and this crate read alike.
//!
//! Juju and Charmcraft read YAML 1.1, where `yes`, `0o17` or `1_000` without quotes are no strings. So only what looks
//! like plain words goes without quotes.

use serde_json::{Map, Value};

/// A document. Keys come in the map's order: the alphabet's, as Charmcraft writes them.
pub(crate) fn document(map: &Map<String, Value>) -> String {
    let mut text = String::new();
    if map.is_empty() {
        return "{}\n".to_owned();
    }
    write_map(map, 0, &mut text);
    text
}

fn write_map(map: &Map<String, Value>, indent: usize, text: &mut String) {
    for (position, (key, value)) in map.iter().enumerate() {
        // The first key of a list's item stands behind the item's dash.
        if position > 0 || !text.ends_with("- ") {
            pad(indent, text);
        }
        write_line(key, text);
        text.push(':');
        write_value(value, indent, text);
    }
}

/// Writes what follows `key:` or `-`, to the end of the line and below.
fn write_value(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('\n');
            write_map(map, indent + 2, text);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            for item in items {
                pad(indent, text);
                text.push('-');
                match item {
                    Value::Object(map) if !map.is_empty() => {
                        text.push(' ');
                        write_map(map, indent + 2, text);
                    }
                    item => write_value(item, indent + 2, text),
                }
            }
        }
        Value::String(string) if is_block(string) => {
            text.push_str(match string.strip_suffix('\n') {
                None => " |-\n",
                Some(rest) if rest.ends_with('\n') => " |+\n",
                Some(_) => " |\n",
            });
            for line in string.lines() {
                if !line.is_empty() {
                    pad(indent + 2, text);
                }
                text.push_str(line);
                text.push('\n');
            }
        }
        Value::String(string) => {
            text.push(' ');
            write_line(string, text);
            text.push('\n');
        }
        leaf => {
            text.push(' ');
            text.push_str(&leaf.to_string());
            text.push('\n');
        }
    }
}

/// A string within one line.
fn write_line(string: &str, text: &mut String) {
    if is_plain(string) {
        text.push_str(string);
        return;
    }
    text.push('"');
    for c in string.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            _ if is_unprintable(c) => {
                let escaped = format!("\\u{:04x}", u32::from(c));
                text.push_str(&escaped);
            }
            _ => text.push(c),
        }
    }
    text.push('"');
}

/// What YAML takes only escaped. (All of it has at most four hexadecimal digits.)
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn pad(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', indent));
}

/// Whether every reader of YAML takes this for a string without quotes.
fn is_plain(string: &str) -> bool {
    const OTHERWISE: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    string.starts_with(|c: char| c.is_ascii_alphabetic())
        && string.chars().all(|c| c.is_ascii_alphanumeric() || " _-./()'".contains(c))
        && !string.ends_with(' ')
        && !OTHERWISE.contains(&string.to_ascii_lowercase().as_str())
}

/// Whether a string can stand line by line, as people write it.
fn is_block(string: &str) -> bool {
    string.trim_end_matches('\n').contains('\n')
        && !string.starts_with([' ', '\n'])
        && string.chars().all(|c| c == '\n' || !is_unprintable(c))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{yaml, yaml_scalar::YamlReader};

    fn text(value: &Value) -> String {
        let text = document(value.as_object().unwrap());
        for reader in [YamlReader::Charmcraft, YamlReader::Juju] {
            assert_eq!(&yaml::parse("x.yaml", &text, reader).unwrap(), value, "{text}");
        }
        // A reader that shares no code with ours.
        assert_eq!(&serde_yaml::from_str::<Value>(&text).unwrap(), value, "{text}");
        text
    }

    #[test]
    fn a_document_reads_as_people_write_it() {
        let tree = json!({
            "name": "demo", "description": "One.\n\nTwo: 2.\n", "empty": {}, "list": ["a", {"b": 1, "c": [2.5, [], ["x"]]}],
            "map": {"deep": {"er": true}, "nothing": null}, "none": [],
        });
        assert_eq!(
            text(&tree),
            "description: |\n  One.\n\n  Two: 2.\nempty: {}\nlist:\n- a\n- b: 1\n  c:\n  - 2.5\n  - []\n  -\n    - x\n\
             map:\n  deep:\n    er: true\n  nothing: null\nname: demo\nnone: []\n"
        );
    }

    #[test]
    fn what_other_readers_take_for_something_else_is_quoted() {
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
}
