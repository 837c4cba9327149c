//! What goes wrong on demand.

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// Faults of the simulator. All off by default; the control path takes and gives them as JSON with these names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Every answer takes so much longer.
    pub latency_ms: u64,
    /// So many of the next requests, sign-ins aside, are answered with `fail_status` and are not carried out.
    pub fail_next: u32,
    /// The status of `fail_next`; 0 means 503.
    pub fail_status: u16,
    /// The share of creates, 0.0 to 1.0, that are carried out and then cut off without an answer.
    pub drop_after_create_rate: f64,
    /// So many of the next creates are carried out and then cut off without an answer.
    pub drop_after_create_next: u32,
    /// So many of the next creates are cut off without an answer and are not carried out.
    pub drop_before_create_next: u32,
    /// The share of requests, sign-ins aside, that are answered with 503 and are not carried out.
    pub unavailable_rate: f64,
    /// The share of requests that take `slow_ms` longer.
    pub slow_rate: f64,
    /// See `slow_rate`.
    pub slow_ms: u64,
    /// Every session ends after so many requests, again and again; 0 means never.
    pub expire_sessions_after_requests: u64,
    /// Connections are accepted and cut at once. The control path still answers.
    pub down: bool,
    /// Every request is answered with 503, as the load balancer in front of a stopped service does.
    pub unavailable: bool,
}

/// What is to become of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Carried out, after so many milliseconds.
    Go(u64),
    /// Answered with this status, after so many milliseconds.
    Fail(u16, u64),
    /// Cut off.
    Cut,
}

/// The faults in force, and the state of the dice.
#[derive(Debug)]
pub(super) struct FaultBox(Mutex<(Faults, u64)>);

impl FaultBox {
    pub(super) fn new() -> Self {
        Self(Mutex::new((Faults::default(), 0)))
    }

    pub(super) fn get(&self) -> Faults {
        self.0.lock().0.clone()
    }

    pub(super) fn set(&self, faults: Faults) {
        self.0.lock().0 = faults;
    }

    pub(super) fn is_down(&self) -> bool {
        self.0.lock().0.down
    }

    pub(super) fn expire_after(&self) -> u64 {
        self.0.lock().0.expire_sessions_after_requests
    }

    /// Decides about a request; `creates` tells one that would create a document.
    pub(super) fn before(&self, signs_in: bool, creates: bool) -> Verdict {
        let (faults, dice) = &mut *self.0.lock();
        if faults.down {
            return Verdict::Cut;
        }
        if faults.unavailable {
            return Verdict::Fail(503, faults.latency_ms);
        }
        if !signs_in && faults.fail_next > 0 {
            faults.fail_next -= 1;
            return Verdict::Fail(if faults.fail_status == 0 { 503 } else { faults.fail_status }, faults.latency_ms);
        }
        if creates && faults.drop_before_create_next > 0 {
            faults.drop_before_create_next -= 1;
            return Verdict::Cut;
        }
        if !signs_in && roll(dice, faults.unavailable_rate) {
            return Verdict::Fail(503, faults.latency_ms);
        }
        let slow = if roll(dice, faults.slow_rate) { faults.slow_ms } else { 0 };
        Verdict::Go(faults.latency_ms + slow)
    }

    /// Whether the answer to a create that was carried out gets lost.
    pub(super) fn loses_created(&self) -> bool {
        let (faults, dice) = &mut *self.0.lock();
        if faults.drop_after_create_next > 0 {
            faults.drop_after_create_next -= 1;
            return true;
        }
        roll(dice, faults.drop_after_create_rate)
    }
}

/// Whether a fault of this rate happens now; one that is off rolls no dice.
fn roll(dice: &mut u64, rate: f64) -> bool {
    if rate <= 0.0 {
        return false;
    }
    *dice += 1;
    chance(*dice) < rate
}

/// The same sequence in every run, so that a failed test can be run again: splitmix64, scaled to 0.0 to 1.0.
fn chance(round: u64) -> f64 {
    let mut z = round.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let high = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX);
    f64::from(high) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_faults_run_out() {
        let faults = FaultBox::new();
        faults.set(Faults { fail_next: 1, drop_after_create_next: 1, latency_ms: 5, ..Faults::default() });
        assert_eq!(faults.before(true, false), Verdict::Go(5));
        assert_eq!(faults.before(false, true), Verdict::Fail(503, 5));
        assert_eq!(faults.before(false, true), Verdict::Go(5));
        assert!(faults.loses_created());
        assert!(!faults.loses_created());
    }

    #[test]
    fn the_rate_is_about_kept() {
        let faults = FaultBox::new();
        faults.set(Faults { drop_after_create_rate: 0.3, ..Faults::default() });
        let lost = (0..1_000).filter(|_| faults.loses_created()).count();
        assert!((250..350).contains(&lost), "{lost}");
    }
}
