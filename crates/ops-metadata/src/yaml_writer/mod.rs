//! Writes YAML: exactly as Juju's library does, or so that Juju, Python and this crate all read the same.

mod scalar;

use std::borrow::Cow;

use serde_json::{Map, Value};

use self::scalar::{Style, fits_simple_key, is_printable, style_of};

/// Juju folds a line at the first space after this column.
const WIDTH: usize = 80;
/// Base64 characters per line.
const BINARY_WIDTH: usize = 70;
/// Columns per level of indentation.
const INDENT: usize = 2;

/// How text is quoted and folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// As Juju does with Go's yaml.v2, byte for byte.
    Juju,
    /// So that all readers of YAML agree: everything except plain words is quoted.
    Portable,
}

/// A value to write.
#[derive(Clone, Debug, PartialEq)]
pub enum Node<'a> {
    /// A number, a boolean, a timestamp or null, which need no quotes.
    Bare(Cow<'a, str>),
    /// Text.
    Text(&'a str),
    /// Bytes, in base64.
    Binary(String),
    /// A list.
    List(Vec<Node<'a>>),
    /// Keys and values, in this order.
    Map(Vec<(&'a str, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// From JSON. Keys are in the map's order, which is alphabetical, as Charmcraft writes them.
    fn from_json(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Bare("null".into()),
            Value::Bool(value) => Self::Bare(value.to_string().into()),
            Value::Number(number) => Self::Bare(portable_number(&number.to_string()).into()),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.iter().map(Self::from_json).collect()),
            Value::Object(map) => Self::map(map),
        }
    }

    fn map(map: &'a Map<String, Value>) -> Self {
        Self::Map(map.iter().map(|(key, value)| (key.as_str(), Self::from_json(value))).collect())
    }
}

/// Add a sign to the exponent, which Juju needs, and a fraction, which Python needs: for Python, `1e16` is text.
fn portable_number(number: &str) -> String {
    let Some((mantissa, exponent)) = number.split_once('e') else { return number.to_owned() };
    let fraction = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
    format!("{mantissa}{fraction}e{sign}{exponent}")
}

/// The text of a charm's file: a map as YAML that all readers read the same.
pub(crate) fn document(map: &Map<String, Value>) -> String {
    write(&Node::map(map), Dialect::Portable)
}

/// A YAML document, with a line break at its end.
#[must_use]
pub fn write(node: &Node<'_>, dialect: Dialect) -> String {
    let mut emitter = Emitter { dialect, out: String::new(), column: 0, whitespace: true, indention: true };
    emitter.node(node, None, Place::Root);
    if !emitter.out.ends_with('\n') {
        emitter.out.push('\n');
    }
    emitter.out
}

/// The position of a node: a list that is the value of a key is not indented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    Key,
    Value,
}

struct Emitter {
    dialect: Dialect,
    out: String,
    column: usize,
    whitespace: bool,
    /// Whether the line has only indentation so far.
    indention: bool,
}

/// The spacing of an indicator such as `-` or `:`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spacing {
    /// No space before it.
    Attached,
    /// After a space.
    Separate,
    /// A space before it, and what follows on the line counts as indented.
    Indenting,
}

impl Emitter {
    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    fn write_indent(&mut self, indent: usize) {
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, text: &str, spacing: Spacing) {
        if spacing != Spacing::Attached && !self.whitespace {
            self.put(' ');
        }
        for c in text.chars() {
            self.put(c);
        }
        self.whitespace = false;
        self.indention &= spacing == Spacing::Indenting;
    }

    /// `indent` is that of the enclosing block, `None` at the root.
    fn node(&mut self, node: &Node<'_>, indent: Option<usize>, place: Place) {
        let deeper = indent.map_or(0, |indent| indent + INDENT);
        match node {
            Node::Bare(text) => self.plain(text, indent, place),
            Node::Text(text) => self.text(text, indent, place),
            Node::Binary(base64) => self.binary(base64, indent, place),
            Node::List(items) if items.is_empty() => self.indicator("[]", Spacing::Separate),
            Node::Map(entries) if entries.is_empty() => self.indicator("{}", Spacing::Separate),
            Node::List(items) => {
                let indent = self.list_indent(indent, deeper, place);
                for item in items {
                    self.write_indent(indent);
                    self.indicator("-", Spacing::Indenting);
                    self.node(item, Some(indent), Place::Item);
                }
            }
            Node::Map(entries) => entries.iter().for_each(|(key, value)| self.entry(key, value, deeper)),
        }
    }

    fn list_indent(&self, indent: Option<usize>, deeper: usize, place: Place) -> usize {
        match indent {
            Some(indent) if place == Place::Value && !self.indention => indent,
            _ => deeper,
        }
    }

    fn entry(&mut self, key: &str, value: &Node<'_>, indent: usize) {
        self.write_indent(indent);
        if fits_simple_key(key) {
            self.text(key, Some(indent), Place::Key);
            self.indicator(":", Spacing::Attached);
        } else {
            self.indicator("?", Spacing::Indenting);
            self.text(key, Some(indent), Place::Value);
            self.write_indent(indent);
            self.indicator(":", Spacing::Indenting);
        }
        self.node(value, Some(indent), Place::Value);
    }

