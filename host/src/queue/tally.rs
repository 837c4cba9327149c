//! What the queue knows of its jobs without reading them: how many there are, and what those that are parked have in
//! common.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::id::JobId;
use super::job::{Job, ReasonKind, State};
use crate::commerce::lane::Lane;
use crate::limits;
use crate::seam::Millis;

/// Jobs by connection, lane and state.
pub type Counts = BTreeMap<(String, Lane, State), u64>;

/// What some parked jobs have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Cause {
    /// Its name, for `?cause=` and for acting on all of its jobs.
    pub cause: String,
    /// The connection.
    pub connection: String,
    /// The kind.
    pub kind: ReasonKind,
    /// What was said about the oldest of them.
    pub text: String,
    /// How many jobs are parked for it.
    pub jobs: usize,
    /// When the oldest of them was accepted; milliseconds since the epoch.
    pub oldest: Millis,
}

#[derive(Debug)]
struct Parked {
    connection: String,
    kind: ReasonKind,
    text: String,
    jobs: BTreeSet<JobId>,
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: Counts,
    causes: BTreeMap<String, Parked>,
}

impl Tally {
    pub(super) const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Counts a job that is known by a glance only; it must not be parked.
    pub(super) fn seen(&mut self, connection: &str, lane: Lane, state: State) {
        *self.counts.entry((connection.to_owned(), lane, state)).or_default() += 1;
    }

    /// Takes in that a job's record has changed, is new, or is gone.
    pub(super) fn noted(&mut self, before: Option<&Job>, after: Option<&Job>) {
        if let Some(job) = before {
            let count = self.counts.entry((job.connection.clone(), job.lane, job.state)).or_default();
            *count = count.saturating_sub(1);
            self.unpark(job);
        }
        if let Some(job) = after {
            self.seen(&job.connection, job.lane, job.state);
            self.park(job);
        }
    }

    /// The causes, the most frequent first.
    pub(super) fn causes(&self) -> Vec<Cause> {
        let mut causes: Vec<Cause> = self.causes.iter().map(|(name, parked)| parked.told(name)).collect();
        causes.sort_by(|one, other| other.jobs.cmp(&one.jobs).then(one.oldest.cmp(&other.oldest)));
        causes
    }

    pub(super) fn cause(&self, name: &str) -> Option<Cause> {
        self.causes.get(name).map(|parked| parked.told(name))
    }

    /// The jobs parked for a cause, the oldest first.
    pub(super) fn parked_for(&self, name: &str) -> Vec<JobId> {
        self.causes.get(name).map(|parked| parked.jobs.iter().copied().collect()).unwrap_or_default()
    }

    /// Causes of one kind on a connection.
    pub(super) fn of_kind(&self, connection: &str, kind: ReasonKind) -> Vec<String> {
        let fits = |parked: &Parked| parked.kind == kind && parked.connection == connection;
        self.causes.iter().filter(|(_, parked)| fits(parked)).map(|(name, _)| name.clone()).collect()
    }

    fn park(&mut self, job: &Job) {
        let (State::Parked, Some(cause), Some(reason)) = (job.state, &job.cause, &job.reason) else { return };
        let parked = self.causes.entry(cause.clone()).or_insert_with(|| Parked {
            connection: job.connection.clone(),
            kind: reason.kind,
            text: reason.text.chars().take(limits::CAUSE_TEXT_CHARS_MAX).collect(),
            jobs: BTreeSet::new(),
        });
        parked.jobs.insert(job.id);
    }

    fn unpark(&mut self, job: &Job) {
        let (State::Parked, Some(cause)) = (job.state, &job.cause) else { return };
        if let Some(parked) = self.causes.get_mut(cause) {
            parked.jobs.remove(&job.id);
            if parked.jobs.is_empty() {
                self.causes.remove(cause);
            }
        }
    }
}

impl Parked {
    fn told(&self, name: &str) -> Cause {
        Cause {
            cause: name.to_owned(),
            connection: self.connection.clone(),
            kind: self.kind,
            text: self.text.clone(),
            jobs: self.jobs.len(),
            oldest: self.jobs.first().map_or(0, |id| id.0.timestamp_ms()),
        }
    }
}
