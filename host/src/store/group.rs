//! What one group of commits does to the records, worked out before anything is written.

use std::collections::BTreeMap;

use bytes::Bytes;
use sled::IVec;

use super::record::{self, Kind};
use super::{Batch, Change, Revision, StoreError};
use crate::limits::VALUE_PART_BYTES;

/// Under it lies the format of the folder.
pub(super) const FORMAT_KEY: &[u8] = b"meta/format";
/// Under it lie the [`Totals`].
pub(super) const TOTALS_KEY: &[u8] = b"meta/totals";

/// The key in the tree for a caller's key; the first byte keeps callers, parts and the store's own keys apart.
pub(super) fn record_key(key: &[u8]) -> Vec<u8> {
    [b"r", key].concat()
}

/// The key in the tree of one part of a large value: written once, by one write of one commit.
fn part_key(sequence: Revision, write: u32, part: u32) -> Vec<u8> {
    [b"p".as_slice(), &sequence.to_be_bytes(), &write.to_be_bytes(), &part.to_be_bytes()].concat()
}

/// Where the parts of a large value are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    sequence: Revision,
    write: u32,
    pub(super) bytes: usize,
}

impl Parts {
    fn payload(self) -> Vec<u8> {
        [self.write.to_be_bytes().as_slice(), &u64::try_from(self.bytes).unwrap_or(u64::MAX).to_be_bytes()].concat()
    }

    /// Reads the payload of a [`Kind::Parted`] record written by the commit `sequence`.
    pub(super) fn read(key: &[u8], sequence: Revision, payload: &[u8]) -> Result<Self, StoreError> {
        let parsed = payload.split_first_chunk().and_then(|(write, rest)| {
            let bytes = usize::try_from(u64::from_be_bytes(rest.try_into().ok()?)).ok()?;
            Some(Self { sequence, write: u32::from_be_bytes(*write), bytes })
        });
        parsed.ok_or_else(|| record::damaged(key, "the list of its parts cannot be read"))
    }

    /// The keys of all parts, in order.
    pub(super) fn keys(self) -> impl Iterator<Item = Vec<u8>> {
        let count = u32::try_from(self.bytes.div_ceil(VALUE_PART_BYTES)).unwrap_or(u32::MAX);
        (0..count).map(move |part| part_key(self.sequence, self.write, part))
    }
}

/// What the store holds in sum. It is written with every group: a record that is lost, or is an older one than was
/// acknowledged, no longer adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// The last commit.
    pub(super) sequence: Revision,
    /// Records and parts in the tree.
    pub(super) records: u64,
    /// Sum of their fingerprints.
    pub(super) digest: u64,
}

impl Totals {
    pub(super) fn encode(self) -> Vec<u8> {
        let payload = [self.records.to_be_bytes(), self.digest.to_be_bytes()].concat();
        record::encode(TOTALS_KEY, Kind::Whole, self.sequence, &payload)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let record = record::decode(TOTALS_KEY, bytes)?;
        let numbers = record.payload.split_first_chunk().and_then(|(records, rest)| {
            Some((u64::from_be_bytes(*records), u64::from_be_bytes(rest.try_into().ok()?)))
        });
        let (records, digest) = numbers.ok_or_else(|| record::damaged(TOTALS_KEY, "it has the wrong length"))?;
        Ok(Self { sequence: record.sequence, records, digest })
    }

    pub(super) fn add(&mut self, head: record::Head) {
        self.records = self.records.wrapping_add(1);
        self.digest = self.digest.wrapping_add(head.fingerprint());
    }

    fn remove(&mut self, head: record::Head) {
        self.records = self.records.wrapping_sub(1);
        self.digest = self.digest.wrapping_sub(head.fingerprint());
    }
}

/// One key of a group.
#[derive(Debug)]
pub(super) struct Slot {
    /// What is durable: readers see it until the group is.
    pub(super) before: Option<IVec>,
    after: Option<IVec>,
    /// Whether the group writes it.
    pub(super) changed: bool,
}

/// All keys that a group has read for writing or written, in order.
pub(super) type Slots = BTreeMap<IVec, Slot>;

/// A group in the making.
pub(super) struct Group<'a> {
    tree: &'a sled::Tree,
    slots: Slots,
    totals: Totals,
    notices: Vec<Change>,
}

/// A group that is ready to be written.
pub(super) struct Plan {
    pub(super) writes: sled::Batch,
    pub(super) slots: Slots,
    pub(super) totals: Totals,
    pub(super) notices: Vec<Change>,
}

impl<'a> Group<'a> {
    pub(super) fn new(tree: &'a sled::Tree, totals: Totals) -> Self {
        Self { tree, slots: Slots::new(), totals, notices: Vec::new() }
    }

