//! The queue, a system and crashes in one thread with a clock of its own: a seed is a whole history and runs the same
//! again. Real are the queue, its machine and its schedule; simulated are the disk, the system and the time.

mod disk;
mod system;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Carrier, Queue, Submission, Terms};
use crate::commerce::lane::Lane;
use crate::queue::job::{Operation, State};
use crate::queue::policy::Gathering;
use crate::seam::Clock;
use disk::Disk;
use system::System;

/// How long a history may take before something must be stuck, on its own clock.
const HISTORY: Duration = Duration::from_secs(3 * 24 * 3_600);

/// Runs the history of a seed.
///
/// # Panics
/// With the seed, when a document was lost or doubled, came out of order, or never came.
fn run(seed: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let clock = Clock::simulated(1_700_000_000_000, seed);
        let mut story = Story::new(seed, clock);
        for _ in 0..story.clock.chance(4) {
            story.live(true).await;
        }
        story.live(false).await;
        story.judge();
    });
}

struct Story {
    seed: u64,
    clock: Clock,
    disk: Disk,
    system: Arc<System>,
    /// References of the documents that were acknowledged, in the order of acceptance, by key.
    accepted: BTreeMap<String, Vec<String>>,
    submitted: u64,
}

impl Story {
    fn new(seed: u64, clock: Clock) -> Self {
        let (disk, system) = (Disk::new(clock.clone()), System::new(clock.clone()));
        Self { seed, clock, disk, system: Arc::new(system), accepted: BTreeMap::new(), submitted: 0 }
    }

    /// One life of the host: it ends in a crash at some moment, or when every document has arrived.
    async fn live(&mut self, crashes: bool) {
        let queue = self.meanwhile(Queue::open(self.disk.store(), self.clock.clone())).await.unwrap();
        let mut terms = Terms::with_orders(1 + usize::try_from(self.clock.chance(6)).unwrap());
        if self.clock.chance(2) == 0 {
            let wait = Duration::from_millis(self.clock.chance(500));
            terms.gathering = Gathering { most: 1 + usize::try_from(self.clock.chance(5)).unwrap(), wait };
        }
        queue.set_terms("erp", &terms);
        let carrier: Arc<dyn Carrier> = Arc::clone(&self.system) as _;
        let runner = queue.clone();
        let running = crate::seam::spawn(async move { runner.run(carrier, std::future::pending()).await });
        let until = self.clock.now() + if crashes { 1 + self.clock.chance(60_000) } else { millis(HISTORY) };
        while self.clock.now() < until {
            if self.submitted < 40 && self.clock.chance(3) == 0 {
                self.submit(&queue).await;
            }
            settle().await;
            if !crashes && self.submitted >= 40 && self.all_done(&queue) {
                break;
            }
            self.clock.advance(Duration::from_millis(1 + self.clock.chance(400)));
            settle().await;
        }
        // A crash: whatever was on its way is cut, and what the disk had not taken yet is gone.
        running.abort();
        let _ = running.await;
        self.disk.crash();
        self.system.cut();
    }

    async fn submit(&mut self, queue: &Queue) {
        let (number, key) = (self.submitted, format!("C{}", self.clock.chance(5)));
        self.submitted += 1;
        let reference = format!("WEB-{number}");
        let submission = Submission {
            connection: "erp".to_owned(),
            lane: Lane::Orders,
            operation: Operation::SubmitOrder,
            priority: 5,
            order_key: key.clone(),
            reference: reference.clone(),
            customer: key.clone(),
            idempotency_key: format!("key-{number}"),
            not_before: None,
            document: reference.clone().into_bytes(),
        };
        let again = submission.clone();
        if self.meanwhile(queue.accept(submission)).await.is_ok() {
            self.accepted.entry(key).or_default().push(reference);
        }
        if self.clock.chance(4) == 0 {
            let replay = self.meanwhile(queue.accept(again)).await.unwrap();
            assert!(replay.replayed, "seed {}: a repeat made a second job", self.seed);
        }
    }

    /// Lets time pass until `work` is done: the disk takes its time, which passes only while somebody moves the clock.
    async fn meanwhile<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = settle() => self.clock.advance(Duration::from_millis(1)),
            }
        }
    }

    fn all_done(&self, queue: &Queue) -> bool {
        queue.counts().iter().all(|((.., state), count)| *count == 0 || matches!(state, State::Done | State::Parked))
    }

    fn judge(&self) {
        let created = self.system.created();
        let seed = self.seed;
        for (key, references) in &self.accepted {
            let there: Vec<&String> =
                created.iter().filter(|(k, _)| k == key).map(|(_, reference)| reference).collect();
            for reference in references {
                let count = there.iter().filter(|other| **other == reference).count();
                assert_eq!(count, 1, "seed {seed}: {reference} of {key} is there {count} times");
            }
            let order: Vec<&String> = there.into_iter().filter(|reference| references.contains(reference)).collect();
            assert!(order.iter().copied().eq(references), "seed {seed}: {key} came as {order:?}");
        }
        assert!(self.accepted.values().map(Vec::len).sum::<usize>() > 0, "seed {seed}: nothing happened");
    }
}

/// Lets every task go as far as it can without the clock.
async fn settle() {
    for _ in 0..24 {
        tokio::task::yield_now().await;
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}

#[test]
fn every_history_ends_well() {
    let first: u64 = std::env::var("SIMULATION_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let count: u64 = std::env::var("SIMULATION_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(300);
    for seed in first..first + count {
        run(seed);
    }
}
