//! What people decide about jobs and connections, and what follows from it.

use serde::Serialize;
use utoipa::ToSchema;

use super::id::JobId;
use super::job::{Job, ReasonKind, State};
use super::machine::{self, Decision, Refused};
use super::{Queue, QueueError, place, put_job, record};
use crate::store::Batch;

/// What became of a decision about many jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Swept {
    /// Jobs it was carried out for.
    pub changed: usize,
    /// Jobs whose state did not allow it.
    pub refused: usize,
}

impl Queue {
    /// Takes in a person's decision about a job.
    ///
    /// # Errors
    /// [`QueueError::NotNow`] when the job is on its way at this moment, or done, or in a state that forbids it.
    pub async fn decide(&self, id: JobId, decision: Decision) -> Result<Job, QueueError> {
        let now = self.0.clock.now();
        self.change(id, |job| machine::decided(job, decision, now), |batch, _| batch).await
    }

    /// Replaces the document of a job that is stuck or waits, and tries it again. What it was is kept.
    ///
    /// # Errors
    /// As for [`Queue::decide`]; a document that may have arrived cannot be changed any more.
    pub async fn edit(&self, id: JobId, reference: &str, customer: &str, document: Vec<u8>) -> Result<Job, QueueError> {
        let now = self.0.clock.now();
        let was = self.document(id)?;
        let change = |job: &mut Job| machine::edited(job, reference, customer, now);
        let write = |batch: Batch, job: &Job| {
            batch.put(record::document_was_key(id, job.edits), was).put(record::document_key(id), document)
        };
        self.change(id, change, write).await
    }

    /// Takes a job out of the schedule, changes it, writes it, and puts it back where it then belongs.
    async fn change(
        &self,
        id: JobId,
        change: impl FnOnce(&mut Job) -> Result<(), Refused>,
        write: impl FnOnce(Batch, &Job) -> Batch,
    ) -> Result<Job, QueueError> {
        let not_now = |refused: Refused| QueueError::NotNow { id, problem: refused.to_string() };
        let job = self.get(id)?;
        let mut changed = job.clone();
        change(&mut changed).map_err(not_now)?;
        let scheduled = matches!(job.state, State::Ready | State::Waiting);
        if scheduled && !self.0.board.lock().remove(&place(&job), self.0.clock.now()) {
            return Err(not_now(Refused::Running));
        }
        let written = self.write_changed(&job, &changed, write).await;
        self.schedule(if written.is_ok() { &changed } else { &job });
        self.0.bell.notify_one();
        written?;
        Ok(changed)
    }

    async fn write_changed(
        &self,
        before: &Job,
        job: &Job,
        write: impl FnOnce(Batch, &Job) -> Batch,
    ) -> Result<(), QueueError> {
        // Two people may decide at the same moment; the record must still be the one that was read.
        let key = record::job_key(job.id);
        let entry = self.0.store.get(&key)?.ok_or_else(|| QueueError::NotFound(job.id.to_string()))?;
        if record::read_job(&key, &entry.value)? != *before {
            let problem = "it was changed at this moment; look at it again".to_owned();
            return Err(QueueError::NotNow { id: job.id, problem });
        }
        let batch = write(put_job(Batch::new().require_revision(key, entry.revision), job)?, job);
        match self.0.store.commit(batch).await {
            Ok(_) => {}
            Err(crate::store::StoreError::Conflict { .. }) => {
                let problem = "it was changed at this moment; look at it again".to_owned();
                return Err(QueueError::NotNow { id: job.id, problem });
            }
            Err(error) => return Err(error.into()),
        }
        self.0.tally.lock().noted(Some(before), Some(job));
        let _ = self.0.changed.send(job.id);
        Ok(())
    }

    /// Carries out one decision for every job that is parked for a cause.
    ///
    /// # Errors
    /// That the store failed; what was changed until then stays changed.
    pub async fn decide_cause(&self, cause: &str, decision: &Decision) -> Result<Swept, QueueError> {
        let ids = self.0.tally.lock().parked_for(cause);
        let mut swept = Swept::default();
        for id in ids {
            match self.decide(id, decision.clone()).await {
                Ok(_) => swept.changed += 1,
                Err(QueueError::NotNow { .. } | QueueError::NotFound(_)) => swept.refused += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(swept)
    }

    /// Tries every document of a connection again that lacks a mapping: its settings have changed, or one of its
    /// documents has just gone through.
    ///
    /// # Errors
    /// That the store failed.
    pub async fn retry_unmapped(&self, connection: &str) -> Result<Swept, QueueError> {
        let causes = self.0.tally.lock().of_kind(connection, ReasonKind::NeedsMapping);
        let mut swept = Swept::default();
        for cause in causes {
            let one = self.decide_cause(&cause, &Decision::Retry).await?;
            swept.changed += one.changed;
            swept.refused += one.refused;
        }
        Ok(swept)
    }

    /// Holds a connection's documents, or lets them go on. It is on disk when this returns.
    ///
    /// # Errors
    /// That the store failed.
    pub async fn set_paused(&self, connection: &str, paused: bool) -> Result<(), QueueError> {
        let key = record::paused_key(connection);
        let batch =
            if paused { Batch::new().put(key, self.0.clock.now().to_string()) } else { Batch::new().delete(key) };
        self.0.store.commit(batch).await?;
        self.0.board.lock().set_paused(connection, paused);
        self.0.bell.notify_one();
        Ok(())
    }

    /// Whether a person holds a connection's documents.
    #[must_use]
    pub fn paused(&self, connection: &str) -> bool {
        self.0.board.lock().paused(connection)
    }

    pub(super) fn read_paused(&self) -> Result<(), QueueError> {
        for entry in self.0.store.scan(record::PAUSED, None, crate::limits::CONNECTIONS_MAX)? {
            let connection = entry.key.get(record::PAUSED.len()..).unwrap_or_default();
            self.0.board.lock().set_paused(&String::from_utf8_lossy(connection), true);
        }
        Ok(())
    }
}
