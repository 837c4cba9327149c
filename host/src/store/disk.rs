//! The three steps that make a group durable, apart so that tests can break each of them.

use std::fs::File;

/// What the committer writes through. Errors are private causes for the log.
pub(super) trait Disk: Send + 'static {
    /// Puts the group into the tree, all or nothing.
    fn apply(&mut self, writes: sled::Batch) -> Result<(), String>;
    /// Hands everything in the tree to the operating system.
    fn flush(&mut self) -> Result<(), String>;
    /// Forces what was handed over onto the device.
    fn sync(&mut self) -> Result<(), String>;
}

/// sled and an own descriptor of its file.
pub(super) struct SledDisk {
    pub(super) db: sled::Db,
    pub(super) file: File,
}

impl Disk for SledDisk {
    fn apply(&mut self, writes: sled::Batch) -> Result<(), String> {
        self.db.apply_batch(writes).map_err(|cause| format!("apply the group: {cause}"))
    }

    fn flush(&mut self) -> Result<(), String> {
        self.db.flush().map(drop).map_err(|cause| format!("flush the group: {cause}"))
    }

    /// sled's own flush only starts the write-back and leaves it in the drive's cache; this call is the durable one.
    fn sync(&mut self) -> Result<(), String> {
        self.file.sync_data().map_err(|cause| format!("sync the group: {cause}"))
    }
}
