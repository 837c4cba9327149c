//! A token bucket as plain data: so many requests a period, so many at once, and a time before which nothing goes.

use std::time::Duration;

use serde::Deserialize;

use crate::seam::Millis;

/// How fast requests may follow each other.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Requests in one period; 0 is read as 1.
    pub requests: u32,
    /// The period in milliseconds; 0 is read as 1.
    pub per_ms: u32,
    /// Requests that may go at once after a pause; 0 is read as 1.
    pub burst: u32,
}

impl Rate {
    /// The share of the lanes that nobody waits for: three quarters, and never the whole burst.
    #[must_use]
    pub fn durable_share(self) -> Self {
        let per_ms = self.per_ms.saturating_add(self.per_ms.div_ceil(3));
        let burst = self.burst.saturating_sub(self.burst.div_ceil(4)).max(1);
        Self { per_ms, burst, ..self }
    }
}

/// The fullness of a bucket.
///
/// Kept as one time stamp, the moment at which the bucket would be full again: exact whole numbers, no drift.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// Microseconds since the epoch.
    full_at: u64,
    not_before: Millis,
}

impl Bucket {
    /// Takes a token.
    ///
    /// # Errors
    /// How long to wait before asking again; nothing was taken then.
    pub fn take(&mut self, rate: Option<Rate>, now: Millis) -> Result<(), Duration> {
        if now < self.not_before {
            return Err(Duration::from_millis(self.not_before - now));
        }
        let Some(rate) = rate else { return Ok(()) };
        let now = now.saturating_mul(1_000);
        // Rounded up: never faster than allowed.
        let step = (u64::from(rate.per_ms.max(1)) * 1_000).div_ceil(u64::from(rate.requests.max(1)));
        let full_at = self.full_at.max(now) + step;
        let room = step * u64::from(rate.burst.max(1));
        if full_at - now > room {
            return Err(Duration::from_micros(full_at - now - room));
        }
        self.full_at = full_at;
        Ok(())
    }

    /// Lets nothing go before `until`, as a `Retry-After` asks; an earlier time than the one known changes nothing.
    pub fn hold_until(&mut self, until: Millis) {
        self.not_before = self.not_before.max(until);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let rate = Some(Rate { requests: 10, per_ms: 1_000, burst: 3 });
        let mut bucket = Bucket::default();
        assert!((0..3).all(|_| bucket.take(rate, 5_000).is_ok()));
        assert_eq!(bucket.take(rate, 5_000), Err(Duration::from_millis(100)));
        assert_eq!(bucket.take(rate, 5_100), Ok(()));
        assert!(bucket.take(rate, 5_100).is_err());
    }

    #[test]
    fn a_quarter_of_the_rate_is_left_to_those_who_wait() {
        let rate = Rate { requests: 12, per_ms: 900, burst: 8 };
        assert_eq!(rate.durable_share(), Rate { requests: 12, per_ms: 1_200, burst: 6 });
        assert_eq!(Rate { burst: 1, ..rate }.durable_share().burst, 1);
    }

    #[test]
    fn retry_after_holds_even_without_a_rate() {
        let mut bucket = Bucket::default();
        bucket.hold_until(2_000);
        bucket.hold_until(1_500);
        assert_eq!(bucket.take(None, 1_000), Err(Duration::from_secs(1)));
        assert_eq!(bucket.take(None, 2_000), Ok(()));
    }

    proptest! {
        #[test]
        fn never_more_than_burst_plus_rate(
            requests in 1u32..100, burst in 1u32..20, waits in prop::collection::vec(0u64..200, 1..300)
        ) {
            let rate = Rate { requests, per_ms: 1_000, burst };
            let (mut bucket, mut now, mut taken) = (Bucket::default(), 1_000_000u64, 0u64);
            for wait in waits {
                now += wait;
                match bucket.take(Some(rate), now) {
                    Ok(()) => taken += 1,
                    Err(wait) => {
                        let later = now + u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap();
                        prop_assert!(bucket.clone().take(Some(rate), later).is_ok());
                    }
                }
                prop_assert!(taken <= u64::from(burst) + (now - 1_000_000) * u64::from(requests) / 1_000 + 1);
            }
        }
    }
}
