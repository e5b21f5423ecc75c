//! Parses booleans and numbers as Go's `strconv` does.

use super::quoted;

/// A text that cannot be parsed, in Go's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("strconv.{function}: parsing {}: invalid syntax", quoted(.text))]
pub struct InvalidSyntax {
    function: &'static str,
    text: String,
}

/// Parse a boolean as `strconv.ParseBool` does.
///
/// # Errors
/// Go does not accept `text` as a boolean.
pub fn parse_bool(text: &str) -> Result<bool, InvalidSyntax> {
    let invalid = || InvalidSyntax { function: "ParseBool", text: text.to_owned() };
    ops_metadata::parse_bool(text).ok_or_else(invalid)
}

/// Parse an integer as `strconv.ParseInt` does with base 0: the prefixes `0x`, `0o` or `0`, and `0b` choose another
/// base than ten.
///
/// # Errors
/// `text` is not a number.
pub fn parse_int(text: &str) -> Result<i64, InvalidSyntax> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let number = if digits.starts_with(['+', '-']) { None } else { i64::from_str_radix(digits, base).ok() };
    let invalid = || InvalidSyntax { function: "ParseInt", text: text.to_owned() };
    number.map(|number| sign * number).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_booleans_as_go_does() {
        assert_eq!(parse_bool("T"), Ok(true));
        assert_eq!(parse_bool("0"), Ok(false));
        let error = parse_bool("yes").unwrap_err();
        assert_eq!(error.to_string(), r#"strconv.ParseBool: parsing "yes": invalid syntax"#);
    }

    #[test]
    fn reads_numbers_in_every_base() {
        for (text, number) in [("12", 12), ("-0x1f", -31), ("0o17", 15), ("017", 15), ("0b11", 3), ("+1", 1), ("0", 0)]
        {
            assert_eq!(parse_int(text), Ok(number), "{text}");
        }
        for text in ["", "x", "--1", "0x-1", "1e3"] {
            assert!(parse_int(text).is_err(), "{text}");
        }
    }
}
