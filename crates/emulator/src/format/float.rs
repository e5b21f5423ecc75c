//! Floats as Go's `strconv` formats them for Juju's output.

/// The digits and the decimal exponent of the shortest decimal that parses to `value`: `1.5e3` is `("15", 3)`.
fn shortest(value: f64) -> (String, i32) {
    let text = format!("{:e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

/// `1.5e+06`, with at least `exponent_digits` digits in the exponent.
fn scientific(value: f64, exponent_digits: usize) -> String {
    let (digits, exponent) = shortest(value);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}{point}{rest}e{exponent_sign}{:0exponent_digits$}", exponent.abs())
}

/// As `FormatFloat(value, 'g', -1, 64)`, for YAML: scientific from a million on.
pub(crate) fn yaml(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let exponent = shortest(value).1;
    if (-4..6).contains(&exponent) { format!("{value}") } else { scientific(value, 2) }
}

/// As `encoding/json` formats a float64.
pub(super) fn json(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) { scientific(value, 1) } else { format!("{value}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_turns_scientific_from_a_million_on() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (-1.0, "-1"),
            (8080.0, "8080"),
            (999_999.0, "999999"),
            (1_000_000.0, "1e+06"),
            (5_242_880.0, "5.24288e+06"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (1.5, "1.5"),
            (f64::INFINITY, ".inf"),
        ] {
            assert_eq!(yaml(value), text);
        }
    }

    #[test]
    fn json_turns_scientific_from_10_to_the_21_on() {
        for (value, text) in [
            (1_000_000.0, "1000000"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (0.000_001, "0.000001"),
            (0.000_000_1, "1e-7"),
            (-0.5, "-0.5"),
        ] {
            assert_eq!(json(value), text);
        }
    }
}
