//! The durable path: a document is on disk before it is acknowledged, and arrives exactly once.
//!
//! `accept` takes documents in; `machine` says what a job does next; `board` says whose turn it is; `worker` takes the
//! turns; `carrier` goes to the system. `person` carries out what people decide, `schedule` what the clock does,
//! `retain` lets go of what is done. `document` is what is carried, `job`
//! and `record` are what lies on disk; `tally` counts it.

mod accept;
mod board;
mod carrier;
mod cause;
mod document;
mod id;
mod job;
mod list;
mod machine;
mod person;
mod policy;
mod record;
mod retain;
mod schedule;
#[cfg(test)]
mod simulation;
mod tally;
mod worker;

pub use accept::{Accepted, Submission};
pub use board::Load;
pub use carrier::{Answer, Carrier, ConnectorCarrier, Outgoing};
pub use document::{Document, DocumentError};
pub use id::{JobId, NoJobId};
pub use job::{Attempt, Job, Operation, Outcome, Reason, ReasonKind, State, Step};
pub use list::JobFilter;
pub use machine::{Decision, Found, Sent};
pub use person::Swept;
pub use policy::{Gathering, Policy, Terms};
pub use schedule::{NewSchedule, Schedule, ScheduleError};
pub use tally::{Cause, Counts};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use thiserror::Error;
use tokio::sync::{Notify, broadcast, mpsc};

use crate::commerce::lane::Lane;
use crate::limits;
use crate::seam::{self, Clock, Millis};
use crate::store::{Batch, Entry, Store, StoreError};
use board::{Board, Place};
use record::Glance;
use tally::Tally;

/// Why the queue could not do what it was asked.
#[derive(Clone, Debug, Error)]
pub enum QueueError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The idempotency key belongs to another document.
    #[error("accept the document: its Idempotency-Key was used for another document ({job})")]
    KeyReused {
        /// The job that has the key.
        job: JobId,
    },
    /// There is no room for more.
    #[error("accept the document: {why}; try again later")]
    Full {
        /// What there is no room for.
        why: String,
    },
    /// There is no such job.
    #[error("find job {0}")]
    NotFound(String),
    /// The job's state does not allow it.
    #[error("change job {id}: {problem}")]
    NotNow {
        /// The job.
        id: JobId,
        /// Why not.
        problem: String,
    },
}

/// How full each lane of a connection is.
pub type Loads = [(Lane, Load); 3];

