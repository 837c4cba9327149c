//! The folder of recordings: a folder for each connection, a file for each call, the newest kept and the others removed.
//!
//! A file's name has the time, the operation and how the call ended, so that a list opens no file. Recordings are help
//! for people, not records: they are written without waiting for the disk, and a power cut may cost the last ones.

use std::collections::VecDeque;
use std::fmt;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ulid::Ulid;
use utoipa::ToSchema;

use super::draft::{Room, Share};
use super::frame::{encode, read_recording};
use super::recorder::{Loss, Recorder, Rule};
use super::{Recording, RecordingError};
use crate::limits;
use crate::seam::{self, Clock, Millis};
use crate::store::{FileSeal, Store};

/// How the name of every recording begins.
const PREFIX: &str = "rec_";
/// How the name of its file ends.
const SUFFIX: &str = ".rec";

/// How the name of a file ends that is being written.
const HALF: &str = ".new";
/// Longer than any file is being written.
const HALF_MS_MAX: Millis = 3_600_000;

/// A recording's name: `rec_` and a ULID. Names sort by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordingId(Ulid);

impl fmt::Display for RecordingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

/// The text names no recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read a recording's name: it is `rec_` and 26 letters and digits")]
pub struct NoRecordingId;

impl FromStr for RecordingId {
    type Err = NoRecordingId;

    fn from_str(text: &str) -> Result<Self, NoRecordingId> {
        let ulid = text.strip_prefix(PREFIX).ok_or(NoRecordingId)?;
        let id = Self(Ulid::from_string(ulid).map_err(|_| NoRecordingId)?);
        if id.to_string() == text { Ok(id) } else { Err(NoRecordingId) }
    }
}

impl Serialize for RecordingId {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordingId {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        String::deserialize(reader)?.parse().map_err(de::Error::custom)
    }
}

/// A recording in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Summary {
    /// Its name.
    #[schema(value_type = String)]
    pub id: RecordingId,
    /// The connection.
    pub connection: String,
    /// The operation.
    pub operation: String,
    /// How the call ended: `ok`, `refused`, `trap`, `deadline` or `malformed`.
    pub end: String,
    /// When it began; milliseconds since the epoch.
    pub at: Millis,
    /// Size of the file.
    pub bytes: u64,
    /// The file.
    #[serde(skip)]
    pub file: PathBuf,
}

type Handed = (Arc<Recorder>, Box<Recording>, Share);

/// The files of all connections.
pub(super) struct Shelf {
    /// None where nothing is recorded.
    folder: Option<PathBuf>,
    seal: FileSeal,
    /// Asked whether the disk has room, which documents need more.
    store: Option<Arc<dyn Store>>,
    clock: Clock,
    room: Arc<Room>,
    last: Mutex<Ulid>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Handed>,
    writing: bool,
}

impl Shelf {
    pub(super) fn new(folder: Option<PathBuf>, seal: FileSeal, clock: Clock) -> Self {
        let (room, last, queue) = (Arc::default(), Mutex::new(Ulid::nil()), Mutex::default());
        Self { folder, seal, store: None, clock, room, last, queue }
    }

    /// The same beside a store, on its disk.
    pub(super) fn beside(self, store: Arc<dyn Store>) -> Self {
        Self { store: Some(store), ..self }
    }

    pub(super) const fn is_off(&self) -> bool {
        self.folder.is_none()
    }

    /// The folder of a connection. A name that is none of a connection has no folder, wherever it would lead.
    fn folder_of(&self, connection: &str) -> Option<PathBuf> {
        let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        let sound = (1..=64).contains(&connection.len()) && connection.chars().all(simple);
        self.folder.as_ref().filter(|_| sound).map(|folder| folder.join(connection))
    }

    pub(super) const fn room(&self) -> &Arc<Room> {
        &self.room
    }

    /// A name for a call that begins at `at`. Names of one moment keep their order.
    pub(super) fn name_at(&self, at: Millis) -> RecordingId {
        let random = u128::from_le_bytes(seam::random_bytes());
        let mut last = self.last.lock();
        let next = if last.timestamp_ms() == at { last.increment() } else { None };
        *last = next.unwrap_or_else(|| Ulid::from_parts(at, random >> 1));
        RecordingId(*last)
    }

    /// Leaves a recording to the one task that writes.
    pub(super) fn hand_in(
        self: &Arc<Self>,
        recorder: &Arc<Recorder>,
        recording: Box<Recording>,
        share: Share,
    ) -> Result<(), Loss> {
        let mut queue = self.queue.lock();
        if queue.waiting.len() >= limits::RECORDINGS_WAITING_MAX {
            return Err(Loss::Busy);
        }
        queue.waiting.push_back((Arc::clone(recorder), recording, share));
        if !queue.writing {
            queue.writing = true;
            let shelf = Arc::clone(self);
            seam::spawn_blocking(move || shelf.write());
        }
        Ok(())
    }

