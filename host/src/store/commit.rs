//! The committer: one thread that makes groups of commits durable and only then acknowledges them.
//!
//! A group is planned against the tree and its own earlier batches, applied as one atomic write, flushed, synced,
//! and acknowledged. After any failure nothing is acknowledged any more: what a failed sync left on the disk is
//! unknown, and trying again would report success for pages the operating system has already dropped.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::acknowledged::Acknowledged;
use super::disk::Disk;
use super::group::{Group, Totals};
use super::queue::{Queue, Request};
use super::snapshot::Snapshots;
use super::view::View;
use super::watch::Hub;
use super::{Change, Revision, StoreError, guard};
use crate::limits::GROUP_WAIT;
use crate::seam;
use crate::telemetry::metric;

/// What callers are told; the cause is in the log.
const FAILED: &str = "a write to the disk failed, so nothing is acknowledged any more; check the disk and start again";

/// What the committer shares with the store.
pub(super) struct Shared {
    pub(super) queue: Queue,
    pub(super) hub: Hub,
    pub(super) snapshots: Snapshots,
    pub(super) failed: OnceLock<String>,
}

impl Shared {
    /// `durable` is what the folder held when it was opened.
    pub(super) fn new(durable: Totals) -> Arc<Self> {
        let snapshots = Snapshots::new(durable);
        Arc::new(Self { queue: Queue::new(), hub: Hub::new(), snapshots, failed: OnceLock::new() })
    }

    /// Why a commit got no answer.
    pub(super) fn ended(&self) -> StoreError {
        self.failed.get().map_or(StoreError::Closed, |plain| StoreError::Failed(plain.clone()))
    }
}

/// The thread's own state.
pub(super) struct Committer<D> {
    pub(super) disk: D,
    pub(super) view: View,
    pub(super) totals: Totals,
    pub(super) acknowledged: Acknowledged,
    pub(super) shared: Arc<Shared>,
}

/// The answers of a group, in the order of its requests, and the notices of what changed.
type Outcome = (Vec<Result<Revision, StoreError>>, Vec<Change>);

impl<D: Disk> Committer<D> {
    /// Works until the queue is closed and drained, or a write fails.
    pub(super) fn run(mut self) {
        let (mut expected, mut patience) = (1, Duration::ZERO);
        loop {
            let requests = self.shared.queue.take(expected, patience);
            if requests.is_empty() {
                break;
            }
            let started = seam::stopwatch();
            // The engine panics on some damage; a dead committer must not leave callers waiting.
            let outcome = guard::caught(|| self.commit(&requests));
            let outcome = outcome.unwrap_or_else(|_| Err("the storage engine panicked".to_owned()));
            let result = if outcome.is_ok() { "durable" } else { "failed" };
            metric::group_committed(requests.len(), result, started.elapsed());
            match outcome {
                Ok((answers, notices)) => {
                    // Whoever is answered now will likely be back within one such round, as will those who wait
                    // already. Waiting longer than a round takes would cost more than a second sync.
                    expected = requests.len() + self.shared.queue.len();
                    patience = started.elapsed().min(GROUP_WAIT);
                    // Before the answers: a watch that begins after an answer must not hear of that commit again.
                    self.shared.hub.send(notices);
                    answer(requests, answers);
                }
                Err(cause) => return self.fail(&cause),
            }
        }
        if let Err(cause) = self.acknowledged.write_both(self.totals.sequence) {
            tracing::warn!(%cause, "failed to note the last commit on closing");
        }
        self.shared.hub.end();
    }

    fn commit(&mut self, requests: &[Request]) -> Result<Outcome, String> {
        let mut group = Group::new(&self.view.tree, self.totals);
        let answers: Vec<_> = requests.iter().map(|request| group.admit(&request.batch)).collect();
        let plan = group.finish();
        if plan.totals.sequence == self.totals.sequence {
            return Ok((answers, Vec::new()));
        }
        // From here to the end of the sync readers see the records as they were before the group.
        self.shared.snapshots.begin_group(&self.view.pending, plan.slots);
        self.disk.apply(plan.writes)?;
        self.disk.flush()?;
        self.disk.sync()?;
        self.acknowledged.write(plan.totals.sequence).map_err(|cause| format!("note the last commit: {cause}"))?;
        self.shared.snapshots.end_group(&self.view.pending, plan.totals);
        self.totals = plan.totals;
        Ok((answers, plan.notices))
    }

    /// Marks the store failed before any caller can learn that its answer will not come.
    fn fail(self, cause: &str) {
        tracing::error!(cause, "the store failed and acknowledges nothing any more");
        let _ = self.shared.failed.set(FAILED.to_owned());
        self.shared.queue.abandon();
        self.shared.hub.end();
    }
}

fn answer(requests: Vec<Request>, answers: Vec<Result<Revision, StoreError>>) {
    for (request, answer) in requests.into_iter().zip(answers) {
        // The caller may have gone; its commit stands all the same.
        let _ = request.answer.send(answer);
    }
}
