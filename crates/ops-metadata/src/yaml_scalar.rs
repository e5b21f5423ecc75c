//! Types of plain scalars, which depend on the program that reads the file.

use serde_json::{Number, Value};

use crate::yaml_error::YamlErrorKind;

/// The program that reads a YAML file. Both read YAML 1.1, but differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YamlReader {
    /// Charmcraft, which reads `charmcraft.yaml` with `PyYAML`.
    Charmcraft,
    /// Juju, which reads all other files with Go's yaml.v2.
    Juju,
}

impl YamlReader {
    /// The value of a plain scalar. Dates are text, as Juju finally treats them.
    ///
    /// # Errors
    /// It is infinite or not a number, which JSON cannot represent.
    pub(crate) fn resolve(self, text: &str) -> Result<Value, YamlErrorKind> {
        if is_null(text) {
            return Ok(Value::Null);
        }
        if let Some(value) = self.boolean(text) {
            return Ok(value.into());
        }
        if is_not_finite(text) {
            return Err(YamlErrorKind::NotFinite(text.to_owned()));
        }
        let number = match self {
            Self::Charmcraft => python_number(text),
            Self::Juju => go_number(text),
        };
        Ok(number.map_or_else(|| text.into(), Value::Number))
    }

    fn boolean(self, text: &str) -> Option<bool> {
        match text {
            "y" | "Y" if self == Self::Juju => Some(true),
            "n" | "N" if self == Self::Juju => Some(false),
            "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
            "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
            _ => None,
        }
    }
}

/// Whether a plain scalar is null.
pub(crate) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Infinity, or not a number.
fn is_not_finite(text: &str) -> bool {
    matches!(text.strip_prefix(['+', '-']).unwrap_or(text), ".inf" | ".Inf" | ".INF")
        || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// An integer, or the nearest float if it does not fit: Python's integers are unlimited.
fn integer(negative: bool, digits: &str, radix: u32) -> Option<Number> {
    if digits.is_empty() {
        return None;
    }
    let signed = if negative { format!("-{digits}") } else { digits.to_owned() };
    i64::from_str_radix(&signed, radix)
        .map(Number::from)
        .or_else(|_| u64::from_str_radix(&signed, radix).map(Number::from))
        .ok()
}

/// `text` without its sign, and whether that is a minus.
fn unsigned(text: &str) -> (bool, &str) {
    (text.starts_with('-'), text.strip_prefix(['+', '-']).unwrap_or(text))
}

fn float(text: &str) -> Option<Number> {
    Number::from_f64(text.parse().ok()?)
}

/// `PyYAML`'s `int` and `float`: `0b1`, `017`, `0x1f`, `1_000`, `1:30` (90), `1.5`, `1.5e+3`.
fn python_number(text: &str) -> Option<Number> {
    let (negative, rest) = unsigned(text);
    if !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let digits = rest.replace('_', "");
    let all = |text: &str, allowed: &dyn Fn(char) -> bool| !text.is_empty() && text.chars().all(allowed);
    let decimal = |c: char| c.is_ascii_digit() || c == '_';
    if let Some(binary) = rest.strip_prefix("0b").filter(|rest| all(rest, &|c| matches!(c, '0' | '1' | '_'))) {
        return integer(negative, &binary.replace('_', ""), 2);
    }
    if let Some(hexadecimal) = rest.strip_prefix("0x").filter(|rest| all(rest, &|c| c.is_ascii_hexdigit() || c == '_'))
    {
        return integer(negative, &hexadecimal.replace('_', ""), 16);
    }
    if let Some(octal) = rest.strip_prefix('0').filter(|rest| all(rest, &|c| matches!(c, '0'..='7' | '_'))) {
        let octal = octal.replace('_', "");
        return integer(negative, if octal.is_empty() { "0" } else { &octal }, 8);
    }
    if rest == "0" || !rest.starts_with(['0', '.']) && all(rest, &decimal) {
        return integer(negative, &digits, 10)
            .or_else(|| float(&format!("{}{digits}", if negative { "-" } else { "" })));
    }
    if rest.contains(':') {
        return sexagesimal(negative, rest);
    }
    // In a float, a point is required, and an exponent needs a sign.
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits.as_str(), None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let numeric = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let signed = exponent.is_none_or(|e| e.strip_prefix(['+', '-']).is_some_and(|e| !e.is_empty() && numeric(e)));
    // `.5` accepts no sign before it.
    let starts_right = if whole.is_empty() {
        text.starts_with('.') && text[1..].starts_with(|c: char| c.is_ascii_digit())
    } else {
        numeric(whole)
    };
    let is_float = starts_right && signed && numeric(fraction) && !exponent.is_some_and(|_| rest.ends_with('_'));
    is_float.then(|| float(&format!("{}{digits}", if negative { "-" } else { "" }))).flatten()
}

/// `1:30` is 90, and `1:30.5` is 90.5.
fn sexagesimal(negative: bool, text: &str) -> Option<Number> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction.replace('_', ""))),
        None => (text, None),
    };
    let mut parts = whole.split(':');
    let first = parts.next()?;
    let is_number = first.starts_with(|c: char| c.is_ascii_digit())
        && first.chars().all(|c| c.is_ascii_digit() || c == '_')
        && (fraction.is_some() || !first.starts_with('0'));
    let mut number: i64 = first.replace('_', "").parse().ok().filter(|_| is_number)?;
    for part in parts {
        let numeric = part.len() <= 2 && part.chars().all(|c| c.is_ascii_digit());
        let sixtieth: i64 = part.parse().ok().filter(|_| numeric)?;
        if sixtieth > 59 {
            return None;
        }
        number = number.checked_mul(60)?.checked_add(sixtieth)?;
    }
    let sign = if negative { "-" } else { "" };
    match fraction {
        Some(digits) if digits.chars().all(|c| c.is_ascii_digit()) => float(&format!("{sign}{number}.{digits}")),
        Some(_) => None,
        None => Some(Number::from(if negative { -number } else { number })),
    }
}

