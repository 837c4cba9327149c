//! The durable path: a document is on disk before it is acknowledged, and arrives exactly once.
//!
//! `accept` takes documents in; `machine` says what a job does next; `board` says whose turn it is; `worker` takes the
//! turns; `carrier` goes to the system. `job` and `record` are what lies on disk.

mod accept;
mod board;
mod carrier;
mod job;
mod machine;
#[cfg(test)]
mod machine_tests;
mod record;
mod worker;

pub use accept::{Accepted, Submission};
pub use carrier::{Carrier, ConnectorCarrier};
pub use job::{Attempt, Job, Operation, Outcome, Reason, ReasonKind, State, Step};
pub use machine::Decision;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use thiserror::Error;
use tokio::sync::{Notify, broadcast};

use crate::limits;
use crate::seam::{Clock, Millis};
use crate::store::{Batch, Store, StoreError};
use board::{Board, Place};

/// Why the queue could not do what it was asked.
#[derive(Debug, Error)]
pub enum QueueError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The idempotency key belongs to another document.
    #[error("accept the document: its Idempotency-Key was used for another document ({job})")]
    KeyReused {
        /// The job that has the key.
        job: String,
    },
    /// Too many documents wait.
    #[error("accept the document: {waiting} documents wait already; try again later")]
    Full {
        /// How many wait.
        waiting: usize,
    },
    /// There is no such job.
    #[error("find job {0}")]
    NotFound(String),
    /// The job's state does not allow it.
    #[error("change job {id}: {problem}")]
    NotNow {
        /// The job.
        id: String,
        /// Why not.
        problem: String,
    },
}

/// The queue. Cheap to clone.
#[derive(Clone)]
pub struct Queue(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    clock: Clock,
    board: Mutex<Board>,
    /// Rung when the board may have work.
    bell: Notify,
    /// Ids of jobs whose record has changed, for callers that wait.
    changed: broadcast::Sender<String>,
    counts: Mutex<BTreeMap<(String, State), u64>>,
    /// The youngest id, so that ids sort by acceptance.
    last_id: Mutex<ulid::Ulid>,
}

/// What narrows a list of jobs.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Only this connection.
    pub connection: Option<String>,
    /// Only these states.
    pub state: Option<State>,
    /// A part of the reference, the customer, the system's number or the job's id.
    pub text: Option<String>,
}

impl JobFilter {
    fn fits(&self, job: &Job) -> bool {
        let text_fits = |text: &String| {
            let number = job.ids.as_ref().and_then(|ids| ids.number.as_ref());
            [Some(&job.reference), Some(&job.customer), Some(&job.id), number]
                .into_iter()
                .flatten()
                .any(|field| field.contains(text.as_str()))
        };
        self.connection.as_ref().is_none_or(|c| *c == job.connection)
            && self.state.is_none_or(|state| state == job.state)
            && self.text.as_ref().is_none_or(text_fits)
    }
}

