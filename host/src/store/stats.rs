//! What a store holds and what it takes on the disk.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::Serialize;
use utoipa::ToSchema;

use super::acknowledged;
use super::engine::SledStore;
use super::open::RECORDS;
use super::{Revision, Store, StoreError};
use crate::limits::RECORD_KINDS_MAX;
use crate::seam::Millis;

/// Records that are read at a time.
const PAGE: usize = 64;
/// How records are called that are of one kind too many.
const OTHERS: &str = "(others)";

/// What a store holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Stats {
    /// The last commit.
    pub sequence: Revision,
    /// When the store was last written, by a commit or by its orderly end; milliseconds since the epoch.
    pub last_write: Option<Millis>,
    /// Records by kind, in the order of their keys.
    pub kinds: Vec<KindStats>,
    /// Its files on the disk.
    pub files: Vec<FileStats>,
}

/// The records of one kind.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KindStats {
    /// What their keys begin with, up to the first slash.
    pub kind: String,
    /// How many there are.
    pub records: u64,
    /// Bytes of their keys and values; sealing adds 41 to each value.
    pub bytes: u64,
}

/// One file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FileStats {
    /// Its name within the folder of the store.
    pub name: String,
    /// Its length, in bytes.
    pub bytes: u64,
    /// What it takes of the disk, in bytes; less than its length where it has holes.
    pub on_disk: u64,
}

impl SledStore {
    /// Reads all records and counts them. It blocks, about as long as opening the store does.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a record cannot be trusted.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let mut kinds: BTreeMap<String, KindStats> = BTreeMap::new();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.scan(b"", after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for entry in &page {
                let mut kind = kind_of(&entry.key);
                if kinds.len() >= RECORD_KINDS_MAX && !kinds.contains_key(&kind) {
                    kind = OTHERS.to_owned();
                }
                let stats = kinds.entry(kind.clone()).or_insert_with(|| KindStats { kind, records: 0, bytes: 0 });
                stats.records += 1;
                stats.bytes += (entry.key.len() + entry.value.len()) as u64;
            }
        }
        let mut files = Vec::new();
        // A file may go while they are looked at; what is left is told.
        let _ = measure(self.folder(), Path::new(""), &mut files);
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Stats {
            sequence: self.sequence(),
            last_write: last_write(self.folder()),
            kinds: kinds.into_values().collect(),
            files,
        })
    }
}

fn kind_of(key: &[u8]) -> String {
    let kind = key.split(|byte| *byte == b'/').next().unwrap_or_default();
    super::error::readable(kind)
}

fn measure(folder: &Path, below: &Path, files: &mut Vec<FileStats>) -> io::Result<()> {
    for entry in fs::read_dir(folder.join(below))? {
        let entry = entry?;
        let (name, about) = (below.join(entry.file_name()), entry.metadata()?);
        if about.is_dir() {
            measure(folder, &name, files)?;
        } else {
            let name = name.display().to_string();
            files.push(FileStats { name, bytes: about.len(), on_disk: about.blocks() * 512 });
        }
    }
    Ok(())
}

/// The side file is written with every acknowledged commit.
fn last_write(folder: &Path) -> Option<Millis> {
    let written = fs::metadata(folder.join(RECORDS).join(acknowledged::FILE_NAME)).ok()?.modified().ok()?;
    u64::try_from(written.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}
