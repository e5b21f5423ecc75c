//! The expiry of secrets.

use std::time::Duration;

use crate::command_line::failure::Failure;
use crate::go::quoted;
use crate::state::Timestamp;

/// Parse a point in time, or a duration from `now`, such as `24h` or `1h30m`.
pub(super) fn parse(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    match parse_duration(text) {
        None => Err(Failure::usage(format!("expire time or duration {} not valid", quoted(text)))),
        Some(duration) if duration <= 0 => {
            Err(Failure::usage(format!("negative expire duration {} not valid", quoted(text))))
        }
        Some(duration) => Ok(now.after(Duration::from_nanos(u64::try_from(duration).unwrap_or(u64::MAX)))),
    }
}

/// A duration in nanoseconds, in the syntax of Go's `time.ParseDuration`.
fn parse_duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value = &rest[..number];
        if !value.contains(|c: char| c.is_ascii_digit()) {
            return None;
        }
        rest = &rest[number..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let unit: i64 = match &rest[..end] {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        rest = &rest[end..];
        let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        total = total.checked_add(whole.checked_mul(unit)?)?;
        let mut place = unit;
        for digit in fraction.chars() {
            place /= 10;
            total = total.checked_add(i64::from(digit.to_digit(10)?) * place)?;
        }
    }
    Some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_and_durations() {
        let now = Timestamp::from_unix(0);
        for (text, time) in [
            ("2025-01-01T06:06:06", "2025-01-01T06:06:06Z"),
            ("2025-01-01T06:06:06+02:00", "2025-01-01T04:06:06Z"),
            ("24h", "1970-01-02T00:00:00Z"),
            ("1h30m", "1970-01-01T01:30:00Z"),
            ("1.5s", "1970-01-01T00:00:01.5Z"),
            (".5h", "1970-01-01T00:30:00Z"),
        ] {
            assert_eq!(parse(text, now).unwrap().to_string(), time);
        }
    }

    #[test]
    fn refuses_invalid_times_and_durations() {
        let now = Timestamp::from_unix(0);
        for text in ["", "tomorrow", "24", "1d", "h", "1h2", ".h"] {
            let message = format!("expire time or duration {text:?} not valid");
            assert_eq!(parse(text, now).unwrap_err(), Failure::usage(message));
        }
        for text in ["-1h", "0", "0s"] {
            let message = format!("negative expire duration {text:?} not valid");
            assert_eq!(parse(text, now).unwrap_err(), Failure::usage(message));
        }
    }
}
