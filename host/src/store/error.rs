//! Why the store could not do what it was asked.

use std::path::PathBuf;

use thiserror::Error;

/// What an operator can do about a damaged folder; the only honest answer is a copy from before the damage.
const WAY_OUT: &str = "move the folder aside and restore a backup";

/// Why the store refused or failed. Every text is safe to show; private causes go to the log.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum StoreError {
    /// A condition of the commit does not hold. Nothing of that commit was written; others are not affected.
    #[error("commit: the record {} is not as the writer expected", readable(.key))]
    Conflict {
        /// The key whose condition failed.
        key: Vec<u8>,
    },
    /// A key, a value or a whole commit is over its limit. Nothing was written.
    #[error("commit {size} {what}: at most {max} are allowed")]
    TooLarge {
        /// What was counted, with its unit, such as "bytes of a value".
        what: &'static str,
        /// How large it is, in that unit.
        size: usize,
        /// The most that is allowed, in that unit.
        max: usize,
    },
    /// What is on the disk is not what was written.
    #[error("read {place}: {problem}; {way_out}")]
    Damaged {
        /// The folder, file or record.
        place: String,
        /// What is wrong with it.
        problem: String,
        /// What the operator can do.
        way_out: String,
    },
    /// The store cannot be used, in plain words. After a failed write nothing is acknowledged any more.
    #[error("use the store: {0}")]
    Failed(String),
    /// It cannot be done at this moment.
    #[error("use the store: {0}")]
    Busy(&'static str),
    /// The records are sealed, and the master keys at hand do not fit them.
    #[error("unseal the records: {0}")]
    Sealed(String),
    /// The disk is nearly full. What was taken in can still come to its end; nothing more should be taken in.
    #[error(
        "take in more: the disk of {folder} has {free_mib} MiB free and {min_mib} MiB are kept for what was taken in \
         before; free some space",
        folder = .folder.display()
    )]
    NoRoom {
        /// The folder of the store.
        folder: PathBuf,
        /// Free space, in MiB.
        free_mib: u64,
        /// The space that is kept, in MiB.
        min_mib: u64,
    },
    /// A backup cannot be written or read.
    #[error("use the backup {path}: {problem}", path = .path.display())]
    Backup {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The store was closed.
    #[error("use the store: it is closed")]
    Closed,
}

impl StoreError {
    pub(super) fn damaged(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Damaged { place: place.into(), problem: problem.into(), way_out: WAY_OUT.to_owned() }
    }

    /// The folder is named even when the damage was found in one record: it is what has to be moved aside.
    pub(super) fn in_folder(self, folder: &std::path::Path) -> Self {
        match self {
            Self::Damaged { place, problem, way_out } => {
                Self::Damaged { place: folder.display().to_string(), problem: format!("{place}: {problem}"), way_out }
            }
            other => other,
        }
    }
}

/// A key as text: plain characters as they are, all other bytes as `\x00`.
pub(super) fn readable(key: &[u8]) -> String {
    key.escape_ascii().to_string()
}
