//! How jobs lie in the store: keys, and the records under them.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::job::Job;
use crate::commerce::types::Ids;
use crate::store::StoreError;

/// Prefix of job records.
pub(super) const JOBS: &[u8] = b"job/";

/// The job's record.
pub(super) fn job_key(id: &str) -> Vec<u8> {
    [JOBS, id.as_bytes()].concat()
}

/// The job's document, as it was accepted.
pub(super) fn document_key(id: &str) -> Vec<u8> {
    [b"document/", id.as_bytes()].concat()
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
    pub(super) job: String,
    pub(super) fingerprint: String,
}

/// Who a document of the store is in the system.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CrossReference {
    pub(super) connection: String,
    pub(super) kind: String,
    pub(super) reference: String,
    pub(super) ids: Ids,
    pub(super) job: String,
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