/// yaml.v2's numbers (`resolve.go` of Juju's fork, `juju/yaml`): what Go's `ParseInt` accepts with base 0, then what
/// looks like a float, both without underscores.
fn go_number(text: &str) -> Option<Number> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    if text.starts_with('.') {
        // Go's ParseFloat accepts `_` between digits.
        let bytes = text.as_bytes();
        let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let fits = |at: usize| bytes[at] != b'_' || is_digit(at - 1) && is_digit(at + 1);
        return (1..bytes.len()).all(fits).then(|| float(&text.replace('_', ""))).flatten();
    }
    let plain = text.replace('_', "");
    let (negative, rest) = unsigned(&plain);
    let (radix, digits) = match rest.get(..2) {
        Some("0x" | "0X") => (16, &rest[2..]),
        Some("0o" | "0O") => (8, &rest[2..]),
        Some("0b" | "0B") => (2, &rest[2..]),
        _ if rest.len() > 1 && rest.starts_with('0') => (8, &rest[1..]),
        _ => (10, rest),
    };
    let digits_only = digits.chars().all(|c| c.is_digit(radix));
    // Numbers above the largest signed integer accept no sign, not even a plus.
    let whole = if digits_only { integer(negative, digits, radix) } else { None };
    let whole = whole.filter(|number| number.is_i64() || !plain.starts_with('+'));
    whole.or_else(|| float(&plain).filter(|_| looks_like_go_float(&plain)))
}

