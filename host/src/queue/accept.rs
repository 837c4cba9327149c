//! Taking documents in: once each, on disk before anybody is told.

use std::collections::BTreeSet;

use super::id::JobId;
use super::job::{Job, Operation, Outcome, State};
use super::record::{self, Claim};
use super::{Queue, QueueError};
use crate::commerce::lane::Lane;
use crate::limits;
use crate::seam::Millis;
use crate::store::{Batch, StoreError};

/// A document to be carried.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The connection.
    pub connection: String,
    /// Who it must not wait for.
    pub lane: Lane,
    /// What is done with it.
    pub operation: Operation,
    /// Within its lane: 0 goes first, 9 last.
    pub priority: u8,
    /// Documents with the same key go one after the other.
    pub order_key: String,
    /// The store's number of the document.
    pub reference: String,
    /// The customer.
    pub customer: String,
    /// The caller's key: the same key and document give the same job.
    pub idempotency_key: String,
    /// Not sent before this time.
    pub not_before: Option<Millis>,
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

/// A document that was found to be new, with everything that will be written for it.
struct New {
    job: Job,
    document: Vec<u8>,
    claim_key: Vec<u8>,
    claim: Claim,
}

/// What is known of a document that is offered: its job, or nothing yet.
type Known = Result<Option<Accepted>, QueueError>;

impl Queue {
    /// Accepts a document. When this returns, the document survives a power cut.
    ///
    /// # Errors
    /// [`QueueError::KeyReused`], [`QueueError::Full`], or that the store failed; then nothing was acknowledged.
    pub async fn accept(&self, submission: Submission) -> Result<Accepted, QueueError> {
        self.accept_with(submission, Batch::new()).await
    }

    /// Accepts a document together with other writes: all of it or nothing.
    pub(super) async fn accept_with(&self, submission: Submission, with: Batch) -> Result<Accepted, QueueError> {
        let claim_key = record::idempotency_key(&submission.connection, &submission.idempotency_key);
        let fingerprint = record::fingerprint(&submission.document);
        // Nearly every document is new, so that is tried first; the commit itself finds out when it is not.
        if let Err(full) = self.room_for(1) {
            return self.replay(&claim_key, &fingerprint)?.ok_or(full);
        }
        let new = self.new_job(submission, claim_key, fingerprint);
        let mut batch = with;
        put_new(&mut batch, &new)?;
        match self.0.store.commit(batch).await {
            Ok(_) => {}
            // The key is known.
            Err(StoreError::Conflict { .. }) => {
                let lost = StoreError::Failed("an idempotency record is gone".to_owned());
                let replay = self.replay(&new.claim_key, &new.claim.fingerprint)?;
                return replay.ok_or(QueueError::Store(lost));
            }
            Err(error) => return Err(error.into()),
        }
        self.took(&new.job);
        Ok(Accepted { job: new.job, replayed: false })
    }

    /// Accepts many documents, in their order, with an answer for each: one that is refused keeps none of the others
    /// out. Documents of one key go in the order they stand in.
    ///
    /// # Errors
    /// Each answer as for [`Queue::accept`].
    pub async fn accept_all(&self, submissions: Vec<Submission>) -> Vec<Result<Accepted, QueueError>> {
        let mut answers = Vec::with_capacity(submissions.len());
        let mut group: Vec<Submission> = Vec::new();
        let (mut bytes, mut keys) = (0, BTreeSet::new());
        for submission in submissions {
            let claim_key = record::idempotency_key(&submission.connection, &submission.idempotency_key);
            bytes += submission.document.len();
            // A repeat within the call has to find the first one on disk.
            let full = group.len() >= limits::DOCUMENTS_PER_COMMIT || bytes > limits::DOCUMENT_BYTES_PER_COMMIT;
            if full || !keys.insert(claim_key.clone()) {
                answers.extend(self.accept_group(std::mem::take(&mut group)).await);
                bytes = submission.document.len();
                keys = BTreeSet::from([claim_key]);
            }
            group.push(submission);
        }
        answers.extend(self.accept_group(group).await);
        answers
    }

    /// Accepts documents with different keys in one commit, if none of them meets a rival meanwhile.
    async fn accept_group(&self, group: Vec<Submission>) -> Vec<Result<Accepted, QueueError>> {
        let (known, new, batch) = self.sort_out(&group);
        let written = match self.room_for(new.len()) {
            Ok(()) if new.is_empty() => Ok(()),
            Ok(()) => self.0.store.commit(batch).await.map(drop).map_err(QueueError::Store),
            Err(full) => Err(full),
        };
        let mut new = new.into_iter();
        let mut answers = Vec::with_capacity(group.len());
        for (known, submission) in known.into_iter().zip(group) {
            let answer = match (known.transpose(), &written) {
                (Some(known), _) => known,
                (None, Ok(())) => self.took_next(&mut new),
                // A rival with one of the keys, or more than one commit takes: each on its own then.
                (None, Err(QueueError::Store(StoreError::Conflict { .. } | StoreError::TooLarge { .. }))) => {
                    self.accept(submission).await
                }
                (None, Err(error)) => Err(error.clone()),
            };
            answers.push(answer);
        }
        answers
    }

