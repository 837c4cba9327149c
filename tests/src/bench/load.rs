//! Many clients at once, each sending its next request when the answer to the last one is there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;

use super::wire::Wire;

/// What is asked of a server.
pub(super) struct Load {
    /// `http://HOST:PORT`.
    pub(super) address: String,
    /// Clients, which is requests in flight.
    pub(super) clients: usize,
    /// The status that every answer must have.
    pub(super) status: u16,
    /// Makes the next request.
    pub(super) next: Box<dyn Fn() -> Bytes + Send + Sync>,
}

/// What one run gave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Answers.
    pub(super) answers: f64,
    /// Answers a second.
    pub(super) per_second: f64,
    /// Half of the answers came sooner.
    pub(super) p50_ms: f64,
    /// All but one in a hundred came sooner.
    pub(super) p99_ms: f64,
}

impl Load {
    /// Keeps all clients busy for `time`.
    pub(super) async fn run(self: &Arc<Self>, time: Duration) -> anyhow::Result<Sample> {
        let started = Instant::now();
        let clients: Vec<_> = (0..self.clients)
            .map(|_| {
                let load = Arc::clone(self);
                tokio::spawn(async move { load.client(started + time).await })
            })
            .collect();
        let mut took = Vec::new();
        for client in clients {
            took.extend(client.await??);
        }
        let seconds = started.elapsed().as_secs_f64();
        took.sort_unstable();
        let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default().as_secs_f64() * 1_000.0;
        #[expect(clippy::cast_precision_loss, reason = "no run has that many answers")]
        let answers = took.len() as f64;
        ensure!(answers > 0.0, "no answer in {time:?}");
        Ok(Sample { answers, per_second: answers / seconds, p50_ms: at(50), p99_ms: at(99) })
    }

    async fn client(&self, until: Instant) -> anyhow::Result<Vec<Duration>> {
        let mut wire = Wire::open(&self.address).await?;
        let mut took = Vec::new();
        while Instant::now() < until {
            let request = (self.next)();
            let asked = Instant::now();
            wire.send(&request).await?;
            let answer = wire.receive().await?.context("the server closed the connection")?;
            took.push(asked.elapsed());
            ensure!(answer.status() == Some(self.status), "{}", String::from_utf8_lossy(&answer.body));
        }
        Ok(took)
    }
}
