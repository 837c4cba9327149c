//! Where commits wait for the committer.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::{Semaphore, oneshot};

use super::{Batch, Revision, StoreError};
use crate::limits::{COMMITS_WAITING_BYTES_MAX, COMMITS_WAITING_MAX, GROUP_BYTES_MAX, GROUP_COMMITS_MAX};

/// Bytes that stand for one unit of room. Each commit takes at least one unit, so units bound number and bytes.
const UNIT_BYTES: usize = COMMITS_WAITING_BYTES_MAX / COMMITS_WAITING_MAX;

/// A commit that waits.
pub(super) struct Request {
    pub(super) batch: Batch,
    pub(super) answer: oneshot::Sender<Result<Revision, StoreError>>,
    units: u32,
}

/// A bounded queue with many callers and one committer.
pub(super) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    room: Semaphore,
}

struct State {
    waiting: VecDeque<Request>,
    /// The committer sleeps until so many commits wait; callers wake it only then.
    wanted: usize,
    closing: bool,
}

impl Queue {
    pub(super) fn new() -> Self {
        let state = State { waiting: VecDeque::new(), wanted: 1, closing: false };
        Self { state: Mutex::new(state), arrived: Condvar::new(), room: Semaphore::new(COMMITS_WAITING_MAX) }
    }

    /// Waits for room, enqueues, and returns where the answer will come; `None` when the queue is closed.
    pub(super) async fn push(&self, batch: Batch) -> Option<oneshot::Receiver<Result<Revision, StoreError>>> {
        let units = u32::try_from(batch.bytes().div_ceil(UNIT_BYTES).max(1)).unwrap_or(u32::MAX);
        let room = self.room.acquire_many(units).await.ok()?;
        let (answer, receiver) = oneshot::channel();
        let mut state = self.state.lock();
        if state.closing {
            return None;
        }
        room.forget();
        state.waiting.push_back(Request { batch, answer, units });
        let wake = state.waiting.len() >= state.wanted;
        drop(state);
        if wake {
            self.arrived.notify_one();
        }
        Some(receiver)
    }

    /// Waits for a commit, then up to `patience` until `expected` are there. Empty once closed and drained.
    pub(super) fn take(&self, expected: usize, patience: Duration) -> Vec<Request> {
        let mut state = self.state.lock();
        state.wanted = 1;
        while state.waiting.is_empty() && !state.closing {
            self.arrived.wait(&mut state);
        }
        state.wanted = expected.min(GROUP_COMMITS_MAX);
        let short = |state: &mut State| state.waiting.len() < state.wanted && !state.closing;
        if short(&mut state) {
            self.arrived.wait_while_for(&mut state, short, patience);
        }
        let group = state.drain();
        drop(state);
        self.room.add_permits(group.iter().map(|request| request.units as usize).sum());
        group
    }

    /// Commits that wait now.
    pub(super) fn len(&self) -> usize {
        self.state.lock().waiting.len()
    }

    /// Takes no more commits; what waits is still committed.
    pub(super) fn close(&self) {
        self.state.lock().closing = true;
        self.room.close();
        self.arrived.notify_one();
    }

    /// Drops what waits: its callers learn why from the store.
    pub(super) fn abandon(&self) {
        self.close();
        self.state.lock().waiting.clear();
    }
}

impl State {
    fn drain(&mut self) -> Vec<Request> {
        let mut group = Vec::with_capacity(self.waiting.len().min(GROUP_COMMITS_MAX));
        let mut bytes = 0;
        while group.len() < GROUP_COMMITS_MAX && bytes < GROUP_BYTES_MAX {
            let Some(request) = self.waiting.pop_front() else { break };
            bytes += request.batch.bytes();
            group.push(request);
        }
        group
    }
}