/// `[-+]?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][-+][0-9]+)?`: no leading zero, no trailing point, and a sign in the
/// exponent.
fn looks_like_go_float(text: &str) -> bool {
    let (_, rest) = unsigned(text);
    let numeric = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let whole_fits = whole.is_empty() || numeric(whole) && (whole == "0" || !whole.starts_with('0'));
    let exponent_fits = exponent.is_none_or(|e| e.strip_prefix(['+', '-']).is_some_and(numeric));
    whole_fits && fraction.is_none_or(numeric) && exponent_fits
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The values for Charmcraft and for Juju.
    #[test]
    fn plain_scalars_have_the_types_of_their_reader() {
        for (text, charmcraft, juju) in [
            ("yes", json!(true), json!(true)),
            ("Off", json!(false), json!(false)),
            ("y", json!("y"), json!(true)),
            ("N", json!("N"), json!(false)),
            ("yEs", json!("yEs"), json!("yEs")),
            ("~", json!(null), json!(null)),
            ("Null", json!(null), json!(null)),
            ("nUll", json!("nUll"), json!("nUll")),
            ("0", json!(0), json!(0)),
            ("-0", json!(0), json!(0)),
            ("+12", json!(12), json!(12)),
            ("07", json!(7), json!(7)),
            ("0123", json!(83), json!(83)),
            ("08", json!("08"), json!("08")),
            ("0.5", json!(0.5), json!(0.5)),
            ("00.5", json!(0.5), json!("00.5")),
            ("0o17", json!("0o17"), json!(15)),
            ("0x1F", json!(31), json!(31)),
            ("0X1F", json!("0X1F"), json!(31)),
            ("0b101", json!(5), json!(5)),
            ("1_000", json!(1000), json!(1000)),
            ("12:30:45", json!(45045), json!("12:30:45")),
            ("1:60", json!("1:60"), json!("1:60")),
            ("1:30.5", json!(90.5), json!("1:30.5")),
            ("1.5", json!(1.5), json!(1.5)),
            ("1.", json!(1.0), json!("1.")),
            ("1_0.5", json!(10.5), json!(10.5)),
            (".5", json!(0.5), json!(0.5)),
            ("-.5", json!("-.5"), json!(-0.5)),
            ("1e3", json!("1e3"), json!("1e3")),
            ("1e+3", json!("1e+3"), json!(1000.0)),
            (".5e3", json!(".5e3"), json!(500.0)),
            ("1e+999", json!("1e+999"), json!("1e+999")),
            ("1.5e3", json!("1.5e3"), json!("1.5e3")),
            ("1.5e+3", json!(1500.0), json!(1500.0)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64), json!(18_446_744_073_709_551_615_u64)),
            ("22.04", json!(22.04), json!(22.04)),
            ("1.2.3", json!("1.2.3"), json!("1.2.3")),
            ("10.0.0.1/8", json!("10.0.0.1/8"), json!("10.0.0.1/8")),
            ("2022-01-01", json!("2022-01-01"), json!("2022-01-01")),
            ("._5", json!("._5"), json!("._5")),
            (".50_5", json!(0.505), json!(0.505)),
            (".5_", json!(0.5), json!(".5_")),
            ("+18446744073709551615", json!(18_446_744_073_709_551_615_u64), json!(18_446_744_073_709_551_615_f64)),
            ("1:-5", json!("1:-5"), json!("1:-5")),
            ("-", json!("-"), json!("-")),
            (".", json!("."), json!(".")),
            ("+", json!("+"), json!("+")),
            ("infinity", json!("infinity"), json!("infinity")),
            ("-inf", json!("-inf"), json!("-inf")),
            ("1e", json!("1e"), json!("1e")),
            ("0x", json!("0x"), json!("0x")),
        ] {
            assert_eq!(YamlReader::Charmcraft.resolve(text), Ok(charmcraft), "Charmcraft: {text}");
            assert_eq!(YamlReader::Juju.resolve(text), Ok(juju), "Juju: {text}");
        }
        for not_finite in [".inf", "-.Inf", ".NAN"] {
            assert_eq!(YamlReader::Juju.resolve(not_finite), Err(YamlErrorKind::NotFinite(not_finite.to_owned())));
        }
    }
}
