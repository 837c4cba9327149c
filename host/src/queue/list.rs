//! Finding jobs.

use super::id::JobId;
use super::job::{Job, State};
use super::record;
use super::tally::Cause;
use super::{Queue, QueueError};
use crate::commerce::lane::Lane;
use crate::limits;

/// What narrows a list of jobs.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Only this connection.
    pub connection: Option<String>,
    /// Only this lane.
    pub lane: Option<Lane>,
    /// Only this state.
    pub state: Option<State>,
    /// Only jobs parked for this cause.
    pub cause: Option<String>,
    /// A part of the reference, the customer, the system's number or the job's id.
    pub text: Option<String>,
}

impl JobFilter {
    fn fits(&self, job: &Job) -> bool {
        let text_fits = |text: &String| {
            let number = job.ids.as_ref().and_then(|ids| ids.number.as_ref());
            let id = job.ids.as_ref().map(|ids| &ids.id);
            [Some(&job.reference), Some(&job.customer), number, id]
                .into_iter()
                .flatten()
                .any(|field| field.contains(text.as_str()))
                || job.id.to_string().contains(text.as_str())
        };
        self.connection.as_ref().is_none_or(|c| *c == job.connection)
            && self.lane.is_none_or(|lane| lane == job.lane)
            && self.state.is_none_or(|state| state == job.state)
            && self.cause.as_ref().is_none_or(|c| job.state == State::Parked && Some(c) == job.cause.as_ref())
            && self.text.as_ref().is_none_or(text_fits)
    }

    /// What a fitting record must contain as it is written; a search that is enough to pass most records by.
    fn needle(&self) -> Option<Vec<u8>> {
        let text = self.text.as_ref()?;
        // Characters that JSON writes in another way would be missed.
        let plain = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_./: ".contains(c));
        plain.then(|| text.as_bytes().to_vec())
    }
}

impl Queue {
    /// Jobs in the order of acceptance, from behind the job `after`; with the id to go on from, while there are more.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn list(
        &self,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<(Vec<Job>, Option<JobId>), QueueError> {
        if let Some(cause) = &filter.cause {
            return self.list_parked(cause, filter, after, limit);
        }
        let needle = filter.needle();
        let mut jobs = Vec::new();
        let mut after = after;
        let mut scanned = 0;
        while scanned < limits::JOBS_SCANNED_PER_PAGE {
            let key = after.map(record::job_key);
            let page = self.0.store.scan(record::JOBS, key.as_deref(), 256)?;
            if page.is_empty() {
                return Ok((jobs, None));
            }
            for entry in page {
                scanned += 1;
                after = id_of(&entry.key).or(after);
                let passes = needle.as_ref().is_none_or(|n| memchr::memmem::find(&entry.value, n).is_some());
                if !passes {
                    continue;
                }
                let job = record::read_job(&entry.key, &entry.value)?;
                if filter.fits(&job) {
                    let id = job.id;
                    jobs.push(job);
                    if jobs.len() == limit {
                        return Ok((jobs, Some(id)));
                    }
                }
            }
        }
        Ok((jobs, after))
    }

    /// The jobs parked for one cause are known by name.
    fn list_parked(
        &self,
        cause: &str,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<(Vec<Job>, Option<JobId>), QueueError> {
        let ids = self.0.tally.lock().parked_for(cause);
        let mut jobs = Vec::new();
        for id in ids.into_iter().filter(|id| after.is_none_or(|after| *id > after)) {
            match self.get(id) {
                Ok(job) if filter.fits(&job) => jobs.push(job),
                Ok(_) | Err(QueueError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
            if jobs.len() == limit {
                return Ok((jobs, Some(id)));
            }
        }
        Ok((jobs, None))
    }

    /// What parked jobs have in common, the most frequent first.
    #[must_use]
    pub fn causes(&self) -> Vec<Cause> {
        self.0.tally.lock().causes()
    }

    /// One cause, while jobs are parked for it.
    #[must_use]
    pub fn cause(&self, name: &str) -> Option<Cause> {
        self.0.tally.lock().cause(name)
    }
}

pub(super) fn id_of(key: &[u8]) -> Option<JobId> {
    std::str::from_utf8(key.get(record::JOBS.len()..)?).ok()?.parse().ok()
}
