//! Opening a folder: the engine may panic, hang or silently lose records on a damaged one, so it is watched while it
//! opens, and afterwards every record is read and the sum compared with what was acknowledged.

use std::fs::{self, File, TryLockError};
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::acknowledged::{self, Acknowledged};
use super::group::{FORMAT_KEY, TOTALS_KEY, Totals};
use super::record;
use super::{Revision, StoreError, create, guard};
use crate::limits::{
    DISK_FREE_BYTES_MIN, STORE_CACHE_BYTES, STORE_CUTS_MAX, STORE_OPEN_TIMEOUT, STORE_SEGMENT_BYTES, STORE_UNLOCK_WAIT,
    STORE_UNLOCK_WAITS, STORE_VERIFIERS_MAX,
};

/// The layout of keys and envelopes that this host writes.
pub(super) const FORMAT: u8 = 1;
/// The folder of the records inside the data folder; next to it is the lock.
pub(super) const RECORDS: &str = "records";
const LOCK: &str = "lock";
/// sled writes what nobody flushed, and collects garbage, at this pace.
const BACKGROUND_FLUSH_MS: u64 = 200;
/// After so many verified records the opening thread shows that it is alive.
const RECORDS_PER_SIGN: u64 = 4_096;

/// How a store is opened.
#[derive(Clone, Copy, Debug)]
pub struct OpenOptions {
    /// Bytes of pages to keep in memory; sled uses some times that.
    pub cache_bytes: u64,
    /// How long the engine may show no progress before the folder is called damaged.
    pub timeout: Duration,
    /// Whether a store is made where there is none.
    pub create: bool,
    /// Free space of the disk, in bytes, below which the store says that it has no room.
    pub free_bytes_min: u64,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            cache_bytes: STORE_CACHE_BYTES,
            timeout: STORE_OPEN_TIMEOUT,
            create: true,
            free_bytes_min: DISK_FREE_BYTES_MIN,
        }
    }
}

/// How far long work has come, in records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Records that are done.
    pub done: u64,
    /// Records there are.
    pub total: u64,
}

/// What was found in a folder that is sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// Records that were read and verified; a value over 64 KiB counts once more for each of its parts.
    pub records: u64,
    /// The last commit.
    pub sequence: Revision,
}

/// An opened folder, ready for the committer.
pub(super) struct Opened {
    pub(super) db: sled::Db,
    /// sled's file, to sync it.
    pub(super) file: File,
    pub(super) acknowledged: Acknowledged,
    pub(super) totals: Totals,
    pub(super) verified: Verified,
    pub(super) lock: File,
}

/// What the opening thread tells.
enum Sign {
    Alive(Progress),
    Done(Result<(sled::Db, Totals), StoreError>),
}

pub(super) fn open(
    path: &Path,
    options: OpenOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<Opened, StoreError> {
    let records = path.join(RECORDS);
    if !records.exists() && !options.create {
        return Err(StoreError::Failed(format!(
            "there are no records in {}; `apiconnect init` sets a host up, `apiconnect store restore` brings one back",
            path.display()
        )));
    }
    let lock = lock(path)?;
    if !records.exists() {
        create::empty(path, options)?;
    }
    forget_unfinished(&records).map_err(|cause| unusable(path, &cause))?;
    // Looked at first: sled would quietly begin anew where its file is missing.
    let (acknowledged, last) = Acknowledged::open(&records).map_err(|error| error.in_folder(path))?;
    let file = File::options().read(true).write(true).open(records.join("db"));
    let file = file.map_err(|cause| {
        StoreError::damaged(
            path.display().to_string(),
            format!("its file records/db cannot be opened ({})", cause.kind()),
        )
    })?;
    let (db, totals) = guarded(&records, options, last, progress).map_err(|error| error.in_folder(path))?;
    let verified = Verified { records: totals.records, sequence: totals.sequence };
    tracing::info!(folder = %path.display(), records = totals.records, sequence = totals.sequence, "the store is open");
    Ok(Opened { db, file, acknowledged, totals, verified, lock })
}

/// Removes what an opening that was cut short has left: sled writes a snapshot of its table beside the one before and
/// renames it when it is whole, but takes one without its name for the newest, and the folder for corrupt.
fn forget_unfinished(records: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(records)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            tracing::info!(file = name, "removing what an opening that was cut short has left");
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// A file operation on the folder failed for a reason that is not damage.
pub(super) fn unusable(path: &Path, cause: &std::io::Error) -> StoreError {
    StoreError::Failed(format!("the data folder {} cannot be used ({cause})", path.display()))
}

/// The lock goes with the descriptor, so a host that was killed leaves none behind.
pub(super) fn lock(path: &Path) -> Result<File, StoreError> {
    let opened = fs::create_dir_all(path)
        .and_then(|()| File::options().create(true).truncate(false).write(true).open(path.join(LOCK)));
    let lock = opened.map_err(|cause| unusable(path, &cause))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::Failed(format!("the data folder is in use by another apiconnect ({})", path.display())))
        }
        Err(TryLockError::Error(cause)) => Err(unusable(path, &cause)),
    }
}

