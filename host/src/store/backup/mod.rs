//! A store in one file: self-describing, checksummed as a whole and record by record.
//!
//! `magic | header | row … | trailer`, each of the three a frame (`frame.rs`). The header names the format, the product
//! and the commit; a row is a record's key and envelope as the store holds them, so what is sealed stays sealed; the
//! trailer has the number of rows and a SHA-256 of everything before it. Rows come in the order of their keys, and the
//! header repeats the store's own sum over them.

mod frame;
mod read;
mod restore;
mod write;

#[cfg(test)]
mod tests;

pub use read::verify as verify_backup;
pub use restore::restore;
pub use write::{Backup, save as save_backup};

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Revision, StoreError};
use crate::seam::Millis;

/// The first bytes of every backup.
const MAGIC: &[u8] = b"apiconnect backup\n";
/// The version that is written and the only one that is read.
const FORMAT: u32 = 1;

/// What a backup says about itself.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct BackupHeader {
    /// The version of the file's format.
    pub format: u32,
    /// The version of the records in it.
    pub store_format: u8,
    /// The version of the apiconnect that made it.
    pub product: String,
    /// When it was made; milliseconds since the epoch.
    pub made: Millis,
    /// The last commit in it.
    pub sequence: Revision,
    /// Records in it; a value over 64 KiB counts once more for each of its parts.
    pub records: u64,
    /// The store's sum over all records.
    pub sum: u64,
}

/// The end of a backup.
#[derive(Debug, Serialize, Deserialize)]
struct Trailer {
    records: u64,
    /// SHA-256 of everything before the trailer's frame, as hex.
    sha256: String,
}

/// What is wrong with a backup.
#[derive(Debug, PartialEq, Eq)]
enum Problem {
    Truncated,
    Altered(String),
    Unknown(String),
    Io(String),
}

impl Problem {
    fn altered(what: impl Into<String>) -> Self {
        Self::Altered(what.into())
    }

    /// As an error about the file `path`.
    fn of(self, path: &Path) -> StoreError {
        let problem = match self {
            Self::Truncated => "it ends before its trailer, so it is not whole; use another copy".to_owned(),
            Self::Altered(what) => format!("it was altered: {what} is not what was written; use another copy"),
            Self::Unknown(what) => what,
            Self::Io(cause) => cause,
        };
        StoreError::Backup { path: path.to_owned(), problem }
    }
}

/// The hash of all bytes that go through.
#[derive(Default)]
struct Digest(sha2::Sha256);

impl Digest {
    fn update(&mut self, bytes: &[u8]) {
        use sha2::Digest as _;
        self.0.update(bytes);
    }

    fn hex(&self) -> String {
        use sha2::Digest as _;
        self.0.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
