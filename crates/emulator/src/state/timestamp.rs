//! Points in time, as Juju formats them.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};
use serde::{Deserialize, Serialize};

/// A point in time in UTC, with nanoseconds. Formatted as RFC 3339: `2026-01-31T12:00:00Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Timestamp(jiff::Timestamp);

/// A text that is not a point in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time such as 2026-01-31T12:00:00Z")]
pub struct InvalidTimestamp(String);

impl Timestamp {
    /// The current time of the computer's clock.
    #[must_use]
    pub fn now() -> Self {
        Self(jiff::Timestamp::now())
    }

    /// A time in seconds since 1970. Times after the year 9999 become its last second.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self::default().later(SignedDuration::from_secs(seconds))
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0.as_second()
    }

    /// Add a duration.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        self.later(SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX))
    }

    fn later(self, duration: SignedDuration) -> Self {
        let limit = if duration.is_negative() { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        Self(self.0.checked_add(duration).unwrap_or(limit))
    }

    /// Add months, keeping the day of the month. If the month is too short, the excess days are added to its end.
    pub(crate) fn after_months(self, months: i64) -> Self {
        let now = self.civil();
        // The first of a month always exists.
        let first = now.with().day(1).build().and_then(|first| first.checked_add(months.months()));
        let then = first.and_then(|first| first.checked_add((now.day() - 1).days()));
        then.ok().and_then(Self::from_civil).unwrap_or(Self(jiff::Timestamp::MAX))
    }

    /// Formatted as in `juju status` and `goal-state`: `2026-01-31 12:00:00Z`.
    #[must_use]
    pub fn spaced(self) -> String {
        self.0.strftime("%F %TZ").to_string()
    }

    fn civil(self) -> DateTime {
        self.0.to_zoned_datetime(TimeZone::UTC).datetime()
    }

    fn from_civil(time: DateTime) -> Option<Self> {
        Some(Self(TimeZone::UTC.to_timestamp(time).ok()?))
    }

    /// Parse RFC 3339. A missing time zone means UTC.
    pub(crate) fn parse_rfc3339(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T')?;
        let two_digits = |text: &str, separator| text.split(separator).all(|part| part.len() == 2);
        let (clock, zone) = split_zone(time);
        let clock_without_fraction = clock.split('.').next()?;
        if date.len() != 10 || !two_digits(&date[5..], '-') || !two_digits(clock_without_fraction, ':') {
            return None;
        }
        Self::from_date_and_clock(date, clock, zone)
    }

    fn from_date_and_clock(date: &str, clock: &str, zone: Option<&str>) -> Option<Self> {
        let number = |text: &str, longest: usize| {
            let digits = !text.is_empty() && text.len() <= longest && text.bytes().all(|c| c.is_ascii_digit());
            if digits { text.parse::<i8>().ok() } else { None }
        };
        let mut date = date.splitn(3, '-');
        let year = date.next().filter(|year| year.len() == 4 && year.bytes().all(|c| c.is_ascii_digit()))?;
        let (month, day) = (number(date.next()?, 2)?, number(date.next()?, 2)?);
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
        let mut clock = clock.splitn(3, ':');
        let (hour, minute, second) = (number(clock.next()?, 2)?, number(clock.next()?, 2)?, number(clock.next()?, 2)?);
        if fraction.is_empty() || fraction.len() > 18 || !fraction.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        let nanosecond = format!("{fraction:0<9}")[..9].parse().ok()?;
        let time = DateTime::new(year.parse().ok()?, month, day, hour, minute, second, nanosecond).ok()?;
        let time = Self::from_civil(time)?;
        match zone {
            None | Some("Z" | "z") => Some(time),
            Some(zone) => {
                let (hours, minutes) = zone[1..].split_once(':')?;
                let offset = i64::from(number(hours, 2)?) * 3_600 + i64::from(number(minutes, 2)?) * 60;
                let east = if zone.starts_with('-') { -offset } else { offset };
                Some(Self(time.0.checked_sub(SignedDuration::from_secs(east)).ok()?))
            }
        }
    }
}

/// Split the time of day from the zone after it.
fn split_zone(time: &str) -> (&str, Option<&str>) {
    match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (&time[..at], Some(&time[at..])),
        None => (time, None),
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        Self::parse_rfc3339(text).ok_or_else(|| InvalidTimestamp(text.to_owned()))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(text: String) -> Result<Self, InvalidTimestamp> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.to_string()
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        // jiff supports all dates that a working clock can show.
        Self(time.try_into().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_rfc_3339() {
        for text in ["1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "2026-01-31T12:00:00.5Z", "1969-12-31T23:59:59Z"] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!("2024-03-01T00:30:00+01:00".parse::<Timestamp>().unwrap().to_string(), "2024-02-29T23:30:00Z");
        assert_eq!("2025-01-01T06:06:06".parse::<Timestamp>().unwrap().to_string(), "2025-01-01T06:06:06Z");
        assert_eq!(Timestamp::from_unix(1_700_000_000).to_string(), "2023-11-14T22:13:20Z");
        assert_eq!(Timestamp::from_unix(1_700_000_000).spaced(), "2023-11-14 22:13:20Z");
    }

    #[test]
    fn adding_months_keeps_the_day_of_the_month() {
        for (from, months, to) in [
            ("2026-01-15T12:00:00Z", 1, "2026-02-15T12:00:00Z"),
            ("2026-01-31T12:00:00Z", 1, "2026-03-03T12:00:00Z"),
            ("2026-11-30T00:00:00Z", 3, "2027-03-02T00:00:00Z"),
            ("2024-02-29T00:00:00Z", 12, "2025-03-01T00:00:00Z"),
        ] {
            assert_eq!(from.parse::<Timestamp>().unwrap().after_months(months).to_string(), to);
        }
    }

    #[test]
    fn refuses_invalid_times() {
        for text in ["", "now", "2023-02-29T00:00:00Z", "2024-1-2T00:00:00Z", "2024-01-02", "2024-01-02T24:00:00Z"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
