//! Chooses the style of a YAML scalar: plain, quoted, or a literal block.

use serde_json::Value;

use super::{Dialect, Place};
use crate::yaml_scalar::YamlReader;

/// The four ways to write text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// The style for `text` in its place.
pub(super) fn style_of(text: &str, place: Place, dialect: Dialect) -> Style {
    match dialect {
        Dialect::Juju => juju_style(text, place),
        Dialect::Portable if is_word(text) => Style::Plain,
        Dialect::Portable if place != Place::Key && is_block(text) => Style::Literal,
        Dialect::Portable => Style::DoubleQuoted,
    }
}

/// Whether every YAML reader reads this as a string without quotes. Juju and Charmcraft read YAML 1.1, where `yes`,
/// `0o17` and `1_000` are not strings.
fn is_word(text: &str) -> bool {
    const NOT_STRINGS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || " _-./()'".contains(c))
        && !text.ends_with(' ')
        && !NOT_STRINGS.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether a text can be a literal block.
fn is_block(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
        && !text.starts_with([' ', '\n'])
        && text.chars().all(|c| is_printable(c, Dialect::Portable) && !is_separator(c))
}

/// The style that Juju's library, yaml.v2, chooses.
fn juju_style(text: &str, place: Place) -> Style {
    let analysis = Analysis::new(text);
    let preferred = if text.contains('\n') {
        Style::Literal
    } else if reads_as_text(text) {
        Style::Plain
    } else {
        Style::DoubleQuoted
    };
    match preferred {
        Style::Literal if place == Place::Key || !analysis.block => Style::DoubleQuoted,
        Style::Plain if !analysis.plain && analysis.single_quoted => Style::SingleQuoted,
        Style::Plain if !analysis.plain => Style::DoubleQuoted,
        style => style,
    }
}

/// Whether `text` can be a key on the same line as its value.
pub(super) fn fits_simple_key(text: &str) -> bool {
    text.len() <= 128 && !text.contains('\n')
}

/// Whether `c` is written unescaped. Tabs are escaped, and Juju also escapes characters outside the basic plane.
pub(super) fn is_printable(c: char, dialect: Dialect) -> bool {
    match c {
        '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' => c != '\u{feff}',
        '\u{10000}'.. => dialect == Dialect::Portable,
        _ => false,
    }
}

/// A line break in Unicode.
fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// The styles that can represent a text.
struct Analysis {
    plain: bool,
    single_quoted: bool,
    block: bool,
}

impl Analysis {
    fn new(text: &str) -> Self {
        let mut plain = !(text.starts_with("---") || text.starts_with("..."));
        let (mut special, mut space_break, mut break_space) = (false, false, false);
        let mut previous = None;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let before_blank = chars.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
            plain &= match (previous, c) {
                (None, '?' | '-') | (_, ':') => !before_blank,
                (Some(' ' | '\t' | '\n'), '#')
                | (
                    None,
                    '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`',
                ) => false,
                _ => true,
            };
            // Line separators other than the line feed always need quotes.
            special |= !is_printable(c, Dialect::Juju) || is_separator(c);
            space_break |= previous == Some(' ') && c == '\n';
            break_space |= previous == Some('\n') && c == ' ';
            previous = Some(c);
        }
        let edge = |c: Option<char>| matches!(c, Some(' ' | '\n'));
        plain &= !edge(text.chars().next()) && !edge(previous) && !text.contains('\n');
        Self {
            plain: plain && !special && !space_break && !break_space,
            single_quoted: !special && !space_break && !break_space,
            block: !text.is_empty() && !special && !space_break && previous != Some(' '),
        }
    }
}

/// Whether Juju reads the plain scalar `text` as text, not as a number, boolean, null, date or merge key.
fn reads_as_text(text: &str) -> bool {
    matches!(YamlReader::Juju.resolve(text), Ok(Value::String(_)))
        && text != "<<"
        && !is_date(text)
        && !is_base_60(text)
}

/// What yaml.v2 reads as a date (`resolve.go`, `parseTimestamp`): RFC 3339 with short fields or a space instead of the
/// `T`, or only a date.
fn is_date(text: &str) -> bool {
    let (date, clock) = match text.split_once(['T', 't']) {
        Some((date, time)) => match time.find(['Z', 'z', '+', '-']) {
            Some(at) if is_zone(&time[at..]) => (date, &time[..at]),
            _ => return false,
        },
        None => text.split_once(' ').unwrap_or((text, "0:0:0")),
    };
    is_day(date) && is_clock(clock)
}

