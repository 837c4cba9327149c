//! A store without a disk, for tests and simulations: the same answers, durable only as long as it lives.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use futures::future::BoxFuture;
use parking_lot::RwLock;

use super::watch::Hub;
use super::{Batch, Change, Entry, Revision, Store, StoreError, Watch};

/// Records in memory.
pub struct MemoryStore {
    state: RwLock<State>,
    hub: Hub,
}

#[derive(Default)]
struct State {
    records: BTreeMap<Vec<u8>, (Bytes, Revision)>,
    sequence: Revision,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self { state: RwLock::default(), hub: Hub::new() }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>, StoreError> {
        Ok(self.state.read().records.get_key_value(key).map(entry))
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let state = self.state.read();
        let behind = state.records.range::<[u8], _>((start, Bound::Unbounded));
        Ok(behind.take_while(|(key, _)| key.starts_with(prefix)).take(limit).map(entry).collect())
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Revision, StoreError>> {
        Box::pin(async move {
            batch.check()?;
            let mut state = self.state.write();
            let (revision, changes) = state.commit(batch)?;
            // Sent under the lock, so that watchers see the order of the commits.
            self.hub.send(changes);
            drop(state);
            Ok(revision)
        })
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        self.hub.watch(prefix)
    }

    fn failed(&self) -> Option<String> {
        None
    }
}

impl State {
    fn commit(&mut self, batch: Batch) -> Result<(Revision, Vec<Change>), StoreError> {
        for (key, condition) in batch.conditions {
            if !condition.holds(self.records.get(&key).map(|(_, revision)| *revision)) {
                return Err(StoreError::Conflict { key });
            }
        }
        self.sequence += 1;
        let revision = self.sequence;
        let mut changes = Vec::new();
        for (key, value) in batch.writes {
            if let Some(value) = value {
                self.records.insert(key.clone(), (value, revision));
                changes.push(Change::Put { key: key.into(), revision });
            } else if self.records.remove(&key).is_some() {
                changes.push(Change::Deleted { key: key.into(), revision });
            }
        }
        Ok((revision, changes))
    }
}

fn entry((key, (value, revision)): (&Vec<u8>, &(Bytes, Revision))) -> Entry {
    Entry { key: key.clone(), value: value.clone(), revision: *revision }
}