    /// What is known of each document already, and everything new as one batch.
    fn sort_out(&self, group: &[Submission]) -> (Vec<Known>, Vec<New>, Batch) {
        let (mut known, mut new, mut batch) = (Vec::with_capacity(group.len()), Vec::new(), Batch::new());
        for submission in group {
            let claim_key = record::idempotency_key(&submission.connection, &submission.idempotency_key);
            let fingerprint = record::fingerprint(&submission.document);
            let mut found = self.replay(&claim_key, &fingerprint);
            if let Ok(None) = found {
                let made = self.new_job(submission.clone(), claim_key, fingerprint);
                match put_new(&mut batch, &made) {
                    Ok(()) => new.push(made),
                    Err(error) => found = Err(error.into()),
                }
            }
            known.push(found);
        }
        (known, new, batch)
    }

    fn took_next(&self, new: &mut impl Iterator<Item = New>) -> Result<Accepted, QueueError> {
        let lost = || StoreError::Failed("a document was written and is not known".to_owned());
        let New { job, .. } = new.next().ok_or_else(lost)?;
        self.took(&job);
        Ok(Accepted { job, replayed: false })
    }

    fn replay(&self, claim_key: &[u8], fingerprint: &str) -> Result<Option<Accepted>, QueueError> {
        let Some(entry) = self.0.store.get(claim_key)? else { return Ok(None) };
        let claim: Claim = record::read(claim_key, &entry.value)?;
        if claim.fingerprint != fingerprint {
            return Err(QueueError::KeyReused { job: claim.job });
        }
        Ok(Some(Accepted { job: self.get(claim.job)?, replayed: true }))
    }

    /// Whether there is room for so many more documents: memory and disk are full before they are, so that what was
    /// accepted can go on.
    fn room_for(&self, more: usize) -> Result<(), QueueError> {
        let waiting = self.0.board.lock().waiting();
        if waiting.saturating_add(more) > limits::JOBS_WAITING_MAX {
            return Err(QueueError::Full { why: format!("{waiting} documents wait already") });
        }
        Ok(self.0.store.room()?)
    }

    /// Takes an accepted job into the schedule.
    fn took(&self, job: &Job) {
        self.0.tally.lock().noted(None, Some(job));
        self.schedule(job);
    }

    fn new_job(&self, submission: Submission, claim_key: Vec<u8>, fingerprint: String) -> New {
        let now = self.0.clock.now();
        let job = Job {
            id: self.mint(now),
            connection: submission.connection,
            lane: submission.lane,
            operation: submission.operation,
            priority: submission.priority,
            order_key: submission.order_key,
            reference: submission.reference,
            customer: submission.customer,
            idempotency_key: submission.idempotency_key,
            state: State::Ready,
            outcome: Outcome::None,
            reason: None,
            cause: None,
            ids: None,
            already_there: false,
            sends: 0,
            failures: 0,
            crashes: 0,
            interruptions: 0,
            empty_lookups: 0,
            edits: 0,
            attempts: Vec::new(),
            not_before: submission.not_before.filter(|at| *at > now),
            next_at: None,
            accepted: now,
            updated: now,
        };
        New { claim: Claim { job: job.id, fingerprint }, job, document: submission.document, claim_key }
    }

    /// An id that sorts behind every one before it, within a millisecond and after the clock was set back.
    fn mint(&self, now: Millis) -> JobId {
        let mut last = self.0.last_id.lock();
        // Room above: ids of the same millisecond count up from here.
        let luck = u128::from(self.0.clock.chance(u64::MAX)) << 15;
        let fresh = ulid::Ulid::from_parts(now, luck);
        let id = if fresh > last.0 { fresh } else { ulid::Ulid(last.0.0.saturating_add(1)) };
        *last = JobId(id);
        *last
    }
}

fn put_new(batch: &mut Batch, new: &New) -> Result<(), StoreError> {
    let (job, claim) = (record::write(&new.job)?, record::write(&new.claim)?);
    let mut with = std::mem::take(batch)
        .require_absent(new.claim_key.clone())
        .put(record::job_key(new.job.id), job)
        .put(new.claim_key.clone(), claim);
    if !new.document.is_empty() {
        with = with.put(record::document_key(new.job.id), new.document.clone());
    }
    *batch = with;
    Ok(())
}
