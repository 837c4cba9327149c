//! The only door to time, luck and task spawning.
//!
//! Everything else asks a [`Clock`] for the time, calls [`random_bytes`] or [`nonce_bytes`] for chance and [`spawn`] for a task, so a
//! test can own all three. `host/.clippy.toml` bans the underlying calls everywhere else.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the one place that may touch the real clock, chance and runtime"
)]

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use rand::RngCore;
use tokio::sync::Notify;

/// A point in time: milliseconds since the Unix epoch, UTC.
pub type Millis = u64;

/// Where the host reads the time and waits for it to pass.
///
/// ```
/// let clock = apiconnect::seam::Clock::manual(1_000);
/// clock.advance(std::time::Duration::from_secs(2));
/// assert_eq!(clock.now(), 3_000);
/// ```
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    now: Mutex<Millis>,
    moved: Notify,
    dice: Mutex<u64>,
}

impl Clock {
    /// The machine's own clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until [`Clock::advance`] moves it. `start` is in milliseconds since the epoch.
    #[must_use]
    pub fn manual(start: Millis) -> Self {
        Self::simulated(start, 1)
    }

    /// A manual clock whose chance comes from `seed`, so that a run can be had again.
    #[must_use]
    pub fn simulated(start: Millis, seed: u64) -> Self {
        let dice = Mutex::new(seed);
        Self(Source::Manual(Arc::new(Manual { now: Mutex::new(start), moved: Notify::new(), dice })))
    }

    /// A random whole number from 0 to `below` − 1; 0 when `below` is 0. On a manual clock it follows from the seed.
    #[must_use]
    pub fn chance(&self, below: u64) -> u64 {
        match &self.0 {
            Source::System => random_below(below),
            Source::Manual(manual) => scale(next(&mut manual.dice.lock()), below),
        }
    }

    /// Bytes to seed a generator with: random on the system clock, following from the seed on a manual one.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        match &self.0 {
            Source::System => random_bytes(),
            Source::Manual(manual) => {
                let mut dice = manual.dice.lock();
                let mut seed = [0; 32];
                seed.chunks_exact_mut(8).for_each(|chunk| chunk.copy_from_slice(&next(&mut dice).to_le_bytes()));
                seed
            }
        }
    }

    /// Time that only goes forward, counted from here on. On a manual clock it moves when that is moved.
    #[must_use]
    pub fn steady(&self) -> Steady {
        Steady { clock: self.clone(), start: self.now(), watch: stopwatch() }
    }

    /// Now, in milliseconds since the epoch.
    #[must_use]
    pub fn now(&self) -> Millis {
        match &self.0 {
            Source::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            }
            Source::Manual(manual) => *manual.now.lock(),
        }
    }

    /// Moves a manual clock forward and wakes who waits; the system clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(manual) = &self.0 {
            *manual.now.lock() += u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
            manual.moved.notify_waiters();
        }
    }

    /// Waits until `by` has passed on this clock.
    pub async fn sleep(&self, by: Duration) {
        match &self.0 {
            Source::System => tokio::time::sleep(by).await,
            Source::Manual(manual) => {
                let until = self.now().saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX));
                loop {
                    let moved = manual.moved.notified();
                    tokio::pin!(moved);
                    moved.as_mut().enable();
                    if self.now() >= until {
                        return;
                    }
                    moved.await;
                }
            }
        }
    }
}

/// Time since [`Clock::steady`] was called.
#[derive(Clone, Debug)]
pub struct Steady {
    clock: Clock,
    start: Millis,
    watch: Stopwatch,
}

impl Steady {
    /// How long ago it was started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        match self.clock.0 {
            Source::System => self.watch.elapsed(),
            Source::Manual(_) => Duration::from_millis(self.clock.now().saturating_sub(self.start)),
        }
    }
}

/// Starts a stopwatch on the monotonic clock; it measures, it never decides what time it is.
#[must_use]
pub fn stopwatch() -> Stopwatch {
    Stopwatch(Instant::now())
}

/// Time since [`stopwatch`] was called.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// How long ago it was started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// The instant `after` the start, for timeouts of the runtime.
    #[must_use]
    pub fn deadline(&self, after: Duration) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.0 + after)
    }
}

/// Ends `work` with `None` when it has not finished within `limit` of real time.
///
/// Real time on purpose: what it bounds (sockets, Wasm calls) does not move with a manual [`Clock`].
pub async fn within<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    tokio::time::timeout(limit, work).await.ok()
}

/// Fills an array from the operating system's random source.
///
/// # Panics
/// When the operating system has no random source; nothing safe can be done without one.
#[must_use]
#[expect(clippy::expect_used, reason = "without a random source no key, id or nonce may be made")]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has a random source");
    bytes
}

/// Random bytes for numbers that are used once: nonces, ids, jitter. They come from a cryptographic generator that the
/// operating system seeds and reseeds, which saves a system call for each record. Keys come from [`random_bytes`].
#[must_use]
pub fn nonce_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// A random whole number from 0 to `below` − 1; 0 when `below` is 0.
#[must_use]
pub fn random_below(below: u64) -> u64 {
    scale(u64::from_le_bytes(nonce_bytes()), below)
}

/// Spreads a random number over a range.
fn scale(random: u64, below: u64) -> u64 {
    u64::try_from((u128::from(random) * u128::from(below)) >> 64).unwrap_or(0)
}

/// SplitMix64: small, well spread, and the same on every machine. For simulations, never for secrets.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Runs a task in the background of the current runtime.
pub fn spawn<F>(work: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(work)
}

/// Runs blocking work (compiling, disk) off the request path.
pub fn spawn_blocking<F, R>(work: F) -> tokio::task::JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    tokio::task::spawn_blocking(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_its_sleepers() {
        let clock = Clock::manual(5);
        let sleeper = clock.clone();
        let task = spawn(async move { sleeper.sleep(Duration::from_millis(10)).await });
        tokio::task::yield_now().await;
        assert!(!task.is_finished());
        clock.advance(Duration::from_millis(10));
        task.await.unwrap();
        assert_eq!(clock.now(), 15);
    }

    #[test]
    fn a_simulated_clock_rolls_the_same_dice_again() {
        let rolls = |seed| {
            let clock = Clock::simulated(0, seed);
            (0..50).map(|_| clock.chance(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(rolls(7), rolls(7));
        assert_ne!(rolls(7), rolls(8));
    }

    #[test]
    fn steady_time_and_seeds_of_a_manual_clock_can_be_had_again() {
        let clock = Clock::simulated(1_000, 7);
        let steady = clock.steady();
        assert_eq!(steady.elapsed(), Duration::ZERO);
        clock.advance(Duration::from_millis(30));
        assert_eq!(steady.elapsed(), Duration::from_millis(30));
        let (one, two) = (clock.seed(), clock.seed());
        assert_ne!(one, two);
        assert_eq!(one, Clock::simulated(0, 7).seed());
        assert_ne!(Clock::system().seed(), Clock::system().seed());
    }

    #[test]
    fn random_below_stays_below() {
        assert!((0..1_000).all(|_| random_below(7) < 7));
        assert_eq!(random_below(0), 0);
    }
}
