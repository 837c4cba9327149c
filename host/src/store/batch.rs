//! What one commit does: conditions first, then writes in order.

use bytes::Bytes;

use super::{Revision, StoreError};
use crate::limits;

/// Writes that take effect together or not at all.
///
/// All conditions are checked against the records as they were before the first write of this batch. A later write of
/// the same key wins. Deleting a key that is not there is no error, and no change.
#[derive(Clone, Debug, Default)]
#[must_use = "a batch does nothing until it is committed"]
pub struct Batch {
    pub(super) conditions: Vec<(Vec<u8>, Condition)>,
    pub(super) writes: Vec<(Vec<u8>, Option<Bytes>)>,
    /// Its values were sealed, which made each of them longer than its writer may have it.
    pub(super) is_sealed: bool,
}

/// What must hold for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Absent,
    Revision(Revision),
}

impl Condition {
    /// Whether a record found with this revision, or not found at all, is as expected.
    pub(super) fn holds(self, found: Option<Revision>) -> bool {
        match self {
            Self::Absent => found.is_none(),
            Self::Revision(expected) => found == Some(expected),
        }
    }
}

impl Batch {
    /// A batch without writes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `value` under `key`, whatever was there.
    pub fn put(mut self, key: impl Into<Vec<u8>>, value: impl Into<Bytes>) -> Self {
        self.writes.push((key.into(), Some(value.into())));
        self
    }

    /// Removes `key`.
    pub fn delete(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.writes.push((key.into(), None));
        self
    }

    /// Refuses the whole batch when there is a record under `key`.
    pub fn require_absent(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.conditions.push((key.into(), Condition::Absent));
        self
    }

    /// Refuses the whole batch unless the record under `key` was written by the commit `revision`.
    pub fn require_revision(mut self, key: impl Into<Vec<u8>>, revision: Revision) -> Self {
        self.conditions.push((key.into(), Condition::Revision(revision)));
        self
    }

    /// Writes and conditions so far; [`limits::COMMIT_OPERATIONS_MAX`] bounds it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.conditions.len() + self.writes.len()
    }

    /// Whether there is neither a write nor a condition.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all keys and values, which is what the batch holds in memory while it waits.
    pub(super) fn bytes(&self) -> usize {
        let writes = self.writes.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Bytes::len));
        writes.sum::<usize>() + self.conditions.iter().map(|(key, _)| key.len()).sum::<usize>()
    }

    /// Refuses what is over a limit before it takes a place in the queue.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let seal = if self.is_sealed { super::seal::OVERHEAD_BYTES } else { 0 };
        within("operations in one commit", self.len(), limits::COMMIT_OPERATIONS_MAX)?;
        for key in self.conditions.iter().map(|(key, _)| key).chain(self.writes.iter().map(|(key, _)| key)) {
            within("bytes of a key", key.len(), limits::KEY_BYTES_MAX)?;
        }
        for value in self.writes.iter().filter_map(|(_, value)| value.as_ref()) {
            within("bytes of a value", value.len(), limits::VALUE_BYTES_MAX + seal)?;
        }
        within("bytes in one commit", self.bytes(), limits::COMMIT_BYTES_MAX + seal * self.writes.len())
    }
}

fn within(what: &'static str, size: usize, max: usize) -> Result<(), StoreError> {
    if size > max { Err(StoreError::TooLarge { what, size, max }) } else { Ok(()) }
}
