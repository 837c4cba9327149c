//! Somebody who asks for a price again and again, and how long it takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::world::Client;

/// Questions leave at this pace, whatever the last one takes.
const PACE: Duration = Duration::from_millis(50);

/// How long prices took.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Times {
    /// Questions asked.
    pub asked: usize,
    /// Questions without a price.
    pub failed: usize,
    /// The median.
    pub p50_ms: f64,
    /// The 95th percentile.
    pub p95_ms: f64,
}

pub(super) struct Shopper {
    stopped: Arc<AtomicBool>,
    asking: tokio::task::JoinHandle<Vec<Option<Duration>>>,
}

impl Shopper {
    pub(super) fn start(client: Client) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let asking = tokio::spawn(ask(client, Arc::clone(&stopped)));
        Self { stopped, asking }
    }

    pub(super) async fn stop(self) -> anyhow::Result<Times> {
        self.stopped.store(true, Ordering::Relaxed);
        let all = self.asking.await?;
        let mut took: Vec<Duration> = all.iter().flatten().copied().collect();
        took.sort_unstable();
        let at = |part: usize| took.get(took.len() * part / 100).map_or(0.0, |time| time.as_secs_f64() * 1_000.0);
        Ok(Times { asked: all.len(), failed: all.len() - took.len(), p50_ms: at(50), p95_ms: at(95) })
    }
}

async fn ask(client: Client, stopped: Arc<AtomicBool>) -> Vec<Option<Duration>> {
    let mut asked = tokio::task::JoinSet::new();
    let mut pace = tokio::time::interval(PACE);
    while !stopped.load(Ordering::Relaxed) {
        pace.tick().await;
        let client = client.clone();
        asked.spawn(async move {
            let question = json!({ "lines": [{ "product": "A1001", "customer": "C30000",
                "quantity": { "value": "100", "unit": "EA" } }] });
            let started = Instant::now();
            let answer = client.post("/v1/connections/erp/prices:query", &question).await;
            let priced = answer.is_ok_and(|answer| answer.body["lines"][0]["price"].is_object());
            priced.then(|| started.elapsed())
        });
    }
    asked.join_all().await
}
