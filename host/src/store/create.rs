//! Making a folder of records: beside its place, forced onto the device, and moved there in one step, so that a power cut
//! leaves either no store or a whole one.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::acknowledged::Acknowledged;
use super::group::{FORMAT_KEY, TOTALS_KEY, Totals};
use super::open::{self, FORMAT, OpenOptions, Progress, RECORDS, unusable};
use super::record::{self, Kind};
use super::{Revision, StoreError};

/// Where the folder of the records is made before it is moved to its place.
const UNFINISHED: &str = "records.unfinished";

/// Makes an empty store in `path`, whose lock the caller holds.
pub(super) fn empty(path: &Path, options: OpenOptions) -> Result<(), StoreError> {
    let unfinished = begin(path)?;
    write(path, &unfinished, options, &mut |_| Ok(Totals::default()))?;
    finish(path, &unfinished, 0).map_err(|cause| unusable(path, &cause))
}

/// Makes a store in `path` of what `fill` writes and adds up, and verifies it before it is moved to its place.
pub(super) fn filled(
    path: &Path,
    options: OpenOptions,
    fill: &mut dyn FnMut(&sled::Db) -> Result<Totals, StoreError>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), StoreError> {
    let _lock = open::lock(path)?;
    let unfinished = begin(path)?;
    let written = write(path, &unfinished, options, fill)?;
    let (db, found) = open::guarded(&unfinished, options, written.sequence, progress)?;
    drop(db);
    if found != written {
        return Err(StoreError::damaged(path.display().to_string(), "what was written reads otherwise"));
    }
    finish(path, &unfinished, written.sequence).map_err(|cause| unusable(path, &cause))
}

/// The engine refused for a reason that is not damage.
pub(super) fn refused(path: &Path, cause: &sled::Error) -> StoreError {
    unusable(path, &io::Error::other(cause.to_string()))
}

fn begin(path: &Path) -> Result<PathBuf, StoreError> {
    let unfinished = path.join(UNFINISHED);
    let made = if unfinished.exists() { fs::remove_dir_all(&unfinished) } else { Ok(()) };
    made.and_then(|()| fs::create_dir_all(&unfinished)).map_err(|cause| unusable(path, &cause))?;
    Ok(unfinished)
}

fn write(
    path: &Path,
    folder: &Path,
    options: OpenOptions,
    fill: &mut dyn FnMut(&sled::Db) -> Result<Totals, StoreError>,
) -> Result<Totals, StoreError> {
    let db = open::config(folder, options).open().map_err(|cause| refused(path, &cause))?;
    let totals = fill(&db)?;
    let mut first = sled::Batch::default();
    first.insert(FORMAT_KEY, record::encode(FORMAT_KEY, Kind::Whole, 0, &[FORMAT]));
    first.insert(TOTALS_KEY, totals.encode());
    db.apply_batch(first).and_then(|()| db.flush()).map_err(|cause| refused(path, &cause))?;
    Ok(totals)
}

fn finish(path: &Path, unfinished: &Path, sequence: Revision) -> io::Result<()> {
    Acknowledged::create(unfinished, sequence)?;
    for file in files(unfinished)? {
        File::open(file)?.sync_all()?;
    }
    File::open(unfinished)?.sync_all()?;
    fs::rename(unfinished, path.join(RECORDS))?;
    File::open(path)?.sync_all()?;
    // The data folder may have been made just now, too. The root has no parent, and needs none.
    path.canonicalize()?.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// All files and folders below, folders last.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        }
        found.push(path);
    }
    Ok(found)
}
