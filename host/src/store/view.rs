//! Reading: what is durable, and never what a group still has to make so.
//!
//! Without this a second request could find a record whose commit is not yet on the disk, report it as accepted, and
//! be proven wrong by a power cut.

use std::ops::Bound;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use parking_lot::RwLock;
use sled::IVec;

use super::group::{Parts, Slots, record_key};
use super::record::{self, Kind};
use super::{Entry, StoreError, guard};

/// The group that is in the tree but not yet durable, if any. It stays for ever when the group failed.
pub(super) type Pending = Arc<RwLock<Option<Arc<Slots>>>>;

/// The durable records.
#[derive(Clone)]
pub(super) struct View {
    pub(super) tree: sled::Tree,
    pub(super) pending: Pending,
}

/// Reads from the tree; the engine panics on some damaged pages, which must not take the host down.
pub(super) fn read(tree: &sled::Tree, raw: &[u8]) -> Result<Option<IVec>, StoreError> {
    guarded(|| tree.get(raw))
}

fn guarded<T>(read: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    let broken = || StoreError::damaged("the records", "the storage engine cannot read a page");
    match guard::caught(read) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(cause)) => {
            tracing::error!(%cause, "the storage engine failed to read");
            Err(broken())
        }
        Err(guard::Panicked) => Err(broken()),
    }
}

impl View {
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Entry>, StoreError> {
        let raw = record_key(key);
        self.durable(&raw)?.map(|bytes| self.entry(&raw, &bytes)).transpose().map(Option::flatten)
    }

    pub(super) fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let (mut start, end) = range(prefix, after);
        let mut entries = Vec::new();
        while let (Bound::Included(from) | Bound::Excluded(from), true) = (&start, entries.len() < limit) {
            if *from >= end {
                break;
            }
            let (page, last) = self.page(&start, &end, limit - entries.len())?;
            for (raw, bytes) in page.iter().take(limit - entries.len()) {
                entries.extend(self.entry(raw, bytes)?);
            }
            let Some(last) = last else { break };
            start = Bound::Excluded(last.to_vec());
        }
        Ok(entries)
    }

    /// The durable value under a raw key. The tree is read first: a commit that becomes durable between the two
    /// steps is then either seen or was durable when it was read.
    fn durable(&self, raw: &[u8]) -> Result<Option<IVec>, StoreError> {
        let found = read(&self.tree, raw)?;
        let pending = self.pending.read().clone();
        Ok(pending.and_then(|slots| slots.get(raw).map(|slot| slot.before.clone())).unwrap_or(found))
    }

    /// About `limit` durable records from `start` on, and the key to go on behind, if there may be more.
    fn page(&self, start: &Bound<Vec<u8>>, end: &[u8], limit: usize) -> Result<(Page, Option<IVec>), StoreError> {
        page(&self.tree, (start, end), limit, |from, upto| {
            let slots = self.pending.read().clone()?;
            Some(slots.range::<[u8], _>((from, upto)).map(|(raw, slot)| (raw.clone(), slot.before.clone())).collect())
        })
    }

    /// Decodes a record; `None` when a large value was removed while its parts were being read.
    fn entry(&self, raw: &[u8], bytes: &[u8]) -> Result<Option<Entry>, StoreError> {
        let record = record::decode(raw, bytes)?;
        let value = match record.kind {
            Kind::Whole => Bytes::copy_from_slice(record.payload),
            Kind::Parted => match self.join(raw, Parts::read(raw, record.sequence, record.payload)?)? {
                Some(value) => value,
                None => return self.again(raw, bytes),
            },
        };
        let key = raw.get(1..).unwrap_or_default().to_vec();
        Ok(Some(Entry { key, value, revision: record.sequence }))
    }

    fn join(&self, raw: &[u8], parts: Parts) -> Result<Option<Bytes>, StoreError> {
        let mut value = BytesMut::new();
        for key in parts.keys() {
            let Some(part) = self.durable(&key)? else { return Ok(None) };
            value.extend_from_slice(record::decode(&key, &part)?.payload);
        }
        if value.len() == parts.bytes {
            Ok(Some(value.freeze()))
        } else {
            Err(record::damaged(raw, "its parts do not have its length"))
        }
    }

    /// A part is gone: the record was replaced in the meantime, or it is damaged.
    fn again(&self, raw: &[u8], seen: &[u8]) -> Result<Option<Entry>, StoreError> {
        match self.durable(raw)? {
            Some(now) if *now == *seen => Err(record::damaged(raw, "a part of it is missing")),
            Some(now) => self.entry(raw, &now),
            None => Ok(None),
        }
    }
}

/// Raw records in order.
pub(super) type Page = Vec<(IVec, IVec)>;
/// What stands in for the tree: keys in order, each with its value or that there is none.
pub(super) type Held = Vec<(IVec, Option<IVec>)>;

/// About `limit` raw records from `start` on and before `end`, with what is `held` in a range in place of what the tree
/// has there; and the key to go on behind, if there may be more. The tree is read first, see [`View::durable`].
pub(super) fn page(
    tree: &sled::Tree,
    (start, end): (&Bound<Vec<u8>>, &[u8]),
    limit: usize,
    held: impl FnOnce(Bound<&[u8]>, Bound<&[u8]>) -> Option<Held>,
) -> Result<(Page, Option<IVec>), StoreError> {
    let bounds = (start.clone(), Bound::Excluded(end.to_vec()));
    let mut found: Page = guarded(|| tree.range(bounds).take(limit).collect())?;
    let last = if found.len() < limit { None } else { found.last().map(|(raw, _)| raw.clone()) };
    let upto = last.as_ref().map_or(Bound::Excluded(end), |raw| Bound::Included(raw.as_ref()));
    if let Some(held) = held(start.as_ref().map(Vec::as_slice), upto) {
        found.retain(|(raw, _)| held.binary_search_by(|(key, _)| key.cmp(raw)).is_err());
        found.extend(held.into_iter().filter_map(|(raw, value)| Some((raw, value?))));
        found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    }
    Ok((found, last))
}

/// Where a scan begins and the first key behind its prefix.
fn range(prefix: &[u8], after: Option<&[u8]>) -> (Bound<Vec<u8>>, Vec<u8>) {
    let begin = record_key(prefix);
    let mut end = begin.clone();
    // The first byte of a raw key is never 0xff, so there always is a next prefix.
    while let Some(byte) = end.pop() {
        if let Some(next) = byte.checked_add(1) {
            end.push(next);
            break;
        }
    }
    match after.map(record_key) {
        Some(after) if after >= begin => (Bound::Excluded(after), end),
        _ => (Bound::Included(begin), end),
    }
}
