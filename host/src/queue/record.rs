//! How jobs lie in the store: keys, and the records under them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::id::JobId;
use super::job::{Job, State};
use crate::commerce::lane::Lane;
use crate::commerce::types::Ids;
use crate::seam::Millis;
use crate::store::StoreError;

/// Prefix of job records.
pub(super) const JOBS: &[u8] = b"job/";
/// Prefix of schedule records.
pub(super) const SCHEDULES: &[u8] = b"schedule/";
/// Prefix of the marks of connections that a person paused.
pub(super) const PAUSED: &[u8] = b"paused/";

/// The job's record.
pub(super) fn job_key(id: JobId) -> Vec<u8> {
    [JOBS, id.to_string().as_bytes()].concat()
}

/// The job's document.
pub(super) fn document_key(id: JobId) -> Vec<u8> {
    format!("document/{id}").into_bytes()
}

/// The job's document as it was before the edit with this number, counted from 1.
pub(super) fn document_was_key(id: JobId, edit: u32) -> Vec<u8> {
    format!("document-was/{id}/{edit:04}").into_bytes()
}

/// The schedule with this name.
pub(super) fn schedule_key(name: &str) -> Vec<u8> {
    [SCHEDULES, name.as_bytes()].concat()
}

/// The mark that a person paused a connection.
pub(super) fn paused_key(connection: &str) -> Vec<u8> {
    [PAUSED, connection.as_bytes()].concat()
}

/// The caller's idempotency key within a connection; hashed, so that any text is a key of one length.
pub(super) fn idempotency_key(connection: &str, key: &str) -> Vec<u8> {
    [b"idempotency/".as_slice(), &digest(&[connection, key])].concat()
}

/// The cross-reference from the store's number to the system's ids.
pub(super) fn cross_reference_key(connection: &str, kind: &str, reference: &str) -> Vec<u8> {
    [b"reference/".as_slice(), &digest(&[connection, kind, reference])].concat()
}

/// A document is the same when its canonical text is.
pub(super) fn fingerprint(document: &[u8]) -> String {
    format!("{:x}", Sha256::digest(document))
}

/// Parts are told apart by their length, so no two lists of parts give the same digest.
fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// Which job an idempotency key stands for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) job: JobId,
    pub(super) fingerprint: String,
}

/// Who a document of the store is in the system.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CrossReference {
    pub(super) connection: String,
    pub(super) kind: String,
    pub(super) reference: String,
    pub(super) ids: Ids,
    pub(super) job: JobId,
}

/// What the schedule needs of a job's record. A million of them are read at a start, so nothing else is.
#[derive(Debug, Deserialize)]
pub(super) struct Glance<'a> {
    pub(super) id: JobId,
    #[serde(borrow)]
    pub(super) connection: Cow<'a, str>,
    pub(super) lane: Lane,
    pub(super) priority: u8,
    #[serde(borrow)]
    pub(super) order_key: Cow<'a, str>,
    pub(super) state: State,
    pub(super) sends: u32,
    #[serde(default)]
    pub(super) not_before: Option<Millis>,
    #[serde(default)]
    pub(super) next_at: Option<Millis>,
}

pub(super) fn write<T: Serialize>(record: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(record).map_err(|e| StoreError::Failed(format!("a record cannot be written: {e}")))
}

pub(super) fn read_job(key: &[u8], value: &[u8]) -> Result<Job, StoreError> {
    read(key, value)
}

pub(super) fn read<'a, T: Deserialize<'a>>(key: &[u8], value: &'a [u8]) -> Result<T, StoreError> {
    serde_json::from_slice(value).map_err(|e| StoreError::Damaged {
        place: key.escape_ascii().to_string(),
        problem: format!("its record cannot be read: {e}"),
        way_out: "move the folder aside and restore a backup".to_owned(),
    })
}
