//! Requests at a fixed rate, whether or not the answers to those before are there: a server that falls behind is asked
//! all the same, and its delay is counted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;

use super::wire::Wire;

/// Sockets; a request waits for none of them unless so many answers are late.
const SOCKETS: u32 = 64;

/// What is asked of a server, and how often.
pub(super) struct Pace {
    /// `http://HOST:PORT`.
    pub(super) address: String,
    /// Requests a second.
    pub(super) rate: u32,
    /// The status that every answer must have.
    pub(super) status: u16,
    /// Makes the next request.
    pub(super) next: Box<dyn Fn() -> Bytes + Send + Sync>,
}

/// Half of the answers, and all but one in a hundred, came sooner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// In milliseconds.
    pub(super) p50_ms: f64,
    /// In milliseconds.
    pub(super) p99_ms: f64,
}

impl Pace {
    /// Asks for so long.
    pub(super) async fn run(self: &Arc<Self>, time: Duration) -> anyhow::Result<Times> {
        let started = Instant::now();
        let sockets: Vec<_> = (0..SOCKETS)
            .map(|number| {
                let pace = Arc::clone(self);
                tokio::spawn(async move { pace.socket(number, started, time).await })
            })
            .collect();
        let mut took = Vec::new();
        for socket in sockets {
            took.extend(socket.await??);
        }
        ensure!(!took.is_empty(), "no answer in {time:?}");
        took.sort_unstable();
        let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default().as_secs_f64() * 1_000.0;
        Ok(Times { p50_ms: at(50), p99_ms: at(99) })
    }

    /// Every so manyth request.
    async fn socket(&self, number: u32, started: Instant, time: Duration) -> anyhow::Result<Vec<Duration>> {
        let mut wire = Wire::open(&self.address).await?;
        let gap = Duration::from_secs(1) / self.rate;
        let (mut due, mut took) = (gap * number, Vec::new());
        while due < time {
            let at = started + due;
            let late = Instant::now() > at;
            tokio::time::sleep_until(at.into()).await;
            let request = (self.next)();
            // The timer wakes up to a millisecond late, which is nobody's fault; a socket that was still waiting for
            // its last answer is the server's.
            let asked = if late { at } else { Instant::now() };
            wire.send(&request).await?;
            let answer = wire.receive().await?.context("the server closed the connection")?;
            took.push(asked.elapsed());
            ensure!(answer.status() == Some(self.status), "{}", String::from_utf8_lossy(&answer.body));
            due += gap * SOCKETS;
        }
        Ok(took)
    }
}
