//! From a backup to a folder: verified first, built beside its place, verified again, and only then moved there.

use std::path::Path;

use super::super::create;
use super::super::engine::SledStore;
use super::super::group::Totals;
use super::super::open::OpenOptions;
use super::super::{Progress, StoreError};
use super::{BackupHeader, read};

/// Bytes of rows that are written at a time.
const BATCH_BYTES: usize = 4 << 20;

/// Makes the store in the folder `to` of the backup `from`. It has equal records and the same sequence.
///
/// # Errors
/// [`StoreError::Failed`] when there is a store already, [`StoreError::Backup`] when the backup is not sound, or that
/// the disk refuses; the folder has no store then. It may be tried again.
pub fn restore(
    from: &Path,
    to: &Path,
    options: OpenOptions,
    progress: &mut dyn FnMut(&'static str, Progress),
) -> Result<BackupHeader, StoreError> {
    if SledStore::exists(to) {
        let folder = to.display();
        return Err(StoreError::Failed(format!(
            "there are records in {folder} already, and a restore replaces nothing; move that folder aside \
             (mv {folder} {folder}.old) and restore again"
        )));
    }
    let header = read::verify(from, &mut |at| progress("verifying the backup", at))?;
    let mut fill = |db: &sled::Db| {
        let mut batch = sled::Batch::default();
        let mut bytes = 0;
        let mut totals = Totals { sequence: header.sequence, ..Totals::default() };
        read::rows(from, &mut |_| {}, &mut |key, envelope| {
            batch.insert(key, envelope);
            totals.add(super::super::record::head(key, envelope)?);
            bytes += key.len() + envelope.len();
            if bytes > BATCH_BYTES {
                bytes = 0;
                db.apply_batch(std::mem::take(&mut batch)).map_err(|cause| create::refused(to, &cause))?;
            }
            Ok(())
        })?;
        db.apply_batch(batch).map_err(|cause| create::refused(to, &cause))?;
        Ok(totals)
    };
    create::filled(to, options, &mut fill, &mut |at| progress("verifying the store", at))?;
    Ok(header)
}
