//! A disk that takes its time: a commit is durable some milliseconds after it was asked for, and a crash before that
//! loses it, or loses only the acknowledgement.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;

use crate::seam::Clock;
use crate::store::{Batch, Entry, MemoryStore, Revision, Store, StoreError, Watch};

pub(super) struct Disk {
    kept: Arc<MemoryStore>,
    clock: Clock,
    life: Arc<AtomicU64>,
}

impl Disk {
    pub(super) fn new(clock: Clock) -> Self {
        Self { kept: Arc::new(MemoryStore::new()), clock, life: Arc::default() }
    }

    /// The store of the host's present life.
    pub(super) fn store(&self) -> Arc<dyn Store> {
        let (kept, clock) = (Arc::clone(&self.kept), self.clock.clone());
        Arc::new(Handle { kept, clock, life: Arc::clone(&self.life), born: self.life.load(Ordering::Relaxed) })
    }

    /// What is asked of a store of this life from now on does not happen.
    pub(super) fn crash(&self) {
        self.life.fetch_add(1, Ordering::Relaxed);
    }
}

struct Handle {
    kept: Arc<MemoryStore>,
    clock: Clock,
    life: Arc<AtomicU64>,
    born: u64,
}

impl Handle {
    fn dead(&self) -> bool {
        self.life.load(Ordering::Relaxed) != self.born
    }
}

impl Store for Handle {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>, StoreError> {
        self.kept.get(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.kept.scan(prefix, after, limit)
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Revision, StoreError>> {
        Box::pin(async move {
            if self.clock.chance(2) == 0 {
                self.clock.sleep(Duration::from_millis(self.clock.chance(6))).await;
            }
            if self.dead() {
                return Err(StoreError::Closed);
            }
            let done = self.kept.commit(batch).await;
            // Durable, and the caller may never learn of it.
            if self.clock.chance(4) == 0 {
                self.clock.sleep(Duration::from_millis(self.clock.chance(4))).await;
            }
            done
        })
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        self.kept.watch(prefix)
    }

    fn failed(&self) -> Option<String> {
        None
    }
}
