//! Letting go of what is done: a finished job leaves with its document and its key once nobody asks for it any more.

use std::time::Duration;

use super::job::{Job, State};
use super::{Queue, QueueError, list, record};
use crate::limits;
use crate::store::Batch;

impl Queue {
    /// Removes jobs that were done longer than `keep` ago; how many. The cross-references to the system's ids stay.
    ///
    /// # Errors
    /// That the store failed.
    pub async fn retain(&self, keep: Duration) -> Result<usize, QueueError> {
        let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        let before = self.0.clock.now().saturating_sub(keep);
        let (mut after, mut removed) = (None, 0);
        loop {
            let page = self.0.store.scan(record::JOBS, after.as_deref(), limits::JOBS_REMOVED_PER_COMMIT)?;
            let Some(last) = page.last() else { return Ok(removed) };
            // A job is not done before it was accepted, and ids sort by acceptance.
            let young = |key: &[u8]| list::id_of(key).is_some_and(|id| id.0.timestamp_ms() >= before);
            let ended = young(&last.key);
            after = Some(last.key.clone());
            let mut gone = Vec::new();
            for entry in page.iter().filter(|entry| !young(&entry.key)) {
                let job = record::read_job(&entry.key, &entry.value)?;
                if job.state == State::Done && job.updated < before {
                    gone.push((job, entry.revision));
                }
            }
            removed += gone.len();
            self.remove(gone).await?;
            if ended {
                return Ok(removed);
            }
        }
    }

    async fn remove(&self, gone: Vec<(Job, u64)>) -> Result<(), QueueError> {
        if gone.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        for (job, revision) in &gone {
            let key = record::job_key(job.id);
            batch = batch
                .require_revision(key.clone(), *revision)
                .delete(key)
                .delete(record::document_key(job.id))
                .delete(record::idempotency_key(&job.connection, &job.idempotency_key));
            for edit in 1..=job.edits {
                batch = batch.delete(record::document_was_key(job.id, edit));
            }
        }
        self.0.store.commit(batch).await?;
        for (job, _) in &gone {
            self.0.tally.lock().noted(Some(job), None);
        }
        Ok(())
    }
}
