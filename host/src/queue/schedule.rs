//! Work by the clock: a cron expression, and the job it makes each time.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::accept::Submission;
use super::id::JobId;
use super::job::Operation;
use super::{Queue, QueueError, record};
use crate::commerce::lane::Lane;
use crate::limits;
use crate::seam::Millis;
use crate::store::{Batch, StoreError};

/// What a schedule shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSchedule {
    /// Five fields in UTC: minute, hour, day of month, month, day of week. `0 6 * * 1-5` is six o'clock on working days.
    #[schema(example = "0 6 * * 1-5")]
    pub cron: String,
    /// The connection.
    pub connection: String,
    /// What is done each time.
    pub operation: Operation,
    /// The lane of its jobs; `sync` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// The document, for an operation that has one. `{at}` in its `reference` becomes the time, such as `20260131T0600`,
    /// so that every document has a number of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub document: Option<serde_json::Value>,
    /// Whether it makes jobs.
    #[serde(default = "yes")]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

/// A schedule as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// What it does.
    #[serde(flatten)]
    pub rule: NewSchedule,
    /// When it makes the next job; milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Millis>,
    /// The last job it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_job: Option<JobId>,
}

/// Why a schedule cannot be kept.
#[derive(Debug, Error)]
pub enum ScheduleError {
    /// It cannot be what it shall be.
    #[error("keep the schedule: {0}")]
    Invalid(String),
    /// There is none with this name.
    #[error("find schedule `{0}`")]
    NotFound(String),
    /// The queue or its store.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Queue {
    /// Makes or replaces a schedule.
    ///
    /// # Errors
    /// [`ScheduleError::Invalid`] says what to write instead.
    pub async fn put_schedule(&self, name: &str, rule: NewSchedule) -> Result<Schedule, ScheduleError> {
        let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 64 || !name.chars().all(simple) {
            let text = "its name has up to 64 lower-case letters, digits, `-` and `_`";
            return Err(ScheduleError::Invalid(text.to_owned()));
        }
        check(&rule)?;
        let many = {
            let known = self.0.schedules.lock();
            known.len() >= limits::SCHEDULES_MAX && !known.contains_key(name)
        };
        if many {
            return Err(ScheduleError::Invalid(format!("there are {} schedules already", limits::SCHEDULES_MAX)));
        }
        let next_at = if rule.enabled { Some(next(&rule.cron, self.0.clock.now())?) } else { None };
        let schedule = Schedule { name: name.to_owned(), rule, next_at, last_job: None };
        let written = record::write(&schedule).map_err(QueueError::Store)?;
        let batch = Batch::new().put(record::schedule_key(name), written);
        self.0.store.commit(batch).await.map_err(QueueError::Store)?;
        self.0.schedules.lock().insert(name.to_owned(), schedule.clone());
        self.0.bell.notify_one();
        Ok(schedule)
    }

    /// Removes a schedule. Jobs it made go on.
    ///
    /// # Errors
    /// [`ScheduleError::NotFound`].
    pub async fn remove_schedule(&self, name: &str) -> Result<(), ScheduleError> {
        if !self.0.schedules.lock().contains_key(name) {
            return Err(ScheduleError::NotFound(name.to_owned()));
        }
        let batch = Batch::new().delete(record::schedule_key(name));
        self.0.store.commit(batch).await.map_err(QueueError::Store)?;
        self.0.schedules.lock().remove(name);
        Ok(())
    }

    /// All schedules by name.
    #[must_use]
    pub fn schedules(&self) -> Vec<Schedule> {
        self.0.schedules.lock().values().cloned().collect()
    }

    pub(super) fn read_schedules(&self) -> Result<(), QueueError> {
        for entry in self.0.store.scan(record::SCHEDULES, None, limits::SCHEDULES_MAX)? {
            let schedule: Schedule = record::read(&entry.key, &entry.value)?;
            self.0.schedules.lock().insert(schedule.name.clone(), schedule);
        }
        Ok(())
    }

    pub(super) fn next_schedule(&self) -> Option<Millis> {
        self.0.schedules.lock().values().filter_map(|schedule| schedule.next_at).min()
    }

