//! How a YAML scalar is written: plain, quoted, or as a block of lines.

use crate::state::Timestamp;

/// The four ways that Juju's YAML library writes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// The style for `text`; `key` where it must stand on the line of its key.
pub(super) fn style_of(text: &str, key: bool) -> Style {
    let facts = Facts::of(text);
    let wanted = if text.contains('\n') {
        Style::Literal
    } else if reads_as_text(text) {
        Style::Plain
    } else {
        Style::DoubleQuoted
    };
    match wanted {
        Style::Literal if key || !facts.block => Style::DoubleQuoted,
        Style::Plain if !facts.plain && facts.single_quoted => Style::SingleQuoted,
        Style::Plain if !facts.plain => Style::DoubleQuoted,
        style => style,
    }
}

/// Whether `text` may be a key on the same line as its value.
pub(super) fn fits_simple_key(text: &str) -> bool {
    text.len() <= 128 && !text.contains('\n')
}

/// Whether `c` is written as it is. Tabs and characters beyond the basic plane are not.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

/// In which styles a text keeps its meaning.
struct Facts {
    plain: bool,
    single_quoted: bool,
    block: bool,
}

impl Facts {
    fn of(text: &str) -> Self {
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
            // A line separator that is not a line feed is rare enough to be quoted always.
            special |= !is_printable(c) || matches!(c, '\u{2028}' | '\u{2029}');
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

/// Whether a YAML reader takes `text`, written plain, for text, and not for a number, a boolean, nothing or a date.
fn reads_as_text(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return false };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => !is_word(text),
        b'.' => !is_word(text) && !is_float(text),
        b'0'..=b'9' | b'+' | b'-' => !(is_word(text) || is_number(text) || is_date(text) || is_base_60(text)),
        b'<' => text != "<<",
        _ => true,
    }
}

fn is_word(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "true"
            | "True"
            | "TRUE"
            | "on"
            | "On"
            | "ON"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "false"
            | "False"
            | "FALSE"
            | "off"
            | "Off"
            | "OFF"
            | "~"
            | "null"
            | "Null"
            | "NULL"
            | ".nan"
            | ".NaN"
            | ".NAN"
            | ".inf"
            | ".Inf"
            | ".INF"
            | "+.inf"
            | "+.Inf"
            | "+.INF"
            | "-.inf"
            | "-.Inf"
            | "-.INF"
    )
}

/// An integer as Go reads it in any base, or a float in YAML's notation.
fn is_number(text: &str) -> bool {
    let text = text.replace('_', "");
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let integer = !digits.starts_with(['+', '-']) && u64::from_str_radix(digits, base).is_ok();
    integer || is_yaml_float(&text)
}

/// `[-+]?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][-+][0-9]+)?`, and neither empty nor beyond what fits.
fn is_yaml_float(text: &str) -> bool {
    let digits_in = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits_in(rest);
    if whole > 1 && rest.starts_with('0') {
        return false;
    }
    rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        match digits_in(fraction) {
            0 => return false,
            count => rest = &fraction[count..],
        }
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let Some(exponent) = exponent.strip_prefix(['+', '-']) else { return false };
        match digits_in(exponent) {
            0 => return false,
            count => rest = &exponent[count..],
        }
    }
    rest.is_empty() && is_float(text)
}

fn is_float(text: &str) -> bool {
    // Unlike Go's, Rust's parser takes "." followed by letters for nothing but words checked before.
    text.bytes().any(|c| c.is_ascii_digit()) && text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_date(text: &str) -> bool {
    text.len() > 4 && text.as_bytes()[4] == b'-' && Timestamp::parse_loose(text).is_some()
}

/// Base 60, as YAML 1.1 writes times of day: `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let text = match text.split_once('.') {
        Some((text, fraction)) if fraction.bytes().all(|c| c.is_ascii_digit() || c == b'_') => text,
        Some(_) => return false,
        None => text,
    };
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let mut sixties = 0;
    first.starts_with(|c: char| c.is_ascii_digit())
        && first.bytes().all(|c| c.is_ascii_digit() || c == b'_')
        && parts.all(|part| {
            sixties += 1;
            matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
        })
        && sixties > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_would_read_as_something_else() {
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
            "12:30",
            "12:30:45",
            ".inf",
            "18446744073709551615",
        ] {
            assert_eq!(style_of(text, false), Style::DoubleQuoted, "{text:?}");
        }
    }

    #[test]
    fn leaves_text_plain() {
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
            "12:60",
            "12:345",
            "secret:9m4e2mr0ui3e8a215n4g",
            "é",
            "18446744073709551616a",
        ] {
            assert_eq!(style_of(text, false), Style::Plain, "{text:?}");
        }
    }

    #[test]
    fn quotes_once_what_means_something_to_yaml() {
        for text in [
            "#a", "a #b", "a: b", "a:", "- a", "*a", "&a", "!a", "%a", "@a", "`a", "{a", "[a", "'a'", "\"a\"", " a",
            "a ", "---", "<<",
        ] {
            let style = if text == "<<" { Style::DoubleQuoted } else { Style::SingleQuoted };
            assert_eq!(style_of(text, false), style, "{text:?}");
        }
    }

    #[test]
    fn writes_lines_as_a_block_where_that_keeps_them() {
        assert_eq!(style_of("a\nb\n", false), Style::Literal);
        assert_eq!(style_of("a\nb\n", true), Style::DoubleQuoted);
        assert_eq!(style_of("a \nb", false), Style::DoubleQuoted);
        assert_eq!(style_of("a\nb ", false), Style::DoubleQuoted);
        assert_eq!(style_of("a\tb", false), Style::DoubleQuoted);
        assert_eq!(style_of("\u{1f600}", false), Style::DoubleQuoted);
    }
}
