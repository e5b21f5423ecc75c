//! Times as Juju prints them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The zone that a command prints its times in: the user's, or UTC after `--utc`.
#[derive(Debug, Clone)]
pub struct Clock {
    utc: bool,
    zone: TimeZone,
}

impl Clock {
    /// The user's zone, or UTC for a command with `--utc`.
    #[must_use]
    pub fn new(utc: bool) -> Clock {
        Clock { utc, zone: if utc { TimeZone::UTC } else { TimeZone::system() } }
    }

    /// A given zone in Juju's local style.
    #[must_use]
    pub fn local(zone: TimeZone) -> Clock {
        Clock { utc: false, zone }
    }

    /// `22 Nov 2026 08:15:01Z`, `09 Jun 2025 11:04:48+12:00`, or with `--utc` `2026-11-22 08:15:01Z`.
    #[must_use]
    pub fn since(&self, at: Timestamp) -> String {
        let shown = at.to_zoned(self.zone.clone());
        if self.utc {
            shown.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
        } else {
            format!("{}{}", shown.strftime("%d %b %Y %H:%M:%S"), self.offset(at))
        }
    }

    /// `09:01:38+08:00`, or with `--utc` `01:01:38`: the time of day above `juju status`.
    #[must_use]
    pub fn time_of_day(&self, at: Timestamp) -> String {
        let shown = at.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string();
        if self.utc { shown } else { shown + &self.offset(at) }
    }

    /// `2025-06-09 11:04:48`: an operation's times.
    #[must_use]
    pub fn date_and_time(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// `Z`, or `+12:00`.
    fn offset(&self, at: Timestamp) -> String {
        let shown = at.to_zoned(self.zone.clone());
        if shown.offset().is_zero() { "Z".to_owned() } else { shown.strftime("%:z").to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn local_times_carry_the_zone() {
        let auckland = Clock::local(TimeZone::fixed(jiff::tz::offset(12)));
        assert_eq!(auckland.since(at("2025-06-08T23:04:48Z")), "09 Jun 2025 11:04:48+12:00");
        assert_eq!(auckland.time_of_day(at("2025-06-08T23:04:48Z")), "11:04:48+12:00");
        assert_eq!(Clock::local(TimeZone::UTC).since(at("2026-11-22T08:15:01Z")), "22 Nov 2026 08:15:01Z");
    }

    #[test]
    fn utc_times_are_iso() {
        assert_eq!(Clock::new(true).since(at("2026-11-22T08:15:01.5Z")), "2026-11-22 08:15:01Z");
        assert_eq!(Clock::new(true).time_of_day(at("2026-11-22T08:15:01Z")), "08:15:01");
    }
}