    /// Makes the jobs whose time has come. Job and next time are one commit, so a crash neither loses nor doubles one.
    /// Times that passed while the host was down are made up for once.
    pub(super) async fn fire_schedules(&self) -> Result<(), QueueError> {
        let now = self.0.clock.now();
        let due: Vec<Schedule> = {
            let known = self.0.schedules.lock();
            known.values().filter(|schedule| schedule.next_at.is_some_and(|at| at <= now)).cloned().collect()
        };
        for mut schedule in due {
            let at = schedule.next_at.take().unwrap_or(now);
            schedule.next_at = next(&schedule.rule.cron, now).ok();
            let submission = schedule.submission(at);
            let written = record::write(&schedule)?;
            let with = Batch::new().put(record::schedule_key(&schedule.name), written);
            match self.accept_with(submission, with).await {
                Ok(accepted) => schedule.last_job = Some(accepted.job.id),
                // A store that fails ends the host; one without room, or a queue that is full, lets this time pass.
                Err(QueueError::Store(error)) if !matches!(error, StoreError::NoRoom { .. }) => {
                    return Err(error.into());
                }
                Err(error) => tracing::warn!(schedule = schedule.name, "failed to {error}"),
            }
            if let Some(known) = self.0.schedules.lock().get_mut(&schedule.name) {
                *known = schedule;
            }
        }
        Ok(())
    }
}

impl Schedule {
    fn submission(&self, at: Millis) -> Submission {
        let stamp = stamp(at);
        let mut document = self.rule.document.clone();
        let text = |document: &Option<serde_json::Value>, field: &str| {
            document.as_ref().and_then(|d| d.get(field)).and_then(|v| v.as_str()).unwrap_or_default().to_owned()
        };
        let reference = text(&document, "reference").replace("{at}", &stamp);
        if let Some(field) = document.as_mut().and_then(|d| d.get_mut("reference")) {
            *field = reference.clone().into();
        }
        let customer = text(&document, "customer");
        let document = document.map(|d| d.to_string().into_bytes()).unwrap_or_default();
        Submission {
            connection: self.rule.connection.clone(),
            lane: self.rule.lane.unwrap_or(Lane::Sync),
            operation: self.rule.operation,
            priority: limits::PRIORITY_USUAL,
            order_key: if customer.is_empty() { format!("schedule/{}", self.name) } else { customer.clone() },
            reference: if reference.is_empty() { format!("{}-{stamp}", self.name) } else { reference },
            customer,
            idempotency_key: format!("schedule/{}/{at}", self.name),
            not_before: None,
            document,
        }
    }
}

fn check(rule: &NewSchedule) -> Result<(), ScheduleError> {
    let invalid = |text: &str| Err(ScheduleError::Invalid(text.to_owned()));
    if rule.lane == Some(Lane::Live) {
        return invalid("the lane `live` is for questions; choose `sync`, `orders` or `bulk`");
    }
    match (rule.operation, &rule.document) {
        (Operation::Check, Some(_)) => invalid("connector.check has no document"),
        (Operation::SubmitOrder, None) => invalid("orders.submit needs a document"),
        (Operation::SubmitOrder, Some(document)) => {
            let reference = document.get("reference").and_then(|v| v.as_str()).unwrap_or_default();
            if reference.contains("{at}") {
                Ok(())
            } else {
                invalid("the document's reference needs {at}, so that every document has a number of its own")
            }
        }
        (Operation::Check, None) => Ok(()),
        _ => invalid("a schedule runs orders.submit or connector.check"),
    }
}

/// The first time of a cron expression behind `now`.
fn next(cron: &str, now: Millis) -> Result<Millis, ScheduleError> {
    let invalid = |text: String| ScheduleError::Invalid(format!("`{cron}` is no cron expression: {text}"));
    let cron = croner::Cron::from_str(cron).map_err(|e| invalid(e.to_string()))?;
    let millis = i64::try_from(now).unwrap_or(i64::MAX);
    let now = chrono::DateTime::from_timestamp_millis(millis).ok_or_else(|| invalid("no such time".to_owned()))?;
    let next = cron.find_next_occurrence(&now, false).map_err(|e| invalid(e.to_string()))?;
    u64::try_from(next.timestamp_millis()).map_err(|_| invalid("it never comes".to_owned()))
}

fn stamp(at: Millis) -> String {
    let time = i64::try_from(at).ok().and_then(chrono::DateTime::from_timestamp_millis).unwrap_or_default();
    time.format("%Y%m%dT%H%M").to_string()
}
