//! Points in time, as Juju writes them.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A point in time in UTC, to the nanosecond. It is written as RFC 3339: `2026-01-31T12:00:00Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Timestamp {
    seconds: i64,
    nanoseconds: u32,
}

/// A text that is no point in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time such as 2026-01-31T12:00:00Z")]
pub struct InvalidTimestamp(String);

impl Timestamp {
    /// Now, by the computer's clock.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// That many seconds after 1970 began.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self { seconds, nanoseconds: 0 }
    }

    /// Whole seconds since 1970 began.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.seconds
    }

    /// That much later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let nanoseconds = self.nanoseconds + duration.subsec_nanos();
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Self {
            seconds: self.seconds.saturating_add(seconds).saturating_add(i64::from(nanoseconds / 1_000_000_000)),
            nanoseconds: nanoseconds % 1_000_000_000,
        }
    }

    /// That many months later, on the same day of the month; in a month that is too short, as many days after its end.
    pub(crate) fn after_months(self, months: i64) -> Self {
        let [year, month, day, hour, minute, second] = self.parts();
        let month = month - 1 + months;
        let first = [year + month.div_euclid(12), month.rem_euclid(12) + 1, 1, hour, minute, second];
        // The first of a month always exists.
        let first = Self::from_parts(first).unwrap_or(self);
        Self { seconds: first.seconds + (day - 1) * 86_400, nanoseconds: self.nanoseconds }
    }

    /// As `juju status` and `goal-state` write it: `2026-01-31 12:00:00Z`.
    #[must_use]
    pub fn spaced(self) -> String {
        let [year, month, day, hour, minute, second] = self.parts();
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
    }

    /// Year, month, day, hour, minute, second.
    fn parts(self) -> [i64; 6] {
        let (days, second) = (self.seconds.div_euclid(86_400), self.seconds.rem_euclid(86_400));
        // Days since 0000-03-01, so that a leap day ends its year.
        let days = days + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        [year, month, day, second / 3_600, second % 3_600 / 60, second % 60]
    }

    fn from_parts([year, month, day, hour, minute, second]: [i64; 6]) -> Option<Self> {
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let days_in_month = match month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if !(1..=days_in_month).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let year = year - i64::from(month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let march_month = if month > 2 { month - 3 } else { month + 9 };
        let day_of_era =
            year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * march_month + 2) / 5 + day - 1;
        let days = era * 146_097 + day_of_era - 719_468;
        Some(Self::from_unix(days * 86_400 + hour * 3_600 + minute * 60 + second))
    }

    /// Read RFC 3339, or the same without a zone, which then means UTC.
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

    /// Read what a YAML reader takes for a date: RFC 3339 with short fields, a space instead of the `T`, or a date alone.
    pub(crate) fn parse_loose(text: &str) -> Option<Self> {
        if let Some((date, time)) = text.split_once(['T', 't']) {
            let (clock, zone) = split_zone(time);
            return Self::from_date_and_clock(date, clock, Some(zone?));
        }
        match text.split_once(' ') {
            Some((date, clock)) => Self::from_date_and_clock(date, clock, None),
            None => Self::from_date_and_clock(text, "0:0:0", None),
        }
    }

    fn from_date_and_clock(date: &str, clock: &str, zone: Option<&str>) -> Option<Self> {
        let number = |text: &str, longest: usize| {
            let digits = !text.is_empty() && text.len() <= longest && text.bytes().all(|c| c.is_ascii_digit());
            if digits { text.parse::<i64>().ok() } else { None }
        };
        let mut date = date.splitn(3, '-');
        let year = date.next().filter(|year| year.len() == 4)?;
        let (year, month, day) = (number(year, 4)?, number(date.next()?, 2)?, number(date.next()?, 2)?);
        let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(clock, rest)| (clock, Some(rest)));
        let mut clock = clock.splitn(3, ':');
        let (hour, minute, second) = (number(clock.next()?, 2)?, number(clock.next()?, 2)?, number(clock.next()?, 2)?);
        let mut time = Self::from_parts([year, month, day, hour, minute, second])?;
        if let Some(fraction) = fraction {
            number(fraction, 18)?;
            time.nanoseconds = format!("{fraction:0<9}")[..9].parse().ok()?;
        }
        match zone {
            None | Some("Z" | "z") => {}
            Some(zone) => {
                let (hours, minutes) = zone[1..].split_once(':')?;
                let offset = number(hours, 2)? * 3_600 + number(minutes, 2)? * 60;
                time.seconds -= if zone.starts_with('-') { -offset } else { offset };
            }
        }
        Some(time)
    }
}

/// The time of day, and the zone behind it.
fn split_zone(time: &str) -> (&str, Option<&str>) {
    match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (&time[..at], Some(&time[at..])),
        None => (time, None),
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day, hour, minute, second] = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.nanoseconds > 0 {
            let fraction = format!("{:09}", self.nanoseconds);
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        f.write_str("Z")
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
        // A clock before 1970 is wrong anyway.
        Self::default().after(time.duration_since(UNIX_EPOCH).unwrap_or_default())
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
    fn counts_months() {
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
    fn refuses_what_is_no_time() {
        for text in ["", "now", "2023-02-29T00:00:00Z", "2024-1-2T00:00:00Z", "2024-01-02", "2024-01-02T24:00:00Z"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
