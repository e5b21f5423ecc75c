//! YAML as Juju's library writes it: two spaces, lists flush with their key, quotes only where something else would be
//! read, long text folded after column 80, and maps sorted as people would.

use serde::Serialize;

use super::natural::compare_keys;
use super::node::{Node, yaml_name};
use super::scalar::{Shape, escaped, float, reads_as_other};

/// After this column, text goes on in the next line.
const WIDTH: usize = 80;

/// A YAML document, with a line break at its end.
#[must_use]
pub fn yaml(value: &(impl Serialize + ?Sized)) -> String {
    let mut out = Out { text: String::new(), column: 0 };
    out.node(&Node::of(value), 0, Place::Root);
    let end = out.text.trim_end_matches('\n').len();
    out.text.truncate(end);
    out.text.push('\n');
    out.text
}

struct Out {
    text: String,
    column: usize,
}

/// What a value comes after.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// `key:`
    Key,
    /// `-`
    Dash,
}

impl Out {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.column = match text.rsplit_once('\n') {
            Some((_, last)) => last.chars().count(),
            None => self.column + text.chars().count(),
        };
    }

    fn new_line(&mut self, indent: usize) {
        self.push("\n");
        self.push(&" ".repeat(indent));
    }

    fn space(&mut self, place: Place) {
        if place != Place::Root {
            self.push(" ");
        }
    }

    /// Writes a value whose own lines begin at `indent`.
    fn node(&mut self, node: &Node, indent: usize, place: Place) {
        let plain = match node {
            Node::Null => "null".to_owned(),
            Node::Bool(value) => value.to_string(),
            Node::Int(value) => value.to_string(),
            Node::Uint(value) => value.to_string(),
            Node::Float(value) => float(*value),
            Node::Bare(text) => text.clone(),
            Node::Text(text) => {
                self.space(place);
                return self.scalar(text, if place == Place::Root { 0 } else { indent });
            }
            Node::List(items) => return self.list(items, indent, place),
            Node::Map(entries) => {
                let mut sorted: Vec<_> = entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
                sorted.sort_by(|a, b| compare_keys(a.0, b.0));
                return self.mapping(&sorted, indent, place);
            }
            // The library leaves out structs of nothing where it leaves out what is empty, which is all over Juju.
            Node::Zero(node) => return self.node(node, indent, place),
            Node::Struct(entries) => {
                if let [(name, value)] = entries.as_slice()
                    && name.ends_with('|')
                {
                    return self.node(value, indent, place);
                }
                let is_full = |node: &Node| !matches!(node, Node::Zero(_)) && *node != Node::Struct(Vec::new());
                let full = entries.iter().filter(|(_, value)| is_full(value));
                let full: Vec<_> = full.map(|(name, value)| (yaml_name(name), value)).collect();
                return self.mapping(&full, indent, place);
            }
        };
        self.space(place);
        self.push(&plain);
    }

    fn list(&mut self, items: &[Node], indent: usize, place: Place) {
        if items.is_empty() {
            self.space(place);
            return self.push("[]");
        }
        // A list stands flush with its key, and behind a dash on the dash's line.
        let indent = if place == Place::Key { indent - 2 } else { indent };
        for (number, item) in items.iter().enumerate() {
            if place == Place::Dash && number == 0 {
                self.push(" ");
            } else if place == Place::Key || number > 0 {
                self.new_line(indent);
            }
            self.push("-");
            self.node(item, indent + 2, Place::Dash);
        }
    }

    fn mapping(&mut self, entries: &[(&str, &Node)], indent: usize, place: Place) {
        if entries.is_empty() {
            self.space(place);
            return self.push("{}");
        }
        for (number, (key, value)) in entries.iter().enumerate() {
            if place == Place::Dash && number == 0 {
                self.push(" ");
            } else if place == Place::Key || number > 0 {
                self.new_line(indent);
            }
            self.key(key);
            self.push(":");
            self.node(value, indent + 2, Place::Key);
        }
    }

    fn key(&mut self, key: &str) {
        let shape = Shape::of(key);
        if shape.lines || reads_as_other(key) || !shape.plain && !shape.single {
            self.double_quoted(key, None);
        } else if shape.plain && !key.is_empty() {
            self.push(key);
        } else {
            self.single_quoted(key, None);
        }
    }

    /// Writes text whose further lines begin at `indent`.
    fn scalar(&mut self, text: &str, indent: usize) {
        let shape = Shape::of(text);
        if text.contains('\n') {
            if shape.literal {
                self.literal(text, indent.max(2));
            } else {
                self.double_quoted(text, Some(indent));
            }
        } else if reads_as_other(text) {
            self.double_quoted(text, Some(indent));
        } else if shape.plain {
            self.folded(text, Some(indent), |_, _| false, |letter| letter.to_string());
        } else if shape.single {
            self.single_quoted(text, Some(indent));
        } else {
            self.double_quoted(text, Some(indent));
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.push("|");
        if text.starts_with([' ', '\n']) {
            self.push("2");
        }
        if !text.ends_with('\n') {
            self.push("-");
        } else if text.ends_with("\n\n") || text == "\n" {
            self.push("+");
        }
        self.push("\n");
        let mut is_fresh = true;
        for letter in text.strip_suffix('\n').unwrap_or(text).chars() {
            let is_break = matches!(letter, '\n' | '\u{2028}' | '\u{2029}');
            if is_fresh && !is_break {
                self.push(&" ".repeat(indent));
            }
            self.push(letter.encode_utf8(&mut [0; 4]));
            is_fresh = is_break;
        }
    }

    fn single_quoted(&mut self, text: &str, indent: Option<usize>) {
        self.push("'");
        let last = text.chars().count().saturating_sub(1);
        self.folded(
            text,
            indent,
            |place, _| place == 0 || place == last,
            |letter| {
                if letter == '\'' { "''".to_owned() } else { letter.to_string() }
            },
        );
        self.push("'");
    }

    /// Writes one line of text, breaking it at single spaces once it is long.
    fn folded(
        &mut self,
        text: &str,
        indent: Option<usize>,
        keep: impl Fn(usize, char) -> bool,
        spell: impl Fn(char) -> String,
    ) {
        let letters: Vec<char> = text.chars().collect();
        let mut after_space = false;
        for (place, letter) in letters.iter().enumerate() {
            let break_at = indent.filter(|_| {
                *letter == ' '
                    && !after_space
                    && self.column > WIDTH
                    && letters.get(place + 1).is_none_or(|next| *next != ' ')
                    && !keep(place, *letter)
            });
            match break_at {
                Some(indent) => self.new_line(indent),
                None => self.push(&spell(*letter)),
            }
            after_space = *letter == ' ';
        }
    }

    fn double_quoted(&mut self, text: &str, indent: Option<usize>) {
        self.push("\"");
        let letters: Vec<char> = text.chars().collect();
        let mut after_space = false;
        for (place, letter) in letters.iter().enumerate() {
            let inside = place > 0 && place + 1 < letters.len();
            match indent.filter(|_| *letter == ' ' && !after_space && self.column > WIDTH && inside) {
                Some(indent) => {
                    self.new_line(indent);
                    if letters[place + 1] == ' ' {
                        self.push("\\");
                    }
                }
                None => self.push(&escaped(*letter)),
            }
            after_space = *letter == ' ';
        }
        self.push("\"");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(value: &Value, text: &str) {
        assert_eq!(yaml(value), text);
    }

    #[test]
    fn lists_stand_flush_with_their_key() {
        check(
            &json!({"b": [1, {"x": 1, "y": [2, 3]}, [4, 5], []], "a": {}, "c": {"d": {"e": null}}}),
            "a: {}\nb:\n- 1\n- x: 1\n  \"y\":\n  - 2\n  - 3\n- - 4\n  - 5\n- []\nc:\n  d:\n    e: null\n",
        );
        check(&json!([]), "[]\n");
        check(&json!("text"), "text\n");
    }

    #[test]
    fn keys_are_sorted_as_people_would() {
        check(
            &json!({"u/10": 1, "u/2": 2, "u": 3, "U": 4, "a-1": 5, "a": 6, "0": 7}),
            "\"0\": 7\nU: 4\na: 6\na-1: 5\nu: 3\nu/2: 2\nu/10: 1\n",
        );
    }

    #[test]
    fn quotes_are_used_where_something_else_would_be_read() {
        for (text, written) in [
            ("plain text", "plain text"),
            ("", "\"\""),
            ("true", "\"true\""),
            ("no", "\"no\""),
            ("~", "\"~\""),
            ("12", "\"12\""),
            ("-1.5", "\"-1.5\""),
            ("1e+5", "\"1e+5\""),
            ("1e5", "1e5"),
            ("1.2.3", "1.2.3"),
            ("0x1f", "\"0x1f\""),
            ("089", "089"),
            ("1_000", "\"1_000\""),
            ("22.04", "\"22.04\""),
            ("3.6.8", "3.6.8"),
            ("10:20", "\"10:20\""),
            ("2026-11-22", "\"2026-11-22\""),
            ("2026-11-22 08:15:01", "\"2026-11-22 08:15:01\""),
            ("2026-11-22T08:15:01Z", "\"2026-11-22T08:15:01Z\""),
            ("22 Nov 2026 08:15:01Z", "22 Nov 2026 08:15:01Z"),
            ("2026-11-22 08:15:01Z", "2026-11-22 08:15:01Z"),
            ("15:04:05+07:00", "15:04:05+07:00"),
            ("15:04:05", "\"15:04:05\""),
            ("a: b", "'a: b'"),
            ("a:b", "a:b"),
            ("a #b", "'a #b'"),
            ("- a", "'- a'"),
            ("-a", "-a"),
            ("- it's", "'- it''s'"),
            ("*", "'*'"),
            ("@x", "'@x'"),
            ("[a-z]+", "'[a-z]+'"),
            ("Must match [a-z0-9-]+", "Must match [a-z0-9-]+"),
            (" a", "' a'"),
            ("a ", "'a '"),
            ("a\tb", "\"a\\tb\""),
            ("\u{1b}", "\"\\e\""),
            ("ä", "ä"),
            // Once taken for a time with a zone.
            ("2026-11-22T–abc", "2026-11-22T–abc"),
            ("😀", "\"\\U0001F600\""),
        ] {
            check(&json!({ "k": text }), &format!("k: {written}\n"));
        }
    }

    #[test]
    fn lines_are_literal() {
        check(&json!({"k": {"t": "a\n  b\n"}}), "k:\n  t: |\n    a\n      b\n");
        check(&json!({"t": "a\nb"}), "t: |-\n  a\n  b\n");
        check(&json!({"t": "a\n\nb\n\n", "u": 1}), "t: |+\n  a\n\n  b\n\nu: 1\n");
        check(&json!({"t": " a\nb"}), "t: |2-\n   a\n  b\n");
        check(&json!({"t": "a \nb"}), "t: \"a \\nb\"\n");
        check(&json!(["a\nb"]), "- |-\n  a\n  b\n");
    }

    #[test]
    fn a_struct_of_nothing_is_left_out_unless_it_is_pointed_to() {
        #[derive(Serialize)]
        struct Nothing {}
        #[derive(Serialize)]
        struct Demo {
            a: Nothing,
            b: Option<Nothing>,
            c: i32,
        }
        assert_eq!(yaml(&Demo { a: Nothing {}, b: Some(Nothing {}), c: 1 }), "b: {}\nc: 1\n");
    }

    #[test]
    fn long_text_is_folded() {
        let word = "abcdefghi";
        let line = [word; 10].join(" ");
        // Nine words and `k: ` come to 92 letters, and the first space beyond 80 breaks.
        let first = [word; 8].join(" ");
        check(&json!({ "k": line }), &format!("k: {first}\n  {word} {word}\n"));
        let quoted = format!("- {line}");
        let first = format!("- {}", [word; 8].join(" "));
        check(&json!({ "k": quoted }), &format!("k: '{first}\n  {word} {word}'\n"));
    }

    #[test]
    fn numbers_are_gos() {
        check(
            &json!([1, -2, 1.5, 1e6, 123_456.5, 1e-7, 100_000_000, true]),
            "- 1\n- -2\n- 1.5\n- 1e+06\n- 123456.5\n- 1e-07\n- 100000000\n- true\n",
        );
    }
}