/// The queue. Cheap to clone.
#[derive(Clone)]
pub struct Queue(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    clock: Clock,
    board: Mutex<Board>,
    /// Rung when the board may have work.
    bell: Notify,
    /// Jobs whose record has changed, for callers that wait.
    changed: broadcast::Sender<JobId>,
    tally: Mutex<Tally>,
    policies: RwLock<BTreeMap<String, Arc<Policy>>>,
    schedules: Mutex<BTreeMap<String, Schedule>>,
    /// The youngest id, so that ids sort by acceptance.
    last_id: Mutex<JobId>,
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
            tally: Mutex::default(),
            policies: RwLock::default(),
            schedules: Mutex::default(),
            last_id: Mutex::default(),
        }));
        queue.read_jobs().await?;
        queue.read_paused()?;
        queue.read_schedules()?;
        Ok(queue)
    }

    async fn read_jobs(&self) -> Result<(), QueueError> {
        let mut pages = self.pages();
        while let Some(page) = pages.recv().await {
            let page = page?;
            if page.is_empty() {
                return Ok(());
            }
            let recovered = self.know(&page)?;
            if !recovered.is_empty() {
                self.0.store.commit(recovered).await?;
            }
        }
        Err(StoreError::Failed("the jobs could not be read to their end".to_owned()).into())
    }

    /// The records of all jobs in order, and an empty page at their end. They are read and unsealed beside whoever takes
    /// them in, a few pages ahead.
    fn pages(&self) -> mpsc::Receiver<Result<Vec<Entry>, StoreError>> {
        let store = Arc::clone(&self.0.store);
        let (pages, read) = mpsc::channel(limits::JOB_PAGES_AHEAD);
        seam::spawn_blocking(move || {
            let mut after: Option<Vec<u8>> = None;
            loop {
                let page = store.scan(record::JOBS, after.as_deref(), limits::JOBS_PER_PAGE);
                after = page.as_ref().ok().and_then(|page| page.last()).map(|entry| entry.key.clone());
                // Nobody listens any more when a record could not be read.
                if pages.blocking_send(page).is_err() || after.is_none() {
                    return;
                }
            }
        });
        read
    }

    /// Takes a page of jobs into the schedule; what it gives is to be written for those that were interrupted.
    fn know(&self, page: &[Entry]) -> Result<Batch, QueueError> {
        let (policy, now) = (Policy::default(), self.0.clock.now());
        let no_jitter = |pause| pause;
        let frame = machine::Frame { policy: &policy, now, jitter: &no_jitter };
        let glances = page.iter().map(|entry| Ok((entry, record::read::<Glance<'_>>(&entry.key, &entry.value)?)));
        let glances = glances.collect::<Result<Vec<_>, StoreError>>()?;
        let mut recovered = Batch::new();
        // Neighbours mostly belong to the same connection, whose name is kept once.
        let mut connection: Arc<str> = Arc::from("");
        // One lock for the page: nobody else is there yet.
        let (mut board, mut tally, mut last) = (self.0.board.lock(), self.0.tally.lock(), self.0.last_id.lock());
        for (entry, glance) in &glances {
            *last = glance.id.max(*last);
            if *connection != *glance.connection {
                connection = Arc::from(glance.connection.as_ref());
            }
            match glance.state {
                State::Ready | State::Waiting => {
                    tally.seen(&glance.connection, glance.lane, glance.state);
                    board.insert(glance.place(&connection), now);
                }
                State::Done => tally.seen(&glance.connection, glance.lane, glance.state),
                State::Running | State::Parked => {
                    let mut job = record::read_job(&entry.key, &entry.value)?;
                    if job.state == State::Running {
                        machine::recovered(&mut job, &frame);
                        recovered = recovered.put(entry.key.clone(), record::write(&job)?);
                    }
                    tally.noted(None, Some(&job));
                    if matches!(job.state, State::Ready | State::Waiting) {
                        board.insert(place(&job), now);
                    }
                }
            }
        }
        Ok(recovered)
    }

    /// How many calls may be on their way over all connections, in the lanes `orders`, `sync` and `bulk`.
    pub fn set_lanes(&self, parallel: [usize; 3]) {
        self.0.board.lock().set_lanes(parallel);
        self.0.bell.notify_one();
    }

    /// The terms of a connection's documents.
    pub fn set_terms(&self, connection: &str, terms: &Terms) {
        self.0.board.lock().set_terms(connection, terms);
        let known = self.0.policies.read().get(connection).is_some_and(|policy| **policy == terms.policy);
        if !known {
            self.0.policies.write().insert(connection.to_owned(), Arc::new(terms.policy.clone()));
        }
        self.0.bell.notify_one();
    }

    fn policy(&self, connection: &str) -> Arc<Policy> {
        self.0.policies.read().get(connection).cloned().unwrap_or_default()
    }

    /// How full the lanes of a connection are.
    #[must_use]
    pub fn load(&self, connection: &str) -> Loads {
        let loads = self.0.board.lock().load(connection);
        let mut named = Lane::DURABLE.map(|lane| (lane, Load::default()));
        for (named, load) in named.iter_mut().zip(loads) {
            named.1 = load;
        }
        named
    }

    /// Jobs of a connection that wait or are on their way.
    #[must_use]
    pub fn waiting_for(&self, connection: &str) -> usize {
        self.load(connection).iter().map(|(_, load)| load.waiting).sum()
    }

    /// The loads of every connection that has or had jobs.
    #[must_use]
    pub fn loads(&self) -> Vec<(Arc<str>, Loads)> {
        let connections = self.0.board.lock().connections();
        connections.into_iter().map(|connection| (Arc::clone(&connection), self.load(&connection))).collect()
    }

    /// When a system that is away is tried again.
    #[must_use]
    pub fn probe_at(&self, connection: &str) -> Option<Millis> {
        self.0.board.lock().probe_at(connection)
    }

    /// A live call found a system there: documents that wait for it go on without waiting for the next probe.
    pub fn seen_alive(&self, connection: &str) {
        if self.0.board.lock().seen_alive(connection, self.0.clock.now()) {
            self.0.bell.notify_one();
        }
    }

    /// Jobs by connection, lane and state.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.0.tally.lock().counts().clone()
    }

    /// One job.
    ///
    /// # Errors
    /// [`QueueError::NotFound`], or that the store cannot be read.
    pub fn get(&self, id: JobId) -> Result<Job, QueueError> {
        let key = record::job_key(id);
        let entry = self.0.store.get(&key)?.ok_or_else(|| QueueError::NotFound(id.to_string()))?;
        Ok(record::read_job(&key, &entry.value)?)
    }

    /// The document of a job, as JSON. A job without one has an empty document.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn document(&self, id: JobId) -> Result<Vec<u8>, QueueError> {
        Ok(self.0.store.get(&record::document_key(id))?.map(|entry| entry.value.to_vec()).unwrap_or_default())
    }

    /// Waits until a job is done or parked, or `limit` is over.
    ///
    /// # Errors
    /// As for [`Queue::get`].
    pub async fn settled(&self, id: JobId, limit: Duration) -> Result<Job, QueueError> {
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
        if matches!(job.state, State::Ready | State::Waiting)
            && self.0.board.lock().insert(place(job), self.0.clock.now())
        {
            self.0.bell.notify_one();
        }
    }

    /// Writes jobs' records in one commit, with the cross-reference of each that has just been done.
    async fn write(&self, changes: &[(&Job, &Job)]) -> Result<(), QueueError> {
        let mut batch = Batch::new();
        for (_, job) in changes {
            batch = put_job(batch, job)?;
        }
        self.0.store.commit(batch).await?;
        for (before, job) in changes {
            self.0.tally.lock().noted(Some(before), Some(job));
            let _ = self.0.changed.send(job.id);
        }
        Ok(())
    }
}

