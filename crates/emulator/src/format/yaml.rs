//! YAML as Juju prints it: blocks, keys in a natural order, double quotes where plain text would read as something
//! else, lines folded beyond 80 columns.

use std::cmp::Ordering;

use super::base64;
use super::scalar::{Style, fits_simple_key, is_printable, style_of};
use super::{Unprintable, Value, float, value_of};

/// Columns after which a line is folded at its next space.
const WIDTH: usize = 80;
/// Characters of base64 in a line.
const BINARY_WIDTH: usize = 70;
/// Columns that each level is indented by.
const INDENT: usize = 2;

/// `value` as YAML, with one line break at its end; nothing for nothing.
///
/// Fields of a structure keep their order, keys of a map are sorted: letters first in their order, numbers by their
/// size, so that `app/9` comes before `app/10`.
///
/// # Errors
/// `value` has a shape that has no text, such as a map with keys that are not strings.
pub fn to_string<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, Unprintable> {
    value_of(value).map(|value| print(&value))
}

/// `value` as YAML, with one line break at its end; nothing for [`Value::Null`].
#[must_use]
pub fn print(value: &Value) -> String {
    if *value == Value::Null {
        return String::new();
    }
    let mut emitter = Emitter { out: String::new(), column: 0, whitespace: true, indention: true };
    emitter.node(value, None, Place::Root);
    let end = emitter.out.trim_end_matches('\n').len();
    emitter.out.truncate(end);
    emitter.out.push('\n');
    emitter.out
}

/// The order of a map's keys.
fn key_order(a: &str, b: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    for index in 0..left.len().min(right.len()) {
        let (l, r) = (left[index], right[index]);
        if l == r {
            continue;
        }
        match (l.is_alphabetic(), r.is_alphabetic()) {
            (true, true) => return l.cmp(&r),
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            (false, false) => {}
        }
        // A zero counts as a digit of the number that it stands in, not as the start of one.
        let inside =
            (l == '0' || r == '0') && left[..index].iter().rev().take_while(|c| c.is_numeric()).any(|c| *c != '0');
        let number = |chars: &[char]| {
            let digits = chars[index..].iter().take_while(|c| c.is_ascii_digit());
            digits.fold((u128::from(inside), 0), |(number, count), digit| {
                let digit = u128::from(digit.to_digit(10).unwrap_or(0));
                (number.saturating_mul(10).saturating_add(digit), count + 1)
            })
        };
        let ((l_number, l_digits), (r_number, r_digits)) = (number(&left), number(&right));
        return l_number.cmp(&r_number).then(l_digits.cmp(&r_digits)).then(l.cmp(&r));
    }
    left.len().cmp(&right.len())
}

/// Where a node stands: a list that is the value of a key is not indented.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Root,
    Item,
    Key,
    Value,
}

struct Emitter {
    out: String,
    column: usize,
    whitespace: bool,
    /// Only indentation was written on this line.
    indention: bool,
}

