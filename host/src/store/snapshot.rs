//! The store as it was at one commit, readable while commits go on.
//!
//! The engine has no such thing, so the committer keeps the old value of every record that it changes while somebody
//! reads a snapshot. One at a time: it serves backups, and its memory is bounded.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use sled::IVec;

use super::group::{Slots, Totals};
use super::view::{self, Page, Pending};
use super::{Revision, StoreError};
use crate::limits::SNAPSHOT_BYTES_MAX;

/// Rows are parts and records; the store's own keys, which begin with an `m`, are before them.
const FIRST: &[u8] = b"n";
/// The first key behind all rows.
const END: &[u8] = b"s";

/// Where a commit ends and the next one begins, for those who must not see half of one.
pub(super) struct Snapshots(Mutex<State>);

struct State {
    durable: Totals,
    reader: Weak<Mutex<Before>>,
}

/// What changed rows were at the snapshot's commit.
#[derive(Default)]
struct Before {
    rows: BTreeMap<IVec, Option<IVec>>,
    bytes: usize,
    /// Rows up to here have been read and need no old value.
    passed: Vec<u8>,
    /// More changed than may be remembered.
    over: bool,
}

impl Snapshots {
    pub(super) fn new(durable: Totals) -> Self {
        Self(Mutex::new(State { durable, reader: Weak::new() }))
    }

    /// Before a group goes into the tree: readers keep what it is about to change.
    pub(super) fn begin_group(&self, pending: &Pending, slots: Slots) {
        let state = self.0.lock();
        if let Some(before) = state.reader.upgrade() {
            before.lock().keep(&slots);
        }
        *pending.write() = Some(Arc::new(slots));
    }

    /// After a group has become durable.
    pub(super) fn end_group(&self, pending: &Pending, durable: Totals) {
        let mut state = self.0.lock();
        state.durable = durable;
        let done = pending.write().take();
        drop(state);
        // Freeing a large group takes its time, and nobody needs to wait for it.
        drop(done);
    }

    /// The last commit that is durable.
    pub(super) fn sequence(&self) -> Revision {
        self.0.lock().durable.sequence
    }

    /// Begins to read at the last durable commit.
    pub(super) fn take(&self, tree: &sled::Tree, pending: &Pending) -> Result<Snapshot, StoreError> {
        let mut state = self.0.lock();
        if state.reader.upgrade().is_some() {
            return Err(StoreError::Busy("a backup is being made already; wait until it is done"));
        }
        let mut before = Before::default();
        if let Some(slots) = pending.read().as_deref() {
            before.keep(slots);
        }
        let before = Arc::new(Mutex::new(before));
        state.reader = Arc::downgrade(&before);
        Ok(Snapshot { tree: tree.clone(), before, totals: state.durable, at: Bound::Included(FIRST.to_vec()) })
    }
}

impl Before {
    fn keep(&mut self, slots: &Slots) {
        for (raw, slot) in slots.iter().filter(|(_, slot)| slot.changed) {
            if self.over || **raw <= *self.passed || self.rows.contains_key(raw) {
                continue;
            }
            self.bytes += raw.len() + slot.before.as_ref().map_or(0, |value| value.len());
            self.rows.insert(raw.clone(), slot.before.clone());
            if self.bytes > SNAPSHOT_BYTES_MAX {
                self.over = true;
                self.rows.clear();
            }
        }
    }

    fn pass(&mut self, upto: &[u8]) {
        self.passed = upto.to_vec();
        while let Some(first) = self.rows.first_entry()
            && **first.key() <= *upto
        {
            let (raw, value) = first.remove_entry();
            self.bytes -= raw.len() + value.map_or(0, |value| value.len());
        }
    }
}

/// All rows of the store at one commit, to be read once from front to back.
pub struct Snapshot {
    tree: sled::Tree,
    before: Arc<Mutex<Before>>,
    pub(super) totals: Totals,
    at: Bound<Vec<u8>>,
}

impl Snapshot {
    /// The commit it shows.
    #[must_use]
    pub const fn sequence(&self) -> Revision {
        self.totals.sequence
    }

    /// Rows it has; a value over 64 KiB counts once more for each of its parts.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.totals.records
    }

    /// About `limit` more rows in the order of their keys; none at the end.
    pub(super) fn next(&mut self, limit: usize) -> Result<Page, StoreError> {
        loop {
            if self.at == Bound::Unbounded {
                return Ok(Page::new());
            }
            let (page, last) = view::page(&self.tree, (&self.at, END), limit, |from, upto| {
                let before = self.before.lock();
                let held = before.rows.range::<[u8], _>((from, upto));
                Some(held.map(|(raw, value)| (raw.clone(), value.clone())).collect())
            })?;
            let mut before = self.before.lock();
            if before.over {
                let text = "more records changed than can be remembered while they were read; try again when less is \
                            going on";
                return Err(StoreError::Busy(text));
            }
            self.at = match last {
                Some(last) => {
                    before.pass(&last);
                    Bound::Excluded(last.to_vec())
                }
                None => Bound::Unbounded,
            };
            if !page.is_empty() {
                return Ok(page);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::store::{Batch, OpenOptions, SledStore, Store};

    async fn fill(store: &SledStore, round: u8) {
        for n in 0..200_u8 {
            let batch =
                Batch::new().put([b'k', n], vec![round; usize::from(n) * 600]).delete([b'k', n.wrapping_mul(7)]);
            store.commit(batch.put([b'n', round, n], "new")).await.unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_snapshot_stays_while_everything_changes() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(folder.path(), OpenOptions::default()).unwrap();
        fill(&store, 1).await;
        let mut before = store.snapshot().unwrap();
        let mut expected = Vec::new();
        while let page = before.next(50).unwrap()
            && !page.is_empty()
        {
            expected.extend(page);
        }
        assert_eq!(expected.len() as u64, before.rows());
        drop(before);
        let mut snapshot = store.snapshot().unwrap();
        assert!(store.snapshot().is_err(), "one at a time");
        let sequence = snapshot.sequence();
        let mut found = Vec::new();
        for round in 2..5 {
            fill(&store, round).await;
            found.extend(snapshot.next(70).unwrap());
        }
        while let page = snapshot.next(70).unwrap()
            && !page.is_empty()
        {
            found.extend(page);
        }
        assert_eq!(snapshot.sequence(), sequence);
        assert!(found == expected, "{} rows instead of {}", found.len(), expected.len());
        drop(snapshot);
        assert!(store.snapshot().unwrap().sequence() > sequence);
    }
}