fn put_job(batch: Batch, job: &Job) -> Result<Batch, StoreError> {
    let batch = batch.put(record::job_key(job.id), record::write(job)?);
    let (State::Done, Some(ids)) = (job.state, &job.ids) else { return Ok(batch) };
    let kind = job.operation.name();
    let reference = record::CrossReference {
        connection: job.connection.clone(),
        kind: kind.to_owned(),
        reference: job.reference.clone(),
        ids: ids.clone(),
        job: job.id,
    };
    let key = record::cross_reference_key(&job.connection, kind, &job.reference);
    Ok(batch.put(key, record::write(&reference)?))
}

/// Where a job stands in the schedule.
fn place(job: &Job) -> Place {
    Place {
        id: job.id,
        connection: job.connection.as_str().into(),
        lane: job.lane,
        order_key: job.order_key.as_str().into(),
        priority: job.priority,
        not_before: if job.sends == 0 { job.not_before.unwrap_or(0) } else { 0 },
        at: job.next_at.unwrap_or(0),
    }
}

impl Glance<'_> {
    fn place(&self, connection: &Arc<str>) -> Place {
        Place {
            id: self.id,
            connection: Arc::clone(connection),
            lane: self.lane,
            order_key: self.order_key.as_ref().into(),
            priority: self.priority,
            not_before: if self.sends == 0 { self.not_before.unwrap_or(0) } else { 0 },
            at: self.next_at.unwrap_or(0),
        }
    }
}
