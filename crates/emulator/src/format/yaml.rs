//! YAML as Juju prints it: keys in natural order, written by [`ops_metadata::yaml_writer`].

use std::cmp::Ordering;

use ops_metadata::yaml_writer::{Dialect, Node, write};

use super::{Unprintable, Value, base64, float, to_value};

/// `value` as YAML with a trailing line break; an empty string for null.
///
/// Fields of a structure keep their order. Keys of a map are sorted: letters first, numbers by value, so `app/9` comes
/// before `app/10`.
///
/// # Errors
/// `value` has a shape that Juju's formats cannot print, such as a map with keys that are not strings.
pub fn to_string<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, Unprintable> {
    to_value(value).map(|value| print(&value))
}

/// `value` as YAML with a trailing line break; an empty string for [`Value::Null`].
#[must_use]
pub fn print(value: &Value) -> String {
    if *value == Value::Null {
        return String::new();
    }
    let mut text = write(&node(value), Dialect::Juju);
    text.truncate(text.trim_end_matches('\n').len());
    text.push('\n');
    text
}

fn node(value: &Value) -> Node<'_> {
    match value {
        Value::Null => Node::Bare("null".into()),
        Value::Bool(value) => Node::Bare(value.to_string().into()),
        Value::Int(value) => Node::Bare(value.to_string().into()),
        Value::Unsigned(value) => Node::Bare(value.to_string().into()),
        Value::Float(value) => Node::Bare(float::yaml(*value).into()),
        Value::Time(time) => Node::Bare(time.to_string().into()),
        Value::Text(text) => Node::Text(text),
        Value::Binary(bytes) => Node::Binary(base64::encode(bytes)),
        Value::NilLines => Node::List(Vec::new()),
        Value::Lines(lines) => Node::List(lines.iter().map(|line| Node::Text(line)).collect()),
        Value::List(items) => Node::List(items.iter().map(node).collect()),
        Value::Fields(entries) => Node::Map(entries.iter().map(entry).collect()),
        Value::Map(entries) => {
            let mut entries: Vec<(&str, Node<'_>)> = entries.iter().map(entry).collect();
            entries.sort_by(|a, b| key_order(a.0, b.0));
            Node::Map(entries)
        }
    }
}

fn entry((key, value): &(String, Value)) -> (&str, Node<'_>) {
    (key, node(value))
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
        // A zero inside a number is one of its digits, not the start of a number.
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

#[cfg(test)]
mod tests;
