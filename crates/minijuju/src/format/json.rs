//! JSON as Go's `encoding/json` writes it: on one line, maps sorted, `<`, `>` and `&` escaped for the sake of HTML.

use std::fmt::Write as _;

use serde::Serialize;

use super::node::{Node, json_name};

/// One line of JSON.
#[must_use]
pub fn json(value: &(impl Serialize + ?Sized)) -> String {
    let mut out = String::new();
    write(&mut out, &Node::of(value));
    out.push('\n');
    out
}

fn write(out: &mut String, node: &Node) {
    match node {
        Node::Null => out.push_str("null"),
        Node::Bool(value) => _ = write!(out, "{value}"),
        Node::Int(value) => _ = write!(out, "{value}"),
        Node::Uint(value) => _ = write!(out, "{value}"),
        Node::Float(value) => out.push_str(&float(*value)),
        Node::Text(text) | Node::Bare(text) => quote(out, text),
        Node::Zero(node) => write(out, node),
        Node::List(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(out, item);
            }
            out.push(']');
        }
        Node::Struct(entries) => mapping(out, entries.iter().map(|(name, value)| (json_name(name), value))),
        Node::Map(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            mapping(out, sorted.into_iter().map(|(key, value)| (key.as_str(), value)));
        }
    }
}

fn mapping<'a>(out: &mut String, entries: impl Iterator<Item = (&'a str, &'a Node)>) {
    out.push('{');
    for (place, (key, value)) in entries.enumerate() {
        if place > 0 {
            out.push(',');
        }
        quote(out, key);
        out.push(':');
        write(out, value);
    }
    out.push('}');
}

/// Plain digits within reason, an exponent of as few digits as there are beyond.
fn float(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        "null".to_owned()
    } else if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
            _ => text,
        }
    } else {
        format!("{value}")
    }
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Demo {
        zebra: i32,
        apple: serde_json::Value,
    }

    #[test]
    fn fields_keep_their_order_and_maps_are_sorted() {
        let demo = Demo { zebra: 1, apple: serde_json::json!({"u/10": 1, "u/2": [null, true], "a": {}}) };
        assert_eq!(json(&demo), "{\"zebra\":1,\"apple\":{\"a\":{},\"u/10\":1,\"u/2\":[null,true]}}\n");
    }

    #[test]
    fn text_is_escaped_as_go_escapes_it() {
        assert_eq!(json("a<b>&\"\\\n\t\u{1}\u{2028}ä"), "\"a\\u003cb\\u003e\\u0026\\\"\\\\\\n\\t\\u0001\\u2028ä\"\n");
    }

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        for (value, text) in
            [(1.0, "1"), (0.1, "0.1"), (-2.5, "-2.5"), (1e21, "1e+21"), (1e-7, "1e-7"), (1e20, "100000000000000000000")]
        {
            assert_eq!(json(&value), format!("{text}\n"));
        }
        assert_eq!(json(&u64::MAX), "18446744073709551615\n");
    }
}
