//! Reading a backup: nothing of it is believed before it adds up.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::super::group::Totals;
use super::super::open::FORMAT as STORE_FORMAT;
use super::super::{Progress, StoreError, record};
use super::frame::{self, Kind};
use super::{BackupHeader, Digest, FORMAT, MAGIC, Problem, Trailer};

/// After so many records a reader tells how far it is.
const RECORDS_PER_SIGN: u64 = 4_096;

/// Reads the whole backup `path` and verifies every record, their order and sum, and the digest of the file.
///
/// # Errors
/// [`StoreError::Backup`] says what is wrong: truncated, altered, foreign, or of a newer apiconnect.
pub fn verify(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<BackupHeader, StoreError> {
    rows(path, progress, &mut |_, _| Ok(()))
}

/// Takes a row: its raw key and its envelope.
pub(super) type Take<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError> + 'a;

/// Reads and verifies the whole backup and hands each row to `take`.
///
/// Rows are handed over before the end is known to be sound, so what is made of them counts only once this returns.
pub(super) fn rows(
    path: &Path,
    progress: &mut dyn FnMut(Progress),
    take: &mut Take<'_>,
) -> Result<BackupHeader, StoreError> {
    let file = File::open(path).map_err(|cause| Problem::Io(cause.to_string()).of(path))?;
    let mut reader =
        Reader { from: BufReader::with_capacity(1 << 20, file), frame: Vec::new(), digest: Digest::default() };
    let header = reader.header().map_err(|problem| problem.of(path))?;
    let mut found = Totals { sequence: header.sequence, ..Totals::default() };
    let mut last: Vec<u8> = Vec::new();
    loop {
        match reader.next().map_err(|problem| problem.of(path))? {
            Kind::Row => {
                let (key, envelope) = row(&reader.frame).map_err(|problem| problem.of(path))?;
                found.add(sound(key, envelope, &last, header.sequence).map_err(|problem| problem.of(path))?);
                take(key, envelope)?;
                last.clear();
                last.extend_from_slice(key);
                if found.records.is_multiple_of(RECORDS_PER_SIGN) {
                    progress(Progress { done: found.records, total: header.records });
                }
            }
            Kind::Trailer => {
                reader.end(&header, found).map_err(|problem| problem.of(path))?;
                progress(Progress { done: found.records, total: header.records });
                return Ok(header);
            }
            Kind::Header => return Err(Problem::altered("the order of its parts").of(path)),
        }
    }
}

struct Reader {
    from: BufReader<File>,
    frame: Vec<u8>,
    digest: Digest,
}

impl Reader {
    fn header(&mut self) -> Result<BackupHeader, Problem> {
        let mut magic = [0; MAGIC.len()];
        let foreign =
            || Problem::Unknown("it is no backup of apiconnect; name a file that `store backup` made".to_owned());
        self.from.read_exact(&mut magic).map_err(|_| foreign())?;
        if magic != *MAGIC {
            return Err(foreign());
        }
        self.digest.update(&magic);
        if self.next()? != Kind::Header {
            return Err(Problem::altered("its header"));
        }
        // The format is looked at first: a newer header may have fields that this host does not know.
        let told: serde_json::Value = serde_json::from_slice(frame::payload(&self.frame)).unwrap_or_default();
        let format = told.get("format").and_then(serde_json::Value::as_u64).unwrap_or_default();
        let store_format = told.get("store_format").and_then(serde_json::Value::as_u64).unwrap_or_default();
        if format > u64::from(FORMAT) || store_format > u64::from(STORE_FORMAT) {
            let product = told.get("product").and_then(serde_json::Value::as_str).unwrap_or("newer");
            return Err(Problem::Unknown(format!(
                "it was made by a newer apiconnect ({product}, format {format}); restore it with that version"
            )));
        }
        serde_json::from_value(told).map_err(|_| Problem::altered("its header"))
    }

    /// The next frame; everything but the trailer goes into the digest.
    fn next(&mut self) -> Result<Kind, Problem> {
        let kind = frame::take(&mut self.from, &mut self.frame)?;
        if kind != Kind::Trailer {
            self.digest.update(&self.frame);
        }
        Ok(kind)
    }

    fn end(&mut self, header: &BackupHeader, found: Totals) -> Result<(), Problem> {
        let trailer: Trailer =
            serde_json::from_slice(frame::payload(&self.frame)).map_err(|_| Problem::altered("its trailer"))?;
        if trailer.sha256 != self.digest.hex() {
            return Err(Problem::altered("the digest of the file"));
        }
        if trailer.records != found.records || header.records != found.records || header.sum != found.digest {
            return Err(Problem::altered("the sum of its records"));
        }
        let mut rest = [0; 1];
        match self.from.read(&mut rest) {
            Ok(0) => Ok(()),
            Ok(_) => Err(Problem::altered("its end, behind which there is more,")),
            Err(cause) => Err(Problem::Io(cause.to_string())),
        }
    }
}

fn row(frame: &[u8]) -> Result<(&[u8], &[u8]), Problem> {
    let payload = frame::payload(frame);
    let (length, rest) = payload.split_first_chunk().ok_or_else(|| Problem::altered("a record"))?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(|| Problem::altered("a record"))
}

/// A row must be a sound record, in order, of a commit that the backup covers, and none of the store's own keys.
fn sound(key: &[u8], envelope: &[u8], last: &[u8], sequence: u64) -> Result<record::Head, Problem> {
    let text = super::super::error::readable(key.get(1..).unwrap_or_default());
    let altered = || Problem::altered(format!("the record {text}"));
    let decoded = record::decode(key, envelope).map_err(|_| altered())?;
    let known = matches!(key.first(), Some(b'p' | b'r'));
    if !known || key <= last || decoded.sequence > sequence {
        return Err(altered());
    }
    record::head(key, envelope).map_err(|_| altered())
}
