//! Timers: `update-status`, and retries of failed hooks.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::store::agent::Operation;
use crate::store::unit::{ResolvedMode, Unit};

/// Juju's first and longest wait before it retries a failed hook. Juju 3.6:
/// apiserver/facades/agent/retrystrategy/retrystrategy.go.
const RETRY_DELAY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));

/// The factor between two waits (juju/utils: `BackoffTimer`).
const BACKOFF_FACTOR: f64 = 2.0;

/// The random share of a wait.
const JITTER: f64 = 0.03;

/// A model's settings for the timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerConfig {
    /// The interval of `update-status`.
    pub update_status: Duration,
    /// Whether failed hooks are retried.
    pub retry: bool,
}

/// What is due because time has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    UpdateStatus,
    /// A retry of the failed hook.
    Retry,
}

/// When each unit's next timers fire.
#[derive(Debug, Default)]
pub struct Schedule {
    units: BTreeMap<String, Timers>,
}

/// Times in milliseconds since 1970.
#[derive(Debug)]
struct Timers {
    /// When `update-status` is due, and the interval that was used.
    update_status: Option<(i64, Duration)>,
    /// When the next retry is due.
    retry: Option<i64>,
    /// The length of the next wait for a retry.
    wait: Duration,
}

impl Schedule {
    /// What is due at `now`, in milliseconds since 1970. Each is reported once. `random_fraction` returns numbers
    /// from 0 to 1.
    pub fn due(
        &mut self,
        now: i64,
        config: TimerConfig,
        units: &[Unit],
        mut random_fraction: impl FnMut() -> f64,
    ) -> Vec<(String, Due)> {
        self.units.retain(|name, _| units.iter().any(|unit| unit.name() == *name));
        let mut due = Vec::new();
        for unit in units {
            let name = unit.name();
            let timers = self.units.entry(name.clone()).or_insert(Timers {
                update_status: None,
                retry: None,
                wait: RETRY_DELAY.0,
            });
            if timers.update_status(now, config.update_status, unit, &mut random_fraction) {
                due.push((name.clone(), Due::UpdateStatus));
            }
            if timers.retry(now, config.retry, unit, &mut random_fraction) {
                due.push((name, Due::Retry));
            }
        }
        due
    }

    /// When the next timer fires, in milliseconds since 1970.
    pub fn next(&self) -> Option<i64> {
        let timers = self.units.values();
        timers.flat_map(|timers| timers.update_status.map(|(at, _)| at).into_iter().chain(timers.retry)).min()
    }
}

impl Timers {
    /// Whether `update-status` is due. Juju 3.6: `NewUpdateStatusTimer` in internal/worker/uniter/timer.go.
    fn update_status(
        &mut self,
        now: i64,
        interval: Duration,
        unit: &Unit,
        random_fraction: &mut impl FnMut() -> f64,
    ) -> bool {
        let agent = &unit.agent;
        if !agent.started || agent.stopped || !unit.life.is_alive() || interval.is_zero() {
            self.update_status = None;
            return false;
        }
        let mut start = || Some((now + millis(interval.mul_f64(0.8 + 0.4 * random_fraction())), interval));
        match self.update_status {
            Some((at, used)) if used == interval && at > now => false,
            Some((_, used)) if used == interval => {
                self.update_status = start();
                true
            }
            Some(_) | None => {
                self.update_status = start();
                false
            }
        }
    }

