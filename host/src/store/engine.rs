//! The store in one folder of this machine.

use std::fs::File;
use std::path::Path;
use std::thread::JoinHandle;

use futures::future::BoxFuture;
use parking_lot::Mutex;

use super::commit::{Committer, Shared};
use super::disk::{Disk, SledDisk};
use super::open::{self, OpenOptions, Opened, Progress, RECORDS, Verified};
use super::room::Room;
use super::snapshot::Snapshot;
use super::view::{Pending, View};
use super::{Batch, Entry, Revision, Store, StoreError, Watch};

/// Records in a folder, kept by sled and made durable by one committer thread.
///
/// Dropping it waits for commits that are under way, as [`SledStore::close`] does.
pub struct SledStore {
    // The order is the order of the drops: the folder is unlocked last.
    committer: Mutex<Option<JoinHandle<()>>>,
    view: View,
    shared: std::sync::Arc<Shared>,
    folder: std::path::PathBuf,
    verified: Verified,
    room: Room,
    _lock: File,
}

impl SledStore {
    /// Opens the folder `path`, creates it when it is not there, and verifies every record.
    ///
    /// It blocks: about a second for 100,000 records of 1 kB on a slow machine. Call it off the async runtime.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when the folder is in use or cannot be made, [`StoreError::Damaged`] when it does not
    /// hold exactly what was acknowledged or was written by a newer host.
    pub fn open(path: impl AsRef<Path>, options: OpenOptions) -> Result<Self, StoreError> {
        Self::open_watched(path, options, &mut |_| {})
    }

    /// As [`SledStore::open`], and tells `progress` how many records have been verified.
    ///
    /// # Errors
    /// As for [`SledStore::open`].
    pub fn open_watched(
        path: impl AsRef<Path>,
        options: OpenOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let opened = open::open(path, options, progress)?;
        let file = opened.file.try_clone().map_err(|cause| open::unusable(path, &cause))?;
        let disk = SledDisk { db: opened.db.clone(), file };
        Self::start(path, options, opened, disk)
    }

    /// Whether the folder `path` holds records.
    #[must_use]
    pub fn exists(path: &Path) -> bool {
        path.join(RECORDS).exists()
    }

    /// As [`SledStore::open`], writing through a disk of the test's making.
    #[cfg(test)]
    pub(super) fn open_with<D: Disk>(path: &Path, disk: impl FnOnce(SledDisk) -> D) -> Result<Self, StoreError> {
        let options = OpenOptions::default();
        let opened = open::open(path, options, &mut |_| {})?;
        let file = opened.file.try_clone().map_err(|cause| open::unusable(path, &cause))?;
        let disk = disk(SledDisk { db: opened.db.clone(), file });
        Self::start(path, options, opened, disk)
    }

    fn start<D: Disk>(folder: &Path, options: OpenOptions, opened: Opened, disk: D) -> Result<Self, StoreError> {
        let Opened { db, acknowledged, totals, verified, lock, .. } = opened;
        let view = View { tree: sled::Tree::clone(&db), pending: Pending::default() };
        let shared = Shared::new(totals);
        let committer = Committer { disk, view: view.clone(), totals, acknowledged, shared: shared.clone() };
        let thread = std::thread::Builder::new().name("store-commit".to_owned());
        let thread = thread.spawn(move || committer.run()).map_err(|cause| open::unusable(folder, &cause))?;
        let committer = Mutex::new(Some(thread));
        let room = Room::new(folder, options.free_bytes_min);
        Ok(Self { committer, view, shared, folder: folder.to_owned(), verified, room, _lock: lock })
    }

    /// What was found when the folder was opened.
    #[must_use]
    pub const fn verified(&self) -> Verified {
        self.verified
    }

    /// The last durable commit.
    #[must_use]
    pub fn sequence(&self) -> Revision {
        self.shared.snapshots.sequence()
    }

    /// The store as it is at this moment, for a backup; commits go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while there is another one.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.shared.snapshots.take(&self.view.tree, &self.view.pending)
    }

    /// The folder it is in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes no more commits and waits until those under way are acknowledged. Reads still work afterwards.
    ///
    /// It blocks, for milliseconds as a rule: call it off the async runtime. A second call does nothing.
    pub fn close(&self) {
        self.shared.queue.close();
        if let Some(thread) = self.committer.lock().take() {
            // The committer catches its panics; if one got through, nobody is left to be told.
            let _ = thread.join();
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store for SledStore {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>, StoreError> {
        self.view.get(key).map_err(|error| error.in_folder(&self.folder))
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.view.scan(prefix, after, limit).map_err(|error| error.in_folder(&self.folder))
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Revision, StoreError>> {
        Box::pin(async move {
            batch.check()?;
            let Some(answer) = self.shared.queue.push(batch).await else { return Err(self.shared.ended()) };
            let answer = answer.await.unwrap_or_else(|_| Err(self.shared.ended()));
            answer.map_err(|error| error.in_folder(&self.folder))
        })
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        self.shared.hub.watch(prefix)
    }

    fn failed(&self) -> Option<String> {
        self.shared.failed.get().cloned()
    }

    fn room(&self) -> Result<(), StoreError> {
        self.room.check()
    }
}