/// A number of one or two digits.
fn one_or_two_digits(text: &str) -> Option<u32> {
    let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|c| c.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn is_zone(zone: &str) -> bool {
    let offset = || {
        zone[1..].split_once(':').is_some_and(|(h, m)| one_or_two_digits(h).is_some() && one_or_two_digits(m).is_some())
    };
    matches!(zone, "Z" | "z") || offset()
}

fn is_day(date: &str) -> bool {
    let mut parts = date.splitn(3, '-');
    let year = parts.next().filter(|year| year.len() == 4 && year.bytes().all(|c| c.is_ascii_digit()));
    let year: Option<u32> = year.and_then(|year| year.parse().ok());
    let (month, day) = (parts.next().and_then(one_or_two_digits), parts.next().and_then(one_or_two_digits));
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return false };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(is_leap),
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_clock(clock: &str) -> bool {
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.splitn(3, ':').map(one_or_two_digits);
    let mut next_is_below = |limit| parts.next().flatten().is_some_and(|number| number < limit);
    next_is_below(24)
        && next_is_below(60)
        && next_is_below(60)
        && (1..=18).contains(&fraction.len())
        && fraction.bytes().all(|c| c.is_ascii_digit())
}

/// A base 60 number, which YAML 1.1 uses for times of day: `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let text = match text.split_once('.') {
        Some((text, fraction)) if fraction.bytes().all(|c| c.is_ascii_digit() || c == b'_') => text,
        Some(_) => return false,
        None => text,
    };
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let mut count = 0;
    first.starts_with(|c: char| c.is_ascii_digit())
        && first.bytes().all(|c| c.is_ascii_digit() || c == b'_')
        && parts.all(|part| {
            count += 1;
            matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
        })
        && count > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_would_not_be_read_as_text_is_quoted() {
        for text in [
            "",
            "yes",
            "No",
            "on",
            "true",
            "FALSE",
            "null",
            "~",
            "1",
            "-1",
            "+1",
            "1.5",
            ".5",
            "0x1f",
            "017",
            "1_000",
            "1e+3",
            "2024-01-02",
            "2024-1-2",
            "2024-01-02T03:04:05Z",
            "2024-01-02 03:04:05",
            "2024-02-29",
            "2024-1-2t3:4:5.25+1:30",
            "12:30",
            "12:30:45",
            ".inf",
            "18446744073709551615",
        ] {
            assert_eq!(juju_style(text, Place::Value), Style::DoubleQuoted, "{text:?}");
        }
    }

    #[test]
    fn other_text_is_plain() {
        for text in [
            "foo",
            "foo bar",
            "1e3",
            "1.",
            "08",
            "1.2.3",
            "v1",
            "yesterday",
            "10.1.2.3",
            "10.0.0.0/24",
            "a:b",
            "a#b",
            "-foo",
            "2024-13-02",
            "2024-02-30",
            "2023-02-29",
            "2024-01-02T03:04:05",
            "2024-01-02 24:00:00",
            "12:60",
            "12:345",
            "secret:9m4e2mr0ui3e8a215n4g",
            "é",
            "18446744073709551616a",
        ] {
            assert_eq!(juju_style(text, Place::Value), Style::Plain, "{text:?}");
        }
    }

    #[test]
    fn text_with_a_meaning_in_yaml_is_quoted() {
        for text in [
            "#a", "a #b", "a: b", "a:", "- a", "*a", "&a", "!a", "%a", "@a", "`a", "{a", "[a", "'a'", "\"a\"", " a",
            "a ", "---", "<<",
        ] {
            let style = if text == "<<" { Style::DoubleQuoted } else { Style::SingleQuoted };
            assert_eq!(juju_style(text, Place::Value), style, "{text:?}");
        }
    }

    #[test]
    fn lines_are_a_block_where_a_block_can_represent_them() {
        assert_eq!(juju_style("a\nb\n", Place::Value), Style::Literal);
        assert_eq!(juju_style("a\nb\n", Place::Key), Style::DoubleQuoted);
        assert_eq!(juju_style("a \nb", Place::Value), Style::DoubleQuoted);
        assert_eq!(juju_style("a\nb ", Place::Value), Style::DoubleQuoted);
        assert_eq!(juju_style("a\tb", Place::Value), Style::DoubleQuoted);
        assert_eq!(juju_style("\u{1f600}", Place::Value), Style::DoubleQuoted);
    }
}