    /// Whether a retry is due. Juju 3.6: `nextOpHookError` in internal/worker/uniter/resolver.go.
    fn retry(&mut self, now: i64, retries: bool, unit: &Unit, random_fraction: &mut impl FnMut() -> f64) -> bool {
        if !matches!(unit.agent.operation, Operation::Failed(_)) {
            // A hook that is running may be the retry, and may fail again.
            if !matches!(unit.agent.operation, Operation::Running { .. }) {
                self.wait = RETRY_DELAY.0;
            }
            self.retry = None;
            return false;
        }
        if !retries || unit.resolved != ResolvedMode::None {
            self.retry = None;
            return false;
        }
        match self.retry {
            None => {
                self.retry = Some(now + millis(self.wait));
                let jitter = 1.0 + (random_fraction() * 2.0 - 1.0) * JITTER;
                self.wait = self.wait.mul_f64(BACKOFF_FACTOR * jitter).min(RETRY_DELAY.1);
                false
            }
            Some(at) if at > now => false,
            Some(_) => {
                self.retry = None;
                true
            }
        }
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::UnitHook;
    use crate::store::Life;
    use crate::store::agent::AgentState;

    const TIMER_CONFIG: TimerConfig = TimerConfig { update_status: Duration::from_mins(5), retry: true };

    fn unit(agent: AgentState) -> Unit {
        Unit { agent, ..Unit::new("web", 0, "0") }
    }

    fn started() -> Unit {
        unit(AgentState { started: true, ..AgentState::default() })
    }

    fn failed() -> Unit {
        unit(AgentState { operation: Operation::Failed(UnitHook::Install.into()), ..AgentState::default() })
    }

    /// The seconds between `count` consecutive timers, for a unit in this state.
    fn waits(unit: &Unit, count: usize, random_fraction: f64) -> Vec<f64> {
        let (mut schedule, mut now, mut found) = (Schedule::default(), 0, Vec::new());
        while found.len() < count {
            assert_eq!(schedule.due(now, TIMER_CONFIG, std::slice::from_ref(unit), || random_fraction), []);
            let next = schedule.next().unwrap();
            assert_eq!(schedule.due(next - 1, TIMER_CONFIG, std::slice::from_ref(unit), || random_fraction), []);
            assert_eq!(schedule.due(next, TIMER_CONFIG, std::slice::from_ref(unit), || random_fraction).len(), 1);
            found.push(f64::from(i32::try_from(next - now).unwrap()) / 1000.0);
            now = next;
        }
        found
    }

    #[test]
    fn update_status_is_due_every_interval_plus_or_minus_a_fifth() {
        for (random_fraction, wait) in [(0.0, 240.0), (0.5, 300.0), (1.0, 360.0)] {
            assert_eq!(waits(&started(), 3, random_fraction), [wait; 3]);
        }
    }

    #[test]
    fn each_wait_for_a_retry_is_twice_as_long_up_to_five_minutes() {
        assert_eq!(waits(&failed(), 8, 0.5), [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]);
        assert_eq!(waits(&failed(), 3, 1.0), [5.0, 10.3, 21.218], "with jitter");
    }

    #[test]
    fn the_wait_for_a_retry_is_short_again_after_a_hook_succeeded() {
        let mut schedule = Schedule::default();
        let mut due = |now, unit: Unit| schedule.due(now, TIMER_CONFIG, &[unit], || 0.5);
        let retry = vec![("web/0".to_owned(), Due::Retry)];
        assert_eq!(due(0, failed()), []);
        assert_eq!(due(5000, failed()), retry);
        assert_eq!(due(5000, failed()), [], "it failed again");
        assert_eq!(due(14_999, failed()), []);
        assert_eq!(due(15_000, failed()), retry);
        assert_eq!(due(15_000, started()), []);
        assert_eq!(due(15_000, failed()), []);
        assert_eq!(due(20_000, failed()), retry);
    }

    #[test]
    fn nothing_is_due_for_units_that_have_not_started_are_dying_or_are_resolved() {
        let new = unit(AgentState::default());
        let dying = Unit { life: Life::Dying, ..started() };
        let resolved = Unit { resolved: ResolvedMode::NoHooks, ..failed() };
        for unit in [new, dying, resolved] {
            let mut schedule = Schedule::default();
            assert_eq!(schedule.due(0, TIMER_CONFIG, &[unit], || 0.5), []);
            assert_eq!(schedule.next(), None);
        }
        let mut schedule = Schedule::default();
        assert_eq!(schedule.due(0, TimerConfig { retry: false, ..TIMER_CONFIG }, &[failed()], || 0.5), []);
        assert_eq!(schedule.next(), None, "automatically-retry-hooks is off");
    }

    #[test]
    fn a_changed_interval_counts_from_when_it_is_read() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.due(0, TIMER_CONFIG, &[started()], || 0.5), []);
        let config = TimerConfig { update_status: Duration::from_secs(10), ..TIMER_CONFIG };
        assert_eq!(schedule.due(1000, config, &[started()], || 0.5), []);
        assert_eq!(schedule.next(), Some(11_000));
        assert_eq!(schedule.due(11_000, config, &[started()], || 0.5), [("web/0".to_owned(), Due::UpdateStatus)]);
        assert_eq!(schedule.due(11_000, config, &[], || 0.5), []);
        assert_eq!(schedule.next(), None, "the unit is gone");
    }
}