pub(super) fn config(folder: &Path, options: OpenOptions) -> sled::Config {
    sled::Config::new()
        .path(folder)
        .segment_size(STORE_SEGMENT_BYTES)
        .cache_capacity(options.cache_bytes)
        .flush_every_ms(Some(BACKGROUND_FLUSH_MS))
}

/// Opens and verifies in a thread of its own. A thread that hangs is left behind: it cannot be stopped, and the host
/// will not go on with this folder anyway.
pub(super) fn guarded(
    folder: &Path,
    options: OpenOptions,
    last: Revision,
    progress: &mut dyn FnMut(Progress),
) -> Result<(sled::Db, Totals), StoreError> {
    let (signs, seen) = channel();
    let (place, config) = (folder.to_owned(), config(folder, options));
    let work = move || {
        let opened = guard::caught(|| verify(&place, &config, last, &signs));
        let panicked = |_| Err(damaged("the storage engine cannot read it"));
        // Nobody listens any more when it took too long.
        let _ = signs.send(Sign::Done(opened.unwrap_or_else(panicked)));
    };
    let thread = std::thread::Builder::new().name("store-open".to_owned());
    thread.spawn(work).map_err(|cause| unusable(folder, &cause))?;
    wait(&seen, options.timeout, progress)
}

fn wait(
    seen: &Receiver<Sign>,
    timeout: Duration,
    progress: &mut dyn FnMut(Progress),
) -> Result<(sled::Db, Totals), StoreError> {
    loop {
        match seen.recv_timeout(timeout) {
            Ok(Sign::Alive(at)) => progress(at),
            Ok(Sign::Done(result)) => return result,
            Err(RecvTimeoutError::Timeout) => return Err(damaged("the storage engine hangs while it reads it")),
            Err(RecvTimeoutError::Disconnected) => return Err(damaged("the storage engine cannot read it")),
        }
    }
}

fn verify(
    folder: &Path,
    config: &sled::Config,
    last: Revision,
    signs: &Sender<Sign>,
) -> Result<(sled::Db, Totals), StoreError> {
    let unreadable = |cause: sled::Error| unreadable(folder, &cause);
    let db = unlocked(config).map_err(unreadable)?;
    // From here on the waiting side measures progress, not the whole.
    let _ = signs.send(Sign::Alive(Progress { done: 0, total: 0 }));
    check_format(db.get(FORMAT_KEY).map_err(unreadable)?.as_deref())?;
    let totals = db.get(TOTALS_KEY).map_err(unreadable)?.ok_or_else(|| damaged("its table of contents is missing"))?;
    let totals = Totals::decode(&totals)?;
    if totals.sequence < last {
        let lost = last - totals.sequence;
        return Err(damaged(&format!("its last {lost} acknowledged commits are missing")));
    }
    let found = Verification { db: &db, folder, totals, signs, done: AtomicU64::new(0) }.run()?;
    if found == totals {
        return Ok((db, totals));
    }
    let (found, written) = (found.records, totals.records);
    Err(damaged(&format!("it has {found} records that do not add up to the {written} acknowledged ones")))
}

/// Reads every record of an opened folder, several ranges of keys at a time.
struct Verification<'a> {
    db: &'a sled::Db,
    folder: &'a Path,
    totals: Totals,
    signs: &'a Sender<Sign>,
    /// Records that are verified.
    done: AtomicU64,
}

