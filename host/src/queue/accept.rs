//! Taking documents in: once each, on disk before anybody is told.

use super::job::{Job, Operation, Outcome, State};
use super::record::{self, Claim};
use super::{Queue, QueueError};
use crate::limits;
use crate::store::{Batch, StoreError};

/// A document to be carried.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The connection.
    pub connection: String,
    /// What is done with it.
    pub operation: Operation,
    /// Documents with the same key go one after the other.
    pub order_key: String,
    /// The store's number of the document.
    pub reference: String,
    /// The customer.
    pub customer: String,
    /// The caller's key: the same key and document give the same job.
    pub idempotency_key: String,
    /// The document as canonical JSON.
    pub document: Vec<u8>,
}

/// The job a document became.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The job as it is now.
    pub job: Job,
    /// It was accepted before; nothing new was stored.
    pub replayed: bool,
}

impl Queue {
    /// Accepts a document. When this returns, the document survives a power cut.
    ///
    /// # Errors
    /// [`QueueError::KeyReused`], [`QueueError::Full`], or that the store failed; then nothing was acknowledged.
    pub async fn accept(&self, submission: Submission) -> Result<Accepted, QueueError> {
        let claim_key = record::idempotency_key(&submission.connection, &submission.idempotency_key);
        let fingerprint = record::fingerprint(&submission.document);
        if let Some(replay) = self.replay(&claim_key, &fingerprint)? {
            return Ok(replay);
        }
        let waiting = self.0.board.lock().waiting();
        if waiting >= limits::JOBS_WAITING_MAX {
            return Err(QueueError::Full { waiting });
        }
        let (job, document) = self.job_of(submission);
        let claim = Claim { job: job.id.clone(), fingerprint: fingerprint.clone() };
        let batch = Batch::new()
            .require_absent(claim_key.clone())
            .put(record::job_key(&job.id), record::write(&job)?)
            .put(record::document_key(&job.id), document)
            .put(claim_key.clone(), record::write(&claim)?);
        match self.0.store.commit(batch).await {
            Ok(_) => {}
            // Somebody came first with the same key.
            Err(StoreError::Conflict { .. }) => {
                let lost = StoreError::Failed("an idempotency record is gone".to_owned());
                return self.replay(&claim_key, &fingerprint)?.ok_or(QueueError::Store(lost));
            }
            Err(error) => return Err(error.into()),
        }
        self.count(None, Some(&job));
        self.schedule(&job);
        self.0.bell.notify_one();
        Ok(Accepted { job, replayed: false })
    }

    fn replay(&self, claim_key: &[u8], fingerprint: &str) -> Result<Option<Accepted>, QueueError> {
        let Some(entry) = self.0.store.get(claim_key)? else { return Ok(None) };
        let claim: Claim = record::read(claim_key, &entry.value)?;
        if claim.fingerprint != fingerprint {
            return Err(QueueError::KeyReused { job: claim.job });
        }
        Ok(Some(Accepted { job: self.get(&claim.job)?, replayed: true }))
    }

    fn job_of(&self, submission: Submission) -> (Job, Vec<u8>) {
        let now = self.0.clock.now();
        let job = Job {
            id: self.mint(),
            connection: submission.connection,
            operation: submission.operation,
            order_key: submission.order_key,
            reference: submission.reference,
            customer: submission.customer,
            idempotency_key: submission.idempotency_key,
            state: State::Ready,
            outcome: Outcome::None,
            reason: None,
            ids: None,
            already_there: false,
            sends: 0,
            failures: 0,
            empty_lookups: 0,
            attempts: Vec::new(),
            next_at: None,
            accepted: now,
            updated: now,
        };
        (job, submission.document)
    }

    /// An id that sorts behind every one before it, within a millisecond and after the clock was set back.
    fn mint(&self) -> String {
        let mut last = self.0.last_id.lock();
        let fresh = ulid::Ulid::from_parts(self.0.clock.now(), u128::from_le_bytes(crate::seam::random_bytes()) >> 49);
        let id = if fresh > *last { fresh } else { ulid::Ulid(last.0.saturating_add(1)) };
        *last = id;
        format!("job_{id}")
    }
}
