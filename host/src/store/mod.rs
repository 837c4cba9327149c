//! The durable key-value store: the only place that knows what engine keeps the records.
//!
//! [`Store`] is small on purpose, so an engine for many machines can stand behind it. [`SledStore`] keeps records in
//! one folder; [`MemoryStore`] keeps them nowhere and serves tests and simulations. How a commit becomes durable is
//! told in `commit.rs`, what a record looks like on disk in `record.rs`, and how a folder is opened in `open.rs`.

mod acknowledged;
mod backup;
mod batch;
mod commit;
mod create;
mod disk;
mod engine;
mod error;
mod group;
mod guard;
mod memory;
mod open;
mod queue;
mod record;
mod room;
mod seal;
mod snapshot;
mod stats;
mod view;
mod watch;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod fault_tests;

pub use backup::{Backup, BackupHeader, restore, save_backup, verify_backup};
pub use batch::Batch;
pub use engine::SledStore;
pub use error::StoreError;
pub use guard::log_engine_panics;
pub use memory::MemoryStore;
pub use open::{OpenOptions, Progress, Verified};
pub use seal::{FileSeal, MasterKeys, Rekeyed, SealedStore, rekey};
pub use snapshot::Snapshot;
pub use stats::{FileStats, KindStats, Stats};
pub use watch::{Change, Watch};

use bytes::Bytes;
use futures::future::BoxFuture;

/// The sequence number of the commit that wrote a record. Commits count from 1 without gaps.
pub type Revision = u64;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub key: Vec<u8>,
    /// Its value.
    pub value: Bytes,
    /// The commit that wrote it.
    pub revision: Revision,
}

/// A durable, ordered map with atomic conditional commits.
///
/// Reads show durable records only: what a reader has seen survives a power cut. Reads may touch the disk but never
/// wait for a commit.
pub trait Store: Send + Sync + 'static {
    /// The record under `key`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the record cannot be trusted.
    fn get(&self, key: &[u8]) -> Result<Option<Entry>, StoreError>;

    /// Up to `limit` records whose keys begin with `prefix`, in byte order, beginning behind the key `after`.
    ///
    /// Every record is durable, but commits may happen during the scan: it is no snapshot of one moment.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a record cannot be trusted.
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// Commits `batch`; resolves only once it is durable. Nothing happens before the future is polled, and once it
    /// has been polled dropping it does not undo the commit.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] or [`StoreError::TooLarge`] for this batch only; [`StoreError::Failed`] and
    /// [`StoreError::Closed`] for every batch from then on. After `Failed` the batch may or may not be durable.
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Revision, StoreError>>;

    /// Notices of keys under `prefix` committed from now on.
    fn watch(&self, prefix: &[u8]) -> Watch;

    /// Why nothing is acknowledged any more, once a write has failed. The host should say so and stop.
    fn failed(&self) -> Option<String>;

    /// Whether there is room for more. Ask it before something new is taken in, and not before what was taken in is
    /// carried on: that is what the room is kept for. It is cheap enough to be asked every time.
    ///
    /// # Errors
    /// [`StoreError::NoRoom`] when the disk is nearly full.
    fn room(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
