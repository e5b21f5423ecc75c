//! JSON as Go's `encoding/json` prints it: no spaces, sorted keys of maps, `<`, `>` and `&` escaped.

use std::fmt::Write as _;

use super::{Unprintable, Value, float, to_value};

/// `value` as JSON, without a trailing line break.
///
/// # Errors
/// `value` has a shape that Juju's formats cannot print, such as a map with keys that are not strings.
pub fn to_string<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, Unprintable> {
    to_value(value).map(|value| print(&value))
}

/// `value` as JSON, without a trailing line break.
#[must_use]
pub fn print(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value);
    out
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Null | Value::NilLines => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Unsigned(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Float(value) => out.push_str(&float::json(*value)),
        Value::Text(text) => write_text(out, text),
        Value::Binary(bytes) => {
            out.push('"');
            for chunk in bytes.utf8_chunks() {
                chunk.valid().chars().for_each(|c| write_char(out, c));
                // One replacement for each invalid byte, escaped, unlike the character U+FFFD itself.
                chunk.invalid().iter().for_each(|_| out.push_str("\\ufffd"));
            }
            out.push('"');
        }
        Value::Time(time) => write_text(out, &time.to_string()),
        Value::Lines(lines) => write_all(out, '[', lines, ']', |out, line| write_text(out, line)),
        Value::List(items) => write_all(out, '[', items, ']', write_value),
        Value::Fields(fields) => write_all(out, '{', fields, '}', write_entry),
        Value::Map(entries) => {
            let mut entries: Vec<&(String, Value)> = entries.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            write_all(out, '{', &entries, '}', |out, entry| write_entry(out, entry));
        }
    }
}

fn write_entry(out: &mut String, (key, value): &(String, Value)) {
    write_text(out, key);
    out.push(':');
    write_value(out, value);
}

fn write_all<T>(out: &mut String, open: char, items: &[T], close: char, write_item: impl Fn(&mut String, &T)) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_item(out, item);
    }
    out.push(close);
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    text.chars().for_each(|c| write_char(out, c));
    out.push('"');
}

fn write_char(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        c if c < ' ' || matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') => {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_as_go_does() {
        assert_eq!(print(&Value::from("a<b>&\"\\\n\u{1}é\u{2028}")), r#""a\u003cb\u003e\u0026\"\\\n\u0001é\u2028""#);
    }

    #[test]
    fn sorts_maps_and_keeps_the_order_of_fields() {
        let map = Value::map([("b10", "x"), ("b9", "y")]);
        assert_eq!(print(&map), r#"{"b10":"x","b9":"y"}"#);
        let fields = Value::fields([("units", Value::Null), ("relations", Value::List(vec![Value::Int(1)]))]);
        assert_eq!(print(&fields), r#"{"units":null,"relations":[1]}"#);
        assert_eq!(print(&Value::Binary(vec![b'a', 0xff, 0xfe])), r#""a\ufffd\ufffd""#);
        assert_eq!(print(&Value::NilLines), "null");
        assert_eq!(print(&Value::Lines(vec![])), "[]");
    }
}
