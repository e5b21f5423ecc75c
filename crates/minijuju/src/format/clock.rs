//! Times as Juju prints them.

use emulator::JujuVersion;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The time zone of a command's output: the user's, or UTC with `--utc`.
#[derive(Debug, Clone)]
pub struct Clock {
    utc: bool,
    zone: TimeZone,
    /// Whether a task's times have fractions of a second: on Juju 4 they do, on 3.6 they do not.
    fractions: bool,
}

impl Clock {
    /// The user's zone.
    #[must_use]
    pub fn local() -> Clock {
        Clock { utc: false, zone: TimeZone::system(), fractions: false }
    }

    /// UTC, for a command with `--utc`.
    #[must_use]
    pub fn utc() -> Clock {
        Clock { utc: true, zone: TimeZone::UTC, fractions: false }
    }

    /// The same, for this version of Juju.
    #[must_use]
    pub fn for_version(self, juju: JujuVersion) -> Clock {
        Clock { fractions: juju.is_4(), ..self }
    }

    /// A given zone, formatted like the local one.
    #[cfg(test)]
    #[must_use]
    pub fn in_zone(zone: TimeZone) -> Clock {
        Clock { utc: false, zone, fractions: false }
    }

    /// `22 Nov 2026 08:15:01Z`, `09 Jun 2025 11:04:48+12:00`, or with `--utc` `2026-11-22 08:15:01Z`.
    #[must_use]
    pub fn since(&self, at: Timestamp) -> String {
        let shown = at.to_zoned_datetime(self.zone.clone());
        if self.utc {
            shown.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
        } else {
            format!("{}{}", shown.strftime("%d %b %Y %H:%M:%S"), self.offset(at))
        }
    }

    /// `09:01:38+08:00`, or with `--utc` `01:01:38`: the time of day above `juju status`.
    #[must_use]
    pub fn time_of_day(&self, at: Timestamp) -> String {
        let shown = at.to_zoned_datetime(self.zone.clone()).strftime("%H:%M:%S").to_string();
        if self.utc { shown } else { shown + &self.offset(at) }
    }

    /// `2026-11-22T08:15:01`: an operation's times in a table.
    #[must_use]
    pub fn date_and_time(&self, at: Timestamp) -> String {
        at.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    /// `2026-11-22 08:15:01 +0000 UTC`, or on Juju 4 `2026-11-22 08:15:01.25 +0000 UTC`: a task's times in a document.
    #[must_use]
    pub fn date_time_and_zone(&self, at: Timestamp) -> String {
        let pattern = if self.fractions { "%Y-%m-%d %H:%M:%S%.f %z %Z" } else { "%Y-%m-%d %H:%M:%S %z %Z" };
        at.to_zoned_datetime(self.zone.clone()).strftime(pattern).to_string()
    }

    /// `08:15:01`: the time of a task's message.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> String {
        at.to_zoned_datetime(self.zone.clone()).strftime("%H:%M:%S").to_string()
    }

    /// `Z`, or `+12:00`.
    fn offset(&self, at: Timestamp) -> String {
        let shown = at.to_zoned_datetime(self.zone.clone());
        if shown.offset().is_zero() { "Z".to_owned() } else { shown.strftime("%:z").to_string() }
    }
}

/// A time relative to now: `just now`, `12 seconds ago`, `1 hour ago`, or the date.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    let count = |number: i64, unit: &str| format!("{number} {unit}{} ago", if number == 1 { "" } else { "s" });
    match seconds {
        ..2 => "just now".to_owned(),
        2..60 => count(seconds, "second"),
        60..3600 => count(seconds / 60, "minute"),
        3600..86_400 => count(seconds / 3600, "hour"),
        _ => at.to_zoned_datetime(TimeZone::UTC).strftime("%Y-%m-%d").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn local_times_have_the_zone() {
        let auckland = Clock::in_zone(TimeZone::fixed(jiff::tz::offset(12)));
        assert_eq!(auckland.since(at("2025-06-08T23:04:48Z")), "09 Jun 2025 11:04:48+12:00");
        assert_eq!(auckland.time_of_day(at("2025-06-08T23:04:48Z")), "11:04:48+12:00");
        assert_eq!(Clock::in_zone(TimeZone::UTC).since(at("2026-11-22T08:15:01Z")), "22 Nov 2026 08:15:01Z");
    }

    #[test]
    fn past_times_are_relative_to_now() {
        let now = at("2026-11-22T08:15:01Z");
        for (time, text) in [
            ("2026-11-22T08:15:00Z", "just now"),
            ("2026-11-22T08:14:01Z", "1 minute ago"),
            ("2026-11-22T08:14:31Z", "30 seconds ago"),
            ("2026-11-22T05:10:00Z", "3 hours ago"),
            ("2026-11-20T08:15:01Z", "2026-11-20"),
        ] {
            assert_eq!(ago(at(time), now), text);
        }
    }

    #[test]
    fn the_times_of_tasks_have_other_forms() {
        let clock = Clock::utc();
        assert_eq!(clock.date_and_time(at("2026-11-22T08:15:01Z")), "2026-11-22T08:15:01");
        assert_eq!(clock.date_time_and_zone(at("2026-11-22T08:15:01Z")), "2026-11-22 08:15:01 +0000 UTC");
        assert_eq!(clock.time(at("2026-11-22T08:15:01Z")), "08:15:01");
    }

    #[test]
    fn utc_times_are_in_iso_8601() {
        assert_eq!(Clock::utc().since(at("2026-11-22T08:15:01.5Z")), "2026-11-22 08:15:01Z");
        assert_eq!(Clock::utc().time_of_day(at("2026-11-22T08:15:01Z")), "08:15:01");
    }
}