    fn text(&mut self, text: &str, indent: Option<usize>, place: Place) {
        let indent_within = indent.map_or(INDENT, |indent| indent + INDENT);
        match style_of(text, place, self.dialect) {
            Style::Plain => self.plain(text, indent, place),
            Style::SingleQuoted => self.single_quoted(text, indent_within, place),
            Style::DoubleQuoted => self.double_quoted(text, indent_within, place),
            Style::Literal => self.literal(text, indent_within),
        }
    }

    fn binary(&mut self, base64: &str, indent: Option<usize>, place: Place) {
        self.indicator("!!binary", Spacing::Separate);
        if base64.len() < BINARY_WIDTH {
            self.plain(base64, indent, place);
        } else {
            let lines: Vec<&str> =
                base64.as_bytes().chunks(BINARY_WIDTH).filter_map(|line| str::from_utf8(line).ok()).collect();
            self.literal(&format!("{}\n", lines.join("\n")), indent.map_or(INDENT, |indent| indent + INDENT));
        }
    }

    /// Whether a long text may continue on another line.
    fn folds(&self, place: Place) -> bool {
        self.dialect == Dialect::Juju && place != Place::Key
    }

    fn plain(&mut self, text: &str, indent: Option<usize>, place: Place) {
        if !self.whitespace {
            self.put(' ');
        }
        let indent = indent.map_or(INDENT, |indent| indent + INDENT);
        self.folded(text, indent, place, Self::put);
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, indent: usize, place: Place) {
        self.indicator("'", Spacing::Separate);
        self.folded(text, indent, place, |emitter, c| {
            if c == '\'' {
                emitter.put('\'');
            }
            emitter.put(c);
        });
        self.indicator("'", Spacing::Attached);
    }

    /// Write one line of text. Fold it at a single space once it is too long.
    fn folded(&mut self, text: &str, indent: usize, place: Place, write: impl Fn(&mut Self, char)) {
        let mut chars = text.chars().peekable();
        let mut spaces = false;
        let mut first = true;
        while let Some(c) = chars.next() {
            if c == ' ' {
                let inside = !first && chars.peek().is_some_and(|next| *next != ' ');
                if self.folds(place) && !spaces && self.column > WIDTH && inside {
                    self.write_indent(indent);
                } else {
                    self.put(' ');
                }
                spaces = true;
            } else {
                write(self, c);
                self.indention = false;
                spaces = false;
            }
            first = false;
        }
    }

    fn double_quoted(&mut self, text: &str, indent: usize, place: Place) {
        self.indicator("\"", Spacing::Separate);
        let mut chars = text.chars().peekable();
        let mut spaces = false;
        let mut first = true;
        while let Some(c) = chars.next() {
            match c {
                ' ' => {
                    if self.folds(place) && !spaces && self.column > WIDTH && !first && chars.peek().is_some() {
                        self.write_indent(indent);
                        if chars.peek() == Some(&' ') {
                            self.put('\\');
                        }
                    } else {
                        self.put(' ');
                    }
                    spaces = true;
                }
                c if is_printable(c, self.dialect) && !matches!(c, '"' | '\\' | '\n' | '\u{2028}' | '\u{2029}') => {
                    self.put(c);
                    spaces = false;
                }
                c => {
                    escape(c).chars().for_each(|c| self.put(c));
                    spaces = false;
                }
            }
            first = false;
        }
        self.indicator("\"", Spacing::Attached);
    }

    fn literal(&mut self, text: &str, indent: usize) {
        let mut header = "|".to_owned();
        if text.starts_with([' ', '\n']) {
            header.push('2');
        }
        match text.strip_suffix('\n') {
            None => header.push('-'),
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => header.push('+'),
            Some(_) => {}
        }
        self.indicator(&header, Spacing::Separate);
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let mut at_start = true;
        for c in text.chars() {
            if c == '\n' {
                self.put_break();
                self.indention = true;
                at_start = true;
            } else {
                if at_start {
                    self.write_indent(indent);
                }
                self.put(c);
                self.indention = false;
                at_start = false;
            }
        }
    }
}

fn escape(c: char) -> String {
    match c {
        '\0' => "\\0".to_owned(),
        '\x07' => "\\a".to_owned(),
        '\x08' => "\\b".to_owned(),
        '\t' => "\\t".to_owned(),
        '\n' => "\\n".to_owned(),
        '\x0b' => "\\v".to_owned(),
        '\x0c' => "\\f".to_owned(),
        '\r' => "\\r".to_owned(),
        '\x1b' => "\\e".to_owned(),
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\u{85}' => "\\N".to_owned(),
        '\u{2028}' => "\\L".to_owned(),
        '\u{2029}' => "\\P".to_owned(),
        c => match u32::from(c) {
            code @ 0..=0xff => format!("\\x{code:02X}"),
            code @ 0x100..=0xffff => format!("\\u{code:04X}"),
            code => format!("\\U{code:08X}"),
        },
    }
}

#[cfg(test)]
mod tests;