    /// Whether something is on its way to the disk.
    pub(super) fn is_writing(&self) -> bool {
        self.queue.lock().writing
    }

    fn write(&self) {
        loop {
            let next = {
                let mut queue = self.queue.lock();
                let next = queue.waiting.pop_front();
                queue.writing = next.is_some();
                next
            };
            let Some((recorder, recording, share)) = next else { return };
            if let Err(error) = self.put(&recording) {
                tracing::debug!(connection = recorder.connection(), "failed to {error}");
                recorder.lost(Loss::Failed);
            }
            drop(share);
            self.prune(recorder.connection(), recorder.rule());
        }
    }

    /// Writes a file beside its place and moves it there: nobody reads half of it.
    fn put(&self, recording: &Recording) -> Result<(), RecordingError> {
        let name = format!("{}-{}-{}{SUFFIX}", recording.id.0, recording.operation, recording.end.word());
        let folder = self.folder_of(recording.connection()).unwrap_or_default();
        let path = folder.join(name);
        let unwritable = |problem: String| RecordingError::Unwritable { path: path.clone(), problem };
        if let Some(error) = self.store.as_ref().and_then(|store| store.room().err()) {
            return Err(unwritable(error.to_string()));
        }
        let bytes = encode(recording, &self.seal).map_err(unwritable)?;
        let failed = |e: std::io::Error| unwritable(e.to_string());
        // Business data: for the host's own user only, as the store is.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        let beside = path.with_extension(HALF.trim_start_matches('.'));
        let mut options = std::fs::File::options();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside).map_err(failed)?;
        file.write_all(&bytes).map_err(failed)?;
        std::fs::rename(&beside, &path).map_err(failed)
    }

    /// What is there, the newest first.
    pub(super) fn list(&self, connection: Option<&str>) -> Vec<Summary> {
        let mut found = match connection {
            Some(connection) => self.of(connection),
            None => self.connections().iter().flat_map(|connection| self.of(connection)).collect(),
        };
        found.sort_by_key(|one| std::cmp::Reverse(one.id));
        found
    }

    fn connections(&self) -> Vec<String> {
        let entries = self.folder.as_ref().and_then(|folder| std::fs::read_dir(folder).ok());
        entries.into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    fn of(&self, connection: &str) -> Vec<Summary> {
        let entries = self.folder_of(connection).and_then(|folder| std::fs::read_dir(folder).ok());
        let summary = |entry: std::fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let (ulid, rest) = name.strip_suffix(SUFFIX)?.split_once('-')?;
            let (operation, end) = rest.rsplit_once('-')?;
            let id = RecordingId(Ulid::from_string(ulid).ok()?);
            Some(Summary {
                id,
                connection: connection.to_owned(),
                operation: operation.to_owned(),
                end: end.to_owned(),
                at: id.0.timestamp_ms(),
                bytes: entry.metadata().ok()?.len(),
                file: entry.path(),
            })
        };
        entries.into_iter().flatten().flatten().filter_map(summary).collect()
    }

    pub(super) fn read(&self, connection: &str, id: RecordingId) -> Result<Recording, RecordingError> {
        match self.of(connection).into_iter().find(|summary| summary.id == id) {
            Some(summary) => read_recording(&summary.file, &self.seal),
            None => Err(RecordingError::Unknown { connection: connection.to_owned(), id: id.to_string() }),
        }
    }

    /// Removes what is too old, too many or too much of a connection's recordings.
    fn prune(&self, connection: &str, rule: Rule) {
        let oldest = self.clock.now().saturating_sub(u64::try_from(rule.age.as_millis()).unwrap_or(u64::MAX));
        let mut bytes = 0_u64;
        for (place, summary) in self.list(Some(connection)).into_iter().enumerate() {
            bytes = bytes.saturating_add(summary.bytes);
            if summary.at < oldest || place >= rule.keep || bytes > limits::RECORDINGS_DISK_BYTES_MAX {
                // One that cannot be removed now is tried again with the next.
                if let Err(error) = std::fs::remove_file(&summary.file) {
                    tracing::debug!(file = %summary.file.display(), %error, "an old recording could not be removed");
                }
            }
        }
    }

    /// Removes what a host that was killed has left half written.
    fn sweep(&self, connection: &str) {
        let now = self.clock.now();
        let entries = self.folder_of(connection).and_then(|folder| std::fs::read_dir(folder).ok());
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.file_name().into_string().unwrap_or_default();
            let half = name.strip_suffix(HALF).and_then(|name| name.split_once('-'));
            let ulid = half.and_then(|(ulid, _)| Ulid::from_string(ulid).ok());
            if ulid.is_some_and(|ulid| ulid.timestamp_ms().saturating_add(HALF_MS_MAX) < now) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// The same for every connection, with those that have no file any more.
    pub(super) fn tidy(&self, rule: impl Fn(&str) -> Rule) {
        for connection in self.connections() {
            self.prune(&connection, rule(&connection));
            self.sweep(&connection);
            // It fails where something is left, which is right.
            let _ = self.folder_of(&connection).map(std::fs::remove_dir);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::super::frame::tests::recording;
    use super::*;
    use crate::store::StoreError;

    fn shelf(folder: &Path, clock: &Clock) -> Shelf {
        Shelf::new(Some(folder.to_owned()), FileSeal::default(), clock.clone())
    }

    fn fill(shelf: &Shelf, clock: &Clock, count: usize) {
        for _ in 0..count {
            let mut one = recording();
            one.id = shelf.name_at(clock.now());
            shelf.put(&one).unwrap();
        }
    }

    #[test]
    fn the_newest_are_kept_by_number_and_age() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::manual(1_700_000_000_000));
        let shelf = shelf(folder.path(), &clock);
        fill(&shelf, &clock, 5);
        clock.advance(Duration::from_secs(60));
        fill(&shelf, &clock, 5);
        let all = shelf.list(None);
        assert_eq!(all.len(), 10);
        assert!(all.windows(2).all(|pair| pair[0].id > pair[1].id), "the newest first");
        let (operation, end) = (all[0].operation.as_str(), all[0].end.as_str());
        assert_eq!((operation, end, all[0].at), ("pricing.query", "ok", clock.now()));
        shelf.prune("c", Rule { keep: 7, ..Rule::default() });
        assert_eq!(shelf.list(None), all[..7]);
        shelf.tidy(|_| Rule { age: Duration::from_secs(30), ..Rule::default() });
        assert_eq!(shelf.list(Some("c")), all[..5], "the others are older than half a minute");
        std::fs::write(all[0].file.with_extension("new"), "half").unwrap();
        clock.advance(Duration::from_secs(3_601));
        shelf.tidy(|_| Rule { age: Duration::from_secs(30), ..Rule::default() });
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn a_disk_that_is_nearly_full_takes_no_recordings() {
        struct Full;
        impl Store for Full {
            fn get(&self, _: &[u8]) -> Result<Option<crate::store::Entry>, StoreError> {
                Ok(None)
            }
            fn scan(&self, _: &[u8], _: Option<&[u8]>, _: usize) -> Result<Vec<crate::store::Entry>, StoreError> {
                Ok(Vec::new())
            }
            fn commit(
                &self,
                _: crate::store::Batch,
            ) -> futures::future::BoxFuture<'_, Result<crate::store::Revision, StoreError>> {
                Box::pin(std::future::ready(Ok(0)))
            }
            fn watch(&self, prefix: &[u8]) -> crate::store::Watch {
                crate::store::MemoryStore::new().watch(prefix)
            }
            fn failed(&self) -> Option<String> {
                None
            }
            fn room(&self) -> Result<(), StoreError> {
                Err(StoreError::NoRoom { folder: "/data".into(), free_mib: 1, min_mib: 256 })
            }
        }
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::manual(1_700_000_000_000));
        let shelf = shelf(folder.path(), &clock).beside(Arc::new(Full));
        assert!(shelf.put(&recording()).is_err());
        assert!(shelf.list(None).is_empty());
    }

    #[test]
    fn the_bytes_on_the_disk_are_bounded() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::manual(1_700_000_000_000));
        let shelf = shelf(folder.path(), &clock);
        fill(&shelf, &clock, 3);
        // Sparse files stand for large ones.
        for summary in shelf.list(None) {
            let file = std::fs::File::options().write(true).open(&summary.file).unwrap();
            file.set_len(limits::RECORDINGS_DISK_BYTES_MAX / 2).unwrap();
        }
        let newest = shelf.list(None)[..2].to_vec();
        shelf.prune("c", Rule::default());
        assert_eq!(shelf.list(None), newest);
    }

    #[test]
    fn files_are_their_owners_and_a_name_has_one_spelling() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::manual(1_700_000_000_000));
        let shelf = shelf(folder.path(), &clock);
        fill(&shelf, &clock, 1);
        let [one] = &shelf.list(None)[..] else { panic!("one file") };
        assert_eq!(std::fs::metadata(&one.file).unwrap().permissions().mode() & 0o777, 0o600);
        let text = one.id.to_string();
        assert_eq!(text.parse(), Ok(one.id));
        for wrong in ["", "rec_", "rec_../../x", &text.to_lowercase(), &text[4..]] {
            assert_eq!(wrong.parse::<RecordingId>(), Err(NoRecordingId), "{wrong}");
        }
        assert!(shelf.read("c", one.id).is_ok());
        for other in ["d", "", "..", "../c", "/", "c/../c"] {
            assert!(matches!(shelf.read(other, one.id), Err(RecordingError::Unknown { .. })), "{other}");
        }
    }
}