impl Queue {
    /// Rebuilds the schedule from the store. Turns that were running when the host stopped are over; what they did is
    /// unknown, so they are looked up first.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn open(store: Arc<dyn Store>, clock: Clock) -> Result<Self, QueueError> {
        let queue = Self(Arc::new(Inner {
            store,
            clock,
            board: Mutex::default(),
            bell: Notify::new(),
            changed: broadcast::channel(1_024).0,
            counts: Mutex::default(),
            last_id: Mutex::default(),
        }));
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = queue.0.store.scan(record::JOBS, after.as_deref(), 1_000)?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            let mut recovered = Batch::new();
            for entry in &page {
                let mut job = record::read_job(&entry.key, &entry.value)?;
                if job.state == State::Running {
                    machine::recovered(&mut job, queue.0.clock.now());
                    recovered = recovered.put(entry.key.clone(), record::write(&job)?);
                }
                queue.count(None, Some(&job));
                queue.schedule(&job);
                let id = job.id.strip_prefix("job_").and_then(|id| ulid::Ulid::from_string(id).ok());
                let mut last = queue.0.last_id.lock();
                *last = id.unwrap_or_default().max(*last);
            }
            if !recovered.is_empty() {
                queue.0.store.commit(recovered).await?;
            }
        }
        Ok(queue)
    }

    /// Sets how many documents of a connection may be on their way at a time.
    pub fn set_parallel(&self, connection: &str, parallel: usize) {
        self.0.board.lock().set_parallel(connection, parallel);
        self.0.bell.notify_one();
    }

    /// Holds a connection's documents, or lets them go on.
    pub fn set_paused(&self, connection: &str, paused: bool) {
        self.0.board.lock().set_paused(connection, paused);
        self.0.bell.notify_one();
    }

    /// Documents of a connection that wait or are on their way.
    #[must_use]
    pub fn waiting_for(&self, connection: &str) -> usize {
        self.0.board.lock().waiting_for(connection)
    }

    /// When a system that is away is tried again.
    #[must_use]
    pub fn probe_at(&self, connection: &str) -> Option<Millis> {
        self.0.board.lock().probe_at(connection)
    }

    /// Jobs by connection and state.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<(String, State), u64> {
        self.0.counts.lock().clone()
    }

    /// One job.
    ///
    /// # Errors
    /// [`QueueError::NotFound`], or that the store cannot be read.
    pub fn get(&self, id: &str) -> Result<Job, QueueError> {
        let key = record::job_key(id);
        let entry = self.0.store.get(&key)?.ok_or_else(|| QueueError::NotFound(id.to_owned()))?;
        Ok(record::read_job(&key, &entry.value)?)
    }

    /// The document of a job, as JSON.
    ///
    /// # Errors
    /// As for [`Queue::get`].
    pub fn document(&self, id: &str) -> Result<Vec<u8>, QueueError> {
        let entry = self.0.store.get(&record::document_key(id))?.ok_or_else(|| QueueError::NotFound(id.to_owned()))?;
        Ok(entry.value.to_vec())
    }

    /// Jobs in the order of acceptance, from behind the job `after`; with the id to go on from, while there are more.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn list(
        &self,
        filter: &JobFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Job>, Option<String>), QueueError> {
        let mut jobs = Vec::new();
        let mut after = after.map(record::job_key);
        let mut scanned = 0;
        while scanned < limits::JOBS_SCANNED_PER_PAGE {
            let page = self.0.store.scan(record::JOBS, after.as_deref(), 256)?;
            if page.is_empty() {
                return Ok((jobs, None));
            }
            for entry in page {
                scanned += 1;
                let job = record::read_job(&entry.key, &entry.value)?;
                after = Some(entry.key);
                if filter.fits(&job) {
                    let id = job.id.clone();
                    jobs.push(job);
                    if jobs.len() == limit {
                        return Ok((jobs, Some(id)));
                    }
                }
            }
        }
        let next =
            after.map(|key| String::from_utf8_lossy(key.get(record::JOBS.len()..).unwrap_or_default()).into_owned());
        Ok((jobs, next))
    }

    /// Takes in a person's decision about a job.
    ///
    /// # Errors
    /// [`QueueError::NotNow`] when the job runs at this moment or is done.
    pub async fn decide(&self, id: &str, decision: Decision) -> Result<Job, QueueError> {
        let job = self.get(id)?;
        let not_now = |problem: &str| QueueError::NotNow { id: id.to_owned(), problem: problem.to_owned() };
        match job.state {
            State::Done => return Err(not_now("it is done, and a done job never changes")),
            State::Running => return Err(not_now("it is on its way at this moment; try again")),
            State::Ready | State::Waiting => {
                if !self.0.board.lock().remove(&job.connection, &job.order_key, id) {
                    return Err(not_now("it is on its way at this moment; try again"));
                }
            }
            State::Parked => {}
        }
        let mut decided = job.clone();
        let allowed = machine::decided(&mut decided, decision, self.0.clock.now());
        let written = if allowed { self.write(&job, &decided).await } else { Ok(()) };
        self.schedule(if allowed && written.is_ok() { &decided } else { &job });
        self.0.bell.notify_one();
        written?;
        if allowed {
            Ok(decided)
        } else {
            Err(not_now("its outcome is unknown; say first whether the document exists"))
        }
    }

    /// Waits until a job is done or parked, or `check` says that the caller has waited long enough.
    pub async fn settled(&self, id: &str, limit: std::time::Duration) -> Result<Job, QueueError> {
        let mut changed = self.0.changed.subscribe();
        let wait = async {
            loop {
                let job = self.get(id)?;
                if matches!(job.state, State::Done | State::Parked) {
                    return Ok(job);
                }
                loop {
                    match changed.recv().await {
                        Ok(other) if other != id => {}
                        _ => break,
                    }
                }
            }
        };
        match crate::seam::within(limit, wait).await {
            Some(job) => job,
            None => self.get(id),
        }
    }

    fn schedule(&self, job: &Job) {
        if !matches!(job.state, State::Ready | State::Waiting) {
            return;
        }
        let place = Place {
            id: job.id.clone(),
            connection: job.connection.clone(),
            order_key: job.order_key.clone(),
            not_before: job.next_at.unwrap_or(0),
        };
        self.0.board.lock().insert(place);
    }

    /// Writes a job's record, with the cross-reference when it has just been done.
    async fn write(&self, before: &Job, job: &Job) -> Result<(), QueueError> {
        let mut batch = Batch::new().put(record::job_key(&job.id), record::write(job)?);
        if let (State::Done, Some(ids)) = (job.state, &job.ids) {
            let kind = job.operation.name();
            let reference = record::CrossReference {
                connection: job.connection.clone(),
                kind: kind.to_owned(),
                reference: job.reference.clone(),
                ids: ids.clone(),
                job: job.id.clone(),
            };
            let key = record::cross_reference_key(&job.connection, kind, &job.reference);
            batch = batch.put(key, record::write(&reference)?);
        }
        self.0.store.commit(batch).await?;
        self.count(Some(before), Some(job));
        let _ = self.0.changed.send(job.id.clone());
        Ok(())
    }

    fn count(&self, before: Option<&Job>, after: Option<&Job>) {
        let mut counts = self.0.counts.lock();
        if let Some(job) = before {
            let count = counts.entry((job.connection.clone(), job.state)).or_default();
            *count = count.saturating_sub(1);
        }
        if let Some(job) = after {
            *counts.entry((job.connection.clone(), job.state)).or_default() += 1;
        }
    }
}
