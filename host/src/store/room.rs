//! Whether the disk has room for more, asked before it is full: a write that fails stops the whole store.

use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::StoreError;
use crate::limits::DISK_LOOK_EVERY;
use crate::seam::{self, Stopwatch};

/// The free space of one folder's disk.
pub(super) struct Room {
    folder: PathBuf,
    min: u64,
    /// When the disk was last asked, and how many bytes were free.
    seen: Mutex<Option<(Stopwatch, u64)>>,
}

impl Room {
    /// Below `min` free bytes there is no room.
    pub(super) fn new(folder: &Path, min: u64) -> Self {
        Self { folder: folder.to_owned(), min, seen: Mutex::default() }
    }

    /// Asks the disk at most every [`DISK_LOOK_EVERY`].
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let mut seen = self.seen.lock();
        let free = match *seen {
            Some((asked, free)) if asked.elapsed() < DISK_LOOK_EVERY => free,
            _ => {
                let free = free(&self.folder);
                *seen = Some((seam::stopwatch(), free));
                free
            }
        };
        drop(seen);
        if free >= self.min {
            return Ok(());
        }
        Err(StoreError::NoRoom { folder: self.folder.clone(), free_mib: free >> 20, min_mib: self.min >> 20 })
    }
}

/// Free bytes for an ordinary user. A disk that cannot be asked is not called full: writing to it will tell.
fn free(folder: &Path) -> u64 {
    match rustix::fs::statvfs(folder) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(cause) => {
            tracing::warn!(folder = %folder.display(), %cause, "failed to ask the disk for its free space");
            u64::MAX
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nearly_full_disk_is_told_and_not_asked_too_often() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Room::new(folder.path(), 1).check(), Ok(()));
        let full = Room::new(folder.path(), u64::MAX);
        let text = full.check().unwrap_err().to_string();
        assert!(text.contains("MiB free") && text.contains(&folder.path().display().to_string()), "{text}");
        // The answer stands for a while, whatever the disk says meanwhile.
        *full.seen.lock() = Some((seam::stopwatch(), u64::MAX));
        assert_eq!(full.check(), Ok(()));
    }
}
