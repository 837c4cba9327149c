//! Making a backup: a snapshot as a row of chunks, or as a file that is whole or not there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use bytes::Bytes;

use super::super::open::FORMAT as STORE_FORMAT;
use super::super::snapshot::Snapshot;
use super::super::{Progress, StoreError};
use super::frame::{self, Kind};
use super::{BackupHeader, Digest, FORMAT, MAGIC, Trailer};
use crate::limits::BACKUP_CHUNK_BYTES;
use crate::seam::Clock;

/// Rows that are read at a time; 64 KiB each at most.
const ROWS: usize = 64;

/// A backup that is being made: an iterator of its bytes.
pub struct Backup {
    snapshot: Snapshot,
    header: BackupHeader,
    digest: Digest,
    written: u64,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Header,
    Rows,
    Done,
}

impl Backup {
    /// A backup of what `snapshot` shows.
    #[must_use]
    pub fn new(snapshot: Snapshot, clock: &Clock) -> Self {
        let header = BackupHeader {
            format: FORMAT,
            store_format: STORE_FORMAT,
            product: env!("CARGO_PKG_VERSION").to_owned(),
            made: clock.now(),
            sequence: snapshot.totals.sequence,
            records: snapshot.totals.records,
            sum: snapshot.totals.digest,
        };
        Self { snapshot, header, digest: Digest::default(), written: 0, stage: Stage::Header }
    }

    /// What it says about itself.
    #[must_use]
    pub const fn header(&self) -> &BackupHeader {
        &self.header
    }

    /// How far it is.
    #[must_use]
    pub const fn progress(&self) -> Progress {
        Progress { done: self.written, total: self.header.records }
    }

    /// The next bytes, of about [`BACKUP_CHUNK_BYTES`]; `None` at the end. It blocks, as reading a file does.
    ///
    /// # Errors
    /// When the store cannot be read, or its records do not add up to what was acknowledged. What was handed out
    /// before is then no backup, and says so itself.
    pub fn next_chunk(&mut self) -> Result<Option<Bytes>, StoreError> {
        let mut chunk = Vec::with_capacity(BACKUP_CHUNK_BYTES + (64 << 10));
        if self.stage == Stage::Header {
            chunk.extend_from_slice(MAGIC);
            frame::put(&mut chunk, Kind::Header, &[&json(&self.header)?]);
            self.stage = Stage::Rows;
        }
        while self.stage == Stage::Rows && chunk.len() < BACKUP_CHUNK_BYTES {
            let rows = self.snapshot.next(ROWS)?;
            for (key, envelope) in &rows {
                super::super::record::decode(key, envelope)?;
                let length = u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes();
                frame::put(&mut chunk, Kind::Row, &[&length, key, envelope]);
            }
            self.written += rows.len() as u64;
            if rows.is_empty() {
                self.end(&mut chunk)?;
                return Ok(Some(chunk.into()));
            }
        }
        self.digest.update(&chunk);
        Ok((!chunk.is_empty()).then(|| chunk.into()))
    }

    fn end(&mut self, chunk: &mut Vec<u8>) -> Result<(), StoreError> {
        self.stage = Stage::Done;
        if self.written != self.header.records {
            let text = format!("{} records were read of {}", self.written, self.header.records);
            return Err(StoreError::damaged("the records", text));
        }
        self.digest.update(chunk);
        let trailer = Trailer { records: self.written, sha256: self.digest.hex() };
        frame::put(chunk, Kind::Trailer, &[&json(&trailer)?]);
        Ok(())
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|e| StoreError::Failed(format!("a backup cannot be written: {e}")))
}

/// Puts chunks into the file `path`: written beside it, forced onto the device, and moved into place when it is whole.
///
/// # Errors
/// What `chunks` fails with, or that the disk refuses; nothing is at `path` then that was not there before.
pub fn save(path: &Path, mut chunks: impl FnMut() -> Result<Option<Bytes>, StoreError>) -> Result<(), StoreError> {
    let refuse = |cause: io::Error| StoreError::Backup { path: path.to_owned(), problem: cause.to_string() };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    let beside = path.with_file_name(name);
    let mut write = || -> Result<(), StoreError> {
        let mut file = File::create(&beside).map_err(refuse)?;
        while let Some(chunk) = chunks()? {
            file.write_all(&chunk).map_err(refuse)?;
        }
        file.sync_all().map_err(refuse)?;
        fs::rename(&beside, path).map_err(refuse)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(refuse)
    };
    let written = write();
    if written.is_err() {
        // It may not even exist; the first error is the one that counts.
        let _ = fs::remove_file(&beside);
    }
    written
}