    /// Takes `batch` into the group, or refuses it and leaves the group as it was.
    pub(super) fn admit(&mut self, batch: &Batch) -> Result<Revision, StoreError> {
        for (key, condition) in &batch.conditions {
            // Loaded for good: what is asked about is mostly written, too.
            let raw = IVec::from(record_key(key));
            self.load(&raw)?;
            let current = self.slots.get(&raw).and_then(|slot| slot.after.as_ref());
            let found = current.map(|bytes| record::head(&raw, bytes)).transpose()?;
            if !condition.holds(found.map(|head| head.sequence)) {
                return Err(StoreError::Conflict { key: key.clone() });
            }
        }
        let raw_keys: Vec<IVec> = batch.writes.iter().map(|(key, _)| IVec::from(record_key(key))).collect();
        // Everything that can fail comes before the first change.
        for raw in &raw_keys {
            self.load(raw)?;
            self.load_parts(raw)?;
        }
        self.totals.sequence += 1;
        for (index, (raw, (key, value))) in raw_keys.into_iter().zip(&batch.writes).enumerate() {
            self.write(raw, key, value.as_ref(), u32::try_from(index).unwrap_or(u32::MAX));
        }
        Ok(self.totals.sequence)
    }

    /// The whole group as one write.
    pub(super) fn finish(self) -> Plan {
        let mut writes = sled::Batch::default();
        for (raw, slot) in self.slots.iter().filter(|(_, slot)| slot.changed) {
            match &slot.after {
                Some(bytes) => writes.insert(raw, bytes),
                None => writes.remove(raw),
            }
        }
        writes.insert(TOTALS_KEY, self.totals.encode());
        Plan { writes, slots: self.slots, totals: self.totals, notices: self.notices }
    }

    fn load(&mut self, raw: &IVec) -> Result<(), StoreError> {
        if !self.slots.contains_key(raw) {
            let before = super::view::read(self.tree, raw)?;
            if let Some(bytes) = &before {
                record::head(raw, bytes)?;
            }
            self.slots.insert(raw.clone(), Slot { after: before.clone(), before, changed: false });
        }
        Ok(())
    }

    fn load_parts(&mut self, raw: &IVec) -> Result<(), StoreError> {
        let Some(current) = self.slots.get(raw).and_then(|slot| slot.after.clone()) else { return Ok(()) };
        if record::head(raw, &current)?.kind == Kind::Parted {
            let record = record::decode(raw, &current)?;
            for part in Parts::read(raw, record.sequence, record.payload)?.keys() {
                self.load(&part.into())?;
            }
        }
        Ok(())
    }

    fn write(&mut self, raw: IVec, key: &[u8], value: Option<&Bytes>, index: u32) {
        let revision = self.totals.sequence;
        let existed = self.remove_parts(&raw);
        let key = Bytes::copy_from_slice(key);
        match value {
            Some(value) => {
                let after = self.write_value(&raw, value, index);
                self.set(raw, Some(after));
                self.notices.push(Change::Put { key, revision });
            }
            None if existed => {
                self.set(raw, None);
                self.notices.push(Change::Deleted { key, revision });
            }
            None => {}
        }
    }

    /// Stores the parts of a large value and returns the record that stands under the key itself.
    fn write_value(&mut self, raw: &[u8], value: &Bytes, index: u32) -> IVec {
        let sequence = self.totals.sequence;
        if value.len() <= VALUE_PART_BYTES {
            return record::encode(raw, Kind::Whole, sequence, value).into();
        }
        let parts = Parts { sequence, write: index, bytes: value.len() };
        for (part, bytes) in parts.keys().zip(value.chunks(VALUE_PART_BYTES)) {
            let record = record::encode(&part, Kind::Whole, sequence, bytes);
            self.set(part.into(), Some(record.into()));
        }
        record::encode(raw, Kind::Parted, sequence, &parts.payload()).into()
    }

    /// Removes the parts of the value that is about to be replaced; says whether there was a value at all.
    fn remove_parts(&mut self, raw: &[u8]) -> bool {
        let Some(current) = self.slots.get(raw).and_then(|slot| slot.after.clone()) else { return false };
        let parted = record::head(raw, &current).is_ok_and(|head| head.kind == Kind::Parted);
        let record = if parted { record::decode(raw, &current).ok() } else { None };
        if let Some(parts) = record.and_then(|record| Parts::read(raw, record.sequence, record.payload).ok()) {
            for part in parts.keys() {
                self.set(part.into(), None);
            }
        }
        true
    }

    fn set(&mut self, raw: IVec, after: Option<IVec>) {
        let before = self.slots.get(&raw).and_then(|slot| slot.after.as_ref());
        if let Some(head) = before.and_then(|bytes| record::head(&raw, bytes).ok()) {
            self.totals.remove(head);
        }
        if let Some(head) = after.as_ref().and_then(|bytes| record::head(&raw, bytes).ok()) {
            self.totals.add(head);
        }
        let slot = self.slots.entry(raw).or_insert_with(|| Slot { before: None, after: None, changed: true });
        (slot.after, slot.changed) = (after, true);
    }
}
