//! When a connection's requests may go: its rate, what the system asked for with `Retry-After`, and its circuit.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::RETRY_AFTER;
use parking_lot::Mutex;

use super::breaker::{Circuit, Pass, Verdict};
use super::rate::{Bucket, Rate};
use super::socket::Answer;
use super::{SendError, SendErrorKind, Sent};
use crate::commerce::lane::Lane;
use crate::seam::{self, Clock, Millis};

/// The longest pause that a `Retry-After` may ask for; a mistyped date must not stop a connection for a year.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(15 * 60);

/// The traffic lights of one connection.
#[derive(Debug)]
pub struct Traffic {
    circuit: Mutex<Circuit>,
    bucket: Mutex<Bucket>,
    /// Requests of other lanes than `live` need a token of this one, too. It fills at three quarters of the rate, so
    /// a backlog that drains leaves a quarter to whoever waits for an answer.
    durable: Mutex<Bucket>,
    rate: Option<Rate>,
    clock: Clock,
}

impl Traffic {
    pub(super) fn new(rate: Option<Rate>, clock: Clock) -> Self {
        Self { circuit: Mutex::default(), bucket: Mutex::default(), durable: Mutex::default(), rate, clock }
    }

    /// The circuit as it is now.
    #[must_use]
    pub fn circuit(&self) -> Circuit {
        self.circuit.lock().clone()
    }

    /// Takes a token from the bucket if there is one.
    ///
    /// # Errors
    /// How long to wait before asking again.
    pub fn take_token(&self) -> Result<(), Duration> {
        self.bucket.lock().take(self.rate, self.clock.now())
    }

    /// Waits for a token of `bucket` as long as the time allows.
    async fn wait(&self, take: impl Fn() -> Result<(), Duration>, time: Duration) -> Result<(), SendError> {
        let watch = seam::stopwatch();
        while let Err(wait) = take() {
            if wait > time.saturating_sub(watch.elapsed()) {
                return Err(held("send the request: the connection's rate is used up", wait));
            }
            self.clock.sleep(wait).await;
        }
        Ok(())
    }

    /// Lets nothing go for `wait`.
    pub fn hold(&self, wait: Duration) {
        let wait = u64::try_from(wait.min(RETRY_AFTER_MAX).as_millis()).unwrap_or(u64::MAX);
        self.bucket.lock().hold_until(self.clock.now().saturating_add(wait));
    }

    /// Closes the circuit by hand and forgets what `Retry-After` asked for.
    pub fn reset(&self) {
        *self.circuit.lock() = Circuit::default();
        *self.bucket.lock() = Bucket::default();
        *self.durable.lock() = Bucket::default();
    }

    /// Waits for a token as long as `time` allows, then asks the circuit.
    pub(super) async fn turn(&self, lane: Lane, time: Duration) -> Result<Turn<'_>, SendError> {
        let watch = seam::stopwatch();
        if let Some(share) = self.rate.filter(|_| lane != Lane::Live).map(Rate::durable_share) {
            self.wait(|| self.durable.lock().take(Some(share), self.clock.now()), time).await?;
        }
        self.wait(|| self.take_token(), time.saturating_sub(watch.elapsed())).await?;
        let admitted = self.circuit.lock().admit(self.clock.now());
        match admitted {
            Ok(pass) => Ok(Turn { traffic: self, pass, verdict: Verdict::Unknown }),
            Err(wait) => Err(held("send the request: the system was down a moment ago", wait)),
        }
    }

    /// Obeys a `Retry-After` of an answer that says "not now".
    pub(super) fn obey(&self, answer: &Answer) {
        if matches!(answer.head.status.as_u16(), 429 | 503)
            && let Some(wait) = retry_after(&answer.head.headers, self.clock.now())
        {
            self.hold(wait);
        }
    }
}

/// The right to send one request. Dropped without a verdict, as when the caller gives up, it says nothing.
pub(super) struct Turn<'a> {
    traffic: &'a Traffic,
    pass: Pass,
    verdict: Verdict,
}

impl Turn<'_> {
    /// Notes how the request ended.
    pub(super) fn end(mut self, result: &Result<Answer, SendError>) {
        self.verdict = match result {
            Ok(answer) if matches!(answer.head.status.as_u16(), 502..=504) => Verdict::Down,
            Ok(_) => Verdict::Alive,
            Err(error) => match error.kind {
                SendErrorKind::Connect | SendErrorKind::Timeout | SendErrorKind::Broken => Verdict::Down,
                SendErrorKind::Limit | SendErrorKind::Unauthorized => Verdict::Alive,
                SendErrorKind::Refused | SendErrorKind::Held => Verdict::Unknown,
            },
        };
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.traffic.circuit.lock().report(self.pass, self.verdict, self.traffic.clock.now());
    }
}

fn held(message: &str, wait: Duration) -> SendError {
    SendError::new(SendErrorKind::Held, Sent::No, message).after(wait)
}

/// Seconds or a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, now: Millis) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    Some(Duration::from_millis(millis(httpdate::parse_http_date(text).ok()?).saturating_sub(now)))
}

/// A point of the system clock's scale in milliseconds since the epoch.
pub(super) fn millis(time: SystemTime) -> Millis {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
