//! Prices asked at a steady rate, whatever the answers take, and a record of which version may answer when.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::world::Client;

/// Calls on their way at a time; a host that stands still would otherwise be asked without end.
const CALLS_AT_ONCE_MAX: usize = 1_000;

/// Which versions may answer: the one that serves, and during a swap those that may come.
pub(super) struct History(Mutex<Times>);

struct Times {
    /// Counts changes; a call remembers the count at its beginning.
    now: u64,
    /// Since when a version may answer and, once it is replaced, until when a call may have begun.
    spans: Vec<(String, u64, Option<u64>)>,
}

/// A swap on its way.
pub(super) struct Swap<'a> {
    history: &'a History,
    coming: Vec<String>,
}

impl History {
    pub(super) fn starting_with(version: &str) -> Self {
        Self(Mutex::new(Times { now: 0, spans: vec![(version.to_owned(), 0, None)] }))
    }

    pub(super) fn begin(&self, version: &str) -> Swap<'_> {
        self.begin_one_of(&[version])
    }

    pub(super) fn begin_one_of(&self, versions: &[&str]) -> Swap<'_> {
        let mut times = self.0.lock();
        times.now += 1;
        let now = times.now;
        times.spans.extend(versions.iter().map(|version| ((*version).to_owned(), now, None)));
        Swap { history: self, coming: versions.iter().map(|version| (*version).to_owned()).collect() }
    }

    fn now(&self) -> u64 {
        self.0.lock().now
    }

    /// Whether a version may have answered a call that began at `began` and ended now.
    fn may_answer(&self, version: &str, began: u64) -> bool {
        let times = self.0.lock();
        times.spans.iter().any(|(name, _, until)| name == version && until.is_none_or(|until| began < until))
    }
}

impl Swap<'_> {
    /// The one version that was coming serves.
    pub(super) fn done(self) {
        let version = self.coming.first().cloned().unwrap_or_default();
        self.was(&version);
    }

    /// It was this one: calls that begin from now on are answered by no other.
    pub(super) fn was(self, version: &str) {
        let mut times = self.history.0.lock();
        times.now += 1;
        let now = times.now;
        for (_, _, until) in &mut times.spans {
            until.get_or_insert(now);
        }
        times.spans.push((version.to_owned(), now, None));
    }

    /// Nothing was swapped: what was coming never came.
    pub(super) fn void(self) {
        let mut times = self.history.0.lock();
        for name in &self.coming {
            if let Some(at) = times.spans.iter().rposition(|(span, ..)| span == name) {
                times.spans.remove(at);
            }
        }
    }
}

/// What the load came to.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) calls: u64,
    pub(super) failed: u64,
    pub(super) wrong_version: u64,
    pub(super) slowest_ms: u64,
    pub(super) p99_ms: u64,
    pub(super) seconds: u64,
}

#[derive(Default)]
struct Seen {
    took_ms: Vec<u64>,
    failed: u64,
    wrong_version: u64,
    told: BTreeSet<String>,
}

/// Calls at a steady rate, until they are stopped.
pub(super) struct Load {
    stopped: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<Outcome>,
}

impl Load {
    pub(super) fn start(client: &Client, history: &Arc<History>, per_second: u32) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(go_on(client.clone(), Arc::clone(history), Arc::clone(&stopped), per_second));
        Self { stopped, task }
    }

    pub(super) async fn stop(self) -> anyhow::Result<Outcome> {
        self.stopped.store(true, Ordering::Relaxed);
        Ok(self.task.await?)
    }
}

async fn go_on(client: Client, history: Arc<History>, stopped: Arc<AtomicBool>, per_second: u32) -> Outcome {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
    let mut calls = JoinSet::new();
    let started = Instant::now();
    while !stopped.load(Ordering::Relaxed) {
        ticks.tick().await;
        while calls.try_join_next().is_some() {}
        if calls.len() < CALLS_AT_ONCE_MAX {
            calls.spawn(call(client.clone(), Arc::clone(&history), Arc::clone(&seen)));
        }
    }
    while calls.join_next().await.is_some() {}
    let seconds = started.elapsed().as_secs();
    let mut seen = seen.lock();
    seen.took_ms.sort_unstable();
    let count = seen.took_ms.len();
    Outcome {
        calls: count as u64,
        failed: seen.failed,
        wrong_version: seen.wrong_version,
        slowest_ms: seen.took_ms.last().copied().unwrap_or(0),
        p99_ms: seen.took_ms.get(count * 99 / 100).copied().unwrap_or(0),
        seconds,
    }
}

async fn call(client: Client, history: Arc<History>, seen: Arc<Mutex<Seen>>) {
    let (began, watch) = (history.now(), Instant::now());
    let answer = client.post("/v1/connections/v/prices:query", &super::question()).await;
    let took = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
    let line = answer.as_ref().map(|answer| answer.body["lines"][0].clone()).unwrap_or(Value::Null);
    // Its own word and the host's: they must be the same.
    let (own, told) = (line["price"]["contract"].as_str(), line["provenance"]["version"].as_str());
    let right = own == told && told.is_some_and(|version| history.may_answer(version, began));
    let mut seen = seen.lock();
    seen.took_ms.push(took);
    let what = match (own, answer) {
        (Some(_), _) if right => return,
        (Some(own), _) => {
            seen.wrong_version += 1;
            format!("{own}, which the host calls {}, answered a call that began at {began}", told.unwrap_or("?"))
        }
        (None, Ok(answer)) => {
            seen.failed += 1;
            answer.text
        }
        (None, Err(error)) => {
            seen.failed += 1;
            error.to_string()
        }
    };
    // Each kind once: the first ones tell the story.
    if seen.told.len() < 5 && seen.told.insert(what.clone()) {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{what}\n").as_bytes());
    }
}