impl Verification<'_> {
    /// What all records add up to. Where the ranges meet makes no difference to that: together they are all keys.
    fn run(&self) -> Result<Totals, StoreError> {
        let cuts = cuts(self.db).map_err(|cause| unreadable(self.folder, &cause))?;
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let verifier = || -> Result<Totals, StoreError> {
            let mut found = Totals::default();
            loop {
                let range = next.fetch_add(1, Ordering::Relaxed);
                if range > cuts.len() || failed.load(Ordering::Relaxed) {
                    return Ok(found);
                }
                let from = range.checked_sub(1).and_then(|at| cuts.get(at));
                let read = guard::caught(|| self.range(from, cuts.get(range), &mut found));
                let read = read.unwrap_or_else(|_| Err(damaged("the storage engine cannot read it")));
                if let Err(error) = read {
                    failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        };
        let others =
            std::thread::available_parallelism().map_or(1, usize::from).min(STORE_VERIFIERS_MAX).saturating_sub(1);
        std::thread::scope(|scope| {
            let others: Vec<_> = (0..others).map(|_| scope.spawn(verifier)).collect();
            let mut all = Totals { sequence: self.totals.sequence, ..verifier()? };
            for other in others {
                let panicked = |_| Err(damaged("the storage engine cannot read it"));
                let found = other.join().unwrap_or_else(panicked)?;
                all.records = all.records.wrapping_add(found.records);
                all.digest = all.digest.wrapping_add(found.digest);
            }
            Ok(all)
        })
    }

    /// Verifies the records from one key on and before another.
    fn range(&self, from: Option<&Vec<u8>>, before: Option<&Vec<u8>>, found: &mut Totals) -> Result<(), StoreError> {
        let from = from.map_or(Bound::Unbounded, |key| Bound::Included(key.as_slice()));
        let before = before.map_or(Bound::Unbounded, |key| Bound::Excluded(key.as_slice()));
        for record in self.db.range::<&[u8], _>((from, before)) {
            let (key, bytes) = record.map_err(|cause| unreadable(self.folder, &cause))?;
            if key == FORMAT_KEY || key == TOTALS_KEY {
                continue;
            }
            record::decode(&key, &bytes)?;
            found.add(record::head(&key, &bytes)?);
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(RECORDS_PER_SIGN) {
                let _ = self.signs.send(Sign::Alive(Progress { done, total: self.totals.records }));
            }
        }
        Ok(())
    }
}

/// Where the keys are cut so that several threads have about as much to read: before each kind of record, and within
/// it at the four quarters of whatever follows the kind's name, which suits the kinds whose keys are hashes.
fn cuts(db: &sled::Db) -> sled::Result<Vec<Vec<u8>>> {
    let mut cuts: Vec<Vec<u8>> = Vec::new();
    let mut from: Vec<u8> = Vec::new();
    while cuts.len() < STORE_CUTS_MAX {
        let Some(found) = db.range(from.as_slice()..).next() else { break };
        let (key, _) = found?;
        let name = key.iter().take(32).position(|byte| *byte == b'/').unwrap_or(0);
        let kind = key.get(..=name).unwrap_or_default();
        let Some((last, name)) = kind.split_last().filter(|(last, _)| **last < u8::MAX) else { break };
        cuts.extend([0x00, 0x40, 0x80, 0xc0].map(|quarter| [kind, &[quarter]].concat()));
        from = [name, &[last + 1]].concat();
    }
    // Only in order do they make ranges that meet and do not overlap.
    cuts.sort_unstable();
    cuts.dedup();
    Ok(cuts)
}

/// Opens the engine, and waits while a worker thread of an instance that was dropped a moment ago (the one that made
/// the folder) still holds the engine's own lock. Another host cannot: it would hold the lock of the whole folder.
fn unlocked(config: &sled::Config) -> sled::Result<sled::Db> {
    let mut waits = 0;
    loop {
        match config.open() {
            Err(sled::Error::Io(error)) if waits < STORE_UNLOCK_WAITS && is_lock(&error) => {
                waits += 1;
                std::thread::sleep(STORE_UNLOCK_WAIT);
            }
            opened => return opened,
        }
    }
}

/// sled tells a lock that is held in words only.
fn is_lock(error: &std::io::Error) -> bool {
    error.raw_os_error().is_none() && error.to_string().starts_with("could not acquire lock")
}

/// A disk that refuses is not a damaged folder: a backup would not help, and what is there may well be whole.
fn unreadable(folder: &Path, cause: &sled::Error) -> StoreError {
    tracing::error!(%cause, "the storage engine refused the folder");
    match cause {
        sled::Error::Io(io) if io.raw_os_error().is_some() => StoreError::Failed(format!(
            "the disk refuses to open {} ({io}); check the disk and its free space and start again",
            folder.display()
        )),
        _ => damaged("the storage engine cannot read it"),
    }
}

fn check_format(bytes: Option<&[u8]>) -> Result<(), StoreError> {
    let bytes = bytes.ok_or_else(|| damaged("the mark of its format is missing"))?;
    match record::decode(FORMAT_KEY, bytes)?.payload {
        [FORMAT] => Ok(()),
        [newer] if *newer > FORMAT => Err(StoreError::Failed(format!(
            "the data folder was written by a newer apiconnect (format {newer}, this one reads up to {FORMAT})"
        ))),
        _ => Err(damaged("the mark of its format is unknown")),
    }
}

/// The folder is named by the caller.
fn damaged(problem: &str) -> StoreError {
    StoreError::damaged(format!("the folder {RECORDS} (with its file {})", acknowledged::FILE_NAME), problem)
}
