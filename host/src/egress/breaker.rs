//! The circuit of one connection as plain data and plain functions: closed, open, half open with a single probe.

use std::time::Duration;

use crate::seam::Millis;

/// Failures in a row that open the circuit; one or two are an accident, five are a system that is down.
pub const FAILURES_TO_OPEN: u32 = 5;
/// How long the circuit stays open the first time.
pub const OPEN_FIRST: Duration = Duration::from_secs(1);
/// The longest time it stays open; after it a recovered system is noticed within a minute.
pub const OPEN_LONGEST: Duration = Duration::from_secs(15);

/// The state of a circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Circuit {
    /// Requests pass; so many failures came in a row.
    Closed {
        /// Failures since the last success.
        failures: u32,
    },
    /// Nothing passes until `until`.
    Open {
        /// When a probe may pass.
        until: Millis,
        /// How often the circuit has opened without closing between.
        openings: u32,
    },
    /// One probe is under way and nothing else passes.
    HalfOpen {
        /// How often the circuit has opened without closing between.
        openings: u32,
    },
}

impl Default for Circuit {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

/// The right to send one request; says who may report on a half-open circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// An ordinary request.
    Normal,
    /// The one request that finds out whether the system is back.
    Probe,
}

/// How a request that had a pass ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The system answered.
    Alive,
    /// No connection, no whole answer, or an answer that says it is down.
    Down,
    /// The request ended without saying anything about the system (cancelled, refused by the host).
    Unknown,
}

impl Circuit {
    /// Asks for a pass.
    ///
    /// # Errors
    /// How long to wait before asking again.
    pub fn admit(&mut self, now: Millis) -> Result<Pass, Duration> {
        match *self {
            Self::Closed { .. } => Ok(Pass::Normal),
            Self::Open { until, openings } if now >= until => {
                *self = Self::HalfOpen { openings };
                Ok(Pass::Probe)
            }
            Self::Open { until, .. } => Err(Duration::from_millis(until - now)),
            Self::HalfOpen { .. } => Err(OPEN_FIRST),
        }
    }

    /// Tells how the request with `pass` ended. A request that left before the circuit opened changes nothing more.
    pub fn report(&mut self, pass: Pass, verdict: Verdict, now: Millis) {
        match (&*self, pass, verdict) {
            (Self::Closed { failures: 1.. }, Pass::Normal, Verdict::Alive)
            | (Self::HalfOpen { .. }, Pass::Probe, Verdict::Alive) => *self = Self::default(),
            (Self::Closed { failures }, Pass::Normal, Verdict::Down) => {
                let failures = failures + 1;
                *self = if failures >= FAILURES_TO_OPEN { Self::opened(1, now) } else { Self::Closed { failures } };
            }
            (Self::HalfOpen { openings }, Pass::Probe, Verdict::Down) => {
                *self = Self::opened(openings.saturating_add(1), now);
            }
            // The next request may probe at once.
            (Self::HalfOpen { openings }, Pass::Probe, Verdict::Unknown) => {
                *self = Self::Open { until: now, openings: *openings };
            }
            _ => {}
        }
    }

    fn opened(openings: u32, now: Millis) -> Self {
        let wait = OPEN_FIRST.saturating_mul(1 << openings.saturating_sub(1).min(16)).min(OPEN_LONGEST);
        Self::Open { until: now.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)), openings }
    }

    /// The word used in health reports and metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Closed { .. } => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen { .. } => "half-open",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn broken() -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 0..FAILURES_TO_OPEN {
            let pass = circuit.admit(0).unwrap();
            circuit.report(pass, Verdict::Down, 0);
        }
        circuit
    }

    #[test]
    fn it_opens_probes_once_and_closes() {
        let mut circuit = broken();
        assert_eq!(circuit.admit(999), Err(Duration::from_millis(1)));
        assert_eq!(circuit.admit(1_000), Ok(Pass::Probe));
        assert!(circuit.admit(1_000).is_err());
        circuit.report(Pass::Normal, Verdict::Alive, 1_000);
        assert_eq!(circuit.as_str(), "half-open", "a straggler does not close it");
        circuit.report(Pass::Probe, Verdict::Alive, 1_010);
        assert_eq!(circuit, Circuit::default());
    }

    #[test]
    fn a_lost_probe_frees_its_place() {
        let mut circuit = broken();
        assert_eq!(circuit.admit(5_000), Ok(Pass::Probe));
        circuit.report(Pass::Probe, Verdict::Unknown, 5_000);
        assert_eq!(circuit.admit(5_000), Ok(Pass::Probe));
    }

    #[test]
    fn success_forgets_failures() {
        let mut circuit = Circuit::default();
        for _ in 0..100 {
            circuit.report(Pass::Normal, Verdict::Down, 0);
            circuit.report(Pass::Normal, Verdict::Alive, 0);
        }
        assert_eq!(circuit, Circuit::default());
    }

    proptest! {
        #[test]
        fn never_two_probes_and_never_open_too_long(steps in prop::collection::vec((0u8..5, 0u64..90_000), 1..200)) {
            let mut circuit = Circuit::default();
            let (mut now, mut probing) = (0, false);
            for (step, wait) in steps {
                now += wait;
                match step {
                    0 | 1 => match circuit.admit(now) {
                        Ok(Pass::Probe) => {
                            prop_assert!(!probing);
                            probing = true;
                        }
                        Ok(Pass::Normal) => prop_assert_eq!(circuit.as_str(), "closed"),
                        Err(wait) => prop_assert!(wait <= OPEN_LONGEST && !wait.is_zero()),
                    },
                    2 => circuit.report(Pass::Normal, Verdict::Down, now),
                    3 if probing => {
                        circuit.report(Pass::Probe, Verdict::Down, now);
                        probing = false;
                    }
                    4 if probing => {
                        circuit.report(Pass::Probe, Verdict::Alive, now);
                        probing = false;
                        prop_assert_eq!(circuit.as_str(), "closed");
                    }
                    _ => circuit.report(Pass::Normal, Verdict::Alive, now),
                }
                if let Circuit::Closed { failures } = circuit {
                    prop_assert!(failures < FAILURES_TO_OPEN);
                }
                prop_assert_eq!(probing, matches!(circuit, Circuit::HalfOpen { .. }));
            }
        }
    }
}