/// How an indicator such as `-` or `:` stands among what is before and after it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spacing {
    /// Right after what is before it.
    Attached,
    /// After a space.
    Separate,
    /// After a space, and what follows on its line counts as indented by it.
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

    /// `indent` is that of the block around the node, nothing at the root.
    fn node(&mut self, value: &Value, indent: Option<usize>, place: Place) {
        let deeper = indent.map_or(0, |indent| indent + INDENT);
        match value {
            Value::Null => self.plain("null", indent, place),
            Value::Bool(value) => self.plain(if *value { "true" } else { "false" }, indent, place),
            Value::Int(value) => self.plain(&value.to_string(), indent, place),
            Value::Unsigned(value) => self.plain(&value.to_string(), indent, place),
            Value::Float(value) => self.plain(&float::yaml(*value), indent, place),
            Value::Time(time) => self.plain(&time.to_string(), indent, place),
            Value::Text(text) => self.text(text, indent, place),
            Value::Binary(bytes) => self.binary(bytes, indent, place),
            Value::NoLines => self.indicator("[]", Spacing::Separate),
            Value::Lines(lines) if lines.is_empty() => self.indicator("[]", Spacing::Separate),
            Value::List(items) if items.is_empty() => self.indicator("[]", Spacing::Separate),
            Value::Fields(entries) | Value::Map(entries) if entries.is_empty() => {
                self.indicator("{}", Spacing::Separate);
            }
            Value::Lines(lines) => {
                let indent = self.list_indent(indent, deeper, place);
                for line in lines {
                    self.item(indent);
                    self.text(line, Some(indent), Place::Item);
                }
            }
            Value::List(items) => {
                let indent = self.list_indent(indent, deeper, place);
                for item in items {
                    self.item(indent);
                    self.node(item, Some(indent), Place::Item);
                }
            }
            Value::Fields(entries) => entries.iter().for_each(|entry| self.entry(entry, deeper)),
            Value::Map(entries) => {
                let mut entries: Vec<&(String, Value)> = entries.iter().collect();
                entries.sort_by(|a, b| key_order(&a.0, &b.0));
                for entry in entries {
                    self.entry(entry, deeper);
                }
            }
        }
    }

    fn list_indent(&self, indent: Option<usize>, deeper: usize, place: Place) -> usize {
        match indent {
            Some(indent) if place == Place::Value && !self.indention => indent,
            _ => deeper,
        }
    }

    fn item(&mut self, indent: usize) {
        self.write_indent(indent);
        self.indicator("-", Spacing::Indenting);
    }

    fn entry(&mut self, (key, value): &(String, Value), indent: usize) {
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
        match style_of(text, place == Place::Key) {
            Style::Plain => self.plain(text, indent, place),
            Style::SingleQuoted => self.single_quoted(text, indent_within, place != Place::Key),
            Style::DoubleQuoted => self.double_quoted(text, indent_within, place != Place::Key),
            Style::Literal => self.literal(text, indent_within),
        }
    }

    fn binary(&mut self, bytes: &[u8], indent: Option<usize>, place: Place) {
        self.indicator("!!binary", Spacing::Separate);
        let text = base64::encode(bytes);
        if text.len() < BINARY_WIDTH {
            self.plain(&text, indent, place);
        } else {
            let lines: Vec<&str> =
                text.as_bytes().chunks(BINARY_WIDTH).filter_map(|line| str::from_utf8(line).ok()).collect();
            self.literal(&format!("{}\n", lines.join("\n")), indent.map_or(INDENT, |indent| indent + INDENT));
        }
    }

    fn plain(&mut self, text: &str, indent: Option<usize>, place: Place) {
        if !self.whitespace {
            self.put(' ');
        }
        let indent = indent.map_or(INDENT, |indent| indent + INDENT);
        self.folded(text, indent, place != Place::Key, Self::put);
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, indent: usize, may_fold: bool) {
        self.indicator("'", Spacing::Separate);
        self.folded(text, indent, may_fold, |emitter, c| {
            if c == '\'' {
                emitter.put('\'');
            }
            emitter.put(c);
        });
        self.indicator("'", Spacing::Attached);
    }

    /// Write one line of text, folding it at a single space once it is too long.
    fn folded(&mut self, text: &str, indent: usize, may_fold: bool, write: impl Fn(&mut Self, char)) {
        let mut chars = text.chars().peekable();
        let mut spaces = false;
        let mut first = true;
        while let Some(c) = chars.next() {
            if c == ' ' {
                let inside = !first && chars.peek().is_some_and(|next| *next != ' ');
                if may_fold && !spaces && self.column > WIDTH && inside {
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

    fn double_quoted(&mut self, text: &str, indent: usize, may_fold: bool) {
        self.indicator("\"", Spacing::Separate);
        let mut chars = text.chars().peekable();
        let mut spaces = false;
        let mut first = true;
        while let Some(c) = chars.next() {
            match c {
                ' ' => {
                    if may_fold && !spaces && self.column > WIDTH && !first && chars.peek().is_some() {
                        self.write_indent(indent);
                        if chars.peek() == Some(&' ') {
                            self.put('\\');
                        }
                    } else {
                        self.put(' ');
                    }
                    spaces = true;
                }
                c if is_printable(c) && !matches!(c, '"' | '\\' | '\n' | '\u{2028}' | '\u{2029}') => {
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
