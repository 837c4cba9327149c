//! Whether a connection's jobs may go: open, or held until one of them has found the system back.

use std::time::Duration;

use crate::limits;
use crate::queue::machine::Weather;
use crate::seam::Millis;

/// The gate of one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gate {
    failures: u32,
    /// While the system is away: when one job may try.
    probe_at: Option<Millis>,
}

impl Gate {
    pub(super) const fn probe_at(&self) -> Option<Millis> {
        self.probe_at
    }

    /// Whether a job may go while so many of the connection are on their way.
    pub(super) fn allows(&self, now: Millis, on_their_way: usize) -> bool {
        self.probe_at.is_none_or(|at| at <= now && on_their_way == 0)
    }

    /// Takes in what an ended job says about the system.
    pub(super) fn learn(&mut self, weather: Weather, now: Millis) {
        match weather {
            Weather::Clear => *self = Self::default(),
            // Jobs that left before the gate fell report the same absence again, which is no news.
            Weather::Away(None) if self.probe_at.is_some_and(|at| at > now) => {}
            Weather::Away(wait) => {
                self.failures = self.failures.saturating_add(1);
                let doubled = limits::PROBE_FIRST.saturating_mul(1 << (self.failures - 1).min(8));
                let wait = wait.unwrap_or(doubled).min(limits::PROBE_LONGEST).max(Duration::from_millis(1));
                self.probe_at = Some(now.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)));
            }
            Weather::Same => {}
        }
    }

    /// Somebody else found the system there: a job may try at once. True when that changes anything.
    pub(super) fn seen_alive(&mut self, now: Millis) -> bool {
        match self.probe_at {
            Some(at) if at > now => {
                self.probe_at = Some(now);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_doubles_the_pause_once_a_probe_and_not_once_a_straggler() {
        let mut gate = Gate::default();
        for _ in 0..4 {
            gate.learn(Weather::Away(None), 0);
        }
        assert_eq!(gate.probe_at(), Some(1_000));
        assert!(!gate.allows(999, 0) && gate.allows(1_000, 0) && !gate.allows(1_000, 1));
        gate.learn(Weather::Away(None), 1_000);
        assert_eq!(gate.probe_at(), Some(3_000));
        for _ in 0..100 {
            let at = gate.probe_at().unwrap();
            gate.learn(Weather::Away(None), at);
            assert!(gate.probe_at().unwrap() - at <= 15_000);
        }
        gate.learn(Weather::Clear, 0);
        assert!(gate.allows(0, 9));
    }

    #[test]
    fn a_system_that_names_a_time_is_left_alone_until_then() {
        let mut gate = Gate::default();
        gate.learn(Weather::Away(Some(Duration::from_secs(4))), 10_000);
        assert_eq!(gate.probe_at(), Some(14_000));
        assert!(gate.seen_alive(11_000) && gate.allows(11_000, 0));
        assert!(!gate.seen_alive(11_000));
    }
}
