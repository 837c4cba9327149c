//! What a job does next: plain functions over plain data, no clock, no disk, no network.
//!
//! Every function takes the job as it is and leaves it as it shall be written. A done job never changes again.

use std::time::Duration;

use super::job::{Attempt, Job, Outcome, Reason, ReasonKind, State, Step};
use crate::commerce::types::Ids;
use crate::limits;
use crate::seam::Millis;

/// How a send ended, after the host's own evidence was weighed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The document is in the system.
    There {
        /// Who it is there.
        ids: Ids,
        /// It was there before.
        already: bool,
    },
    /// The system said no.
    Rejected(String),
    /// Codes are missing a counterpart.
    NeedsMapping(String),
    /// The system is away, or asks to wait so long. Nothing was changed.
    Away {
        /// What it said.
        text: String,
        /// How long to wait, where it said so.
        wait: Option<Duration>,
    },
    /// The credentials were refused. Nothing was changed.
    Unauthorized(String),
    /// It failed, and certainly nothing was changed.
    Failed {
        /// Whose fault.
        kind: ReasonKind,
        /// What happened.
        text: String,
    },
    /// It may or may not have arrived.
    Unknown(String),
}

/// What a look-up found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Exactly one document.
    One(Ids),
    /// None, and the system would know.
    None,
    /// None or nothing that could be asked, but a repeat is harmless: the system recognizes the key.
    Repeatable,
    /// Several documents.
    Several(usize),
    /// The system cannot be asked.
    Impossible(String),
    /// The system is away.
    Away(String),
    /// The look-up itself failed.
    Failed(String),
}

/// When a connection's other jobs may go, after one of them ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    /// The system answered.
    Clear,
    /// The system is away; it may have named a time.
    Away(Option<Duration>),
    /// Nothing was learned about the system.
    Same,
}

/// What the next turn of a job does: an unknown outcome is always looked up first.
#[must_use]
pub(super) fn next_step(job: &Job) -> Step {
    if job.outcome == Outcome::Unknown { Step::LookUp } else { Step::Send }
}

/// Notes that a turn starts. This is on disk before the connector is called.
pub(super) fn start(job: &mut Job, now: Millis) -> Step {
    let step = next_step(job);
    if step == Step::Send {
        job.sends += 1;
    }
    job.state = State::Running;
    job.next_at = None;
    if job.attempts.len() >= limits::ATTEMPTS_KEPT {
        job.attempts.remove(1);
    }
    job.attempts.push(Attempt { number: job.sends, step, started: now, ended: None, result: None });
    job.updated = now;
    step
}

/// Takes in how a send ended.
pub(super) fn sent(job: &mut Job, sent: Sent, now: Millis, jitter: impl Fn(Duration) -> Duration) -> Weather {
    close_attempt(job, &describe_sent(&sent), now);
    match sent {
        Sent::There { ids, already } => {
            finish(job, Outcome::Ok, Some(ids));
            job.already_there = already;
            Weather::Clear
        }
        Sent::Rejected(text) => {
            park(job, Outcome::Rejected, ReasonKind::Rejected, text);
            Weather::Clear
        }
        Sent::NeedsMapping(text) => {
            park(job, Outcome::None, ReasonKind::NeedsMapping, text);
            Weather::Clear
        }
        Sent::Away { text, wait } => {
            defer(job, ReasonKind::Unavailable, text, now);
            Weather::Away(wait)
        }
        Sent::Unauthorized(text) => {
            defer(job, ReasonKind::Unauthorized, text, now);
            Weather::Away(None)
        }
        Sent::Failed { kind, text } => {
            job.failures += 1;
            if job.failures >= limits::ATTEMPTS_MAX {
                park(job, Outcome::None, kind, text);
            } else {
                wait(job, Outcome::None, kind, text, now, jitter(pause(job.failures)));
            }
            Weather::Same
        }
        Sent::Unknown(text) => {
            job.empty_lookups = 0;
            wait(job, Outcome::Unknown, ReasonKind::Unknown, text, now, limits::SETTLE_TIME);
            Weather::Same
        }
    }
}

/// Takes in what a look-up found.
pub(super) fn looked_up(job: &mut Job, found: Found, now: Millis, jitter: impl Fn(Duration) -> Duration) -> Weather {
    close_attempt(job, &describe_found(&found), now);
    match found {
        Found::One(ids) => {
            finish(job, Outcome::Ok, Some(ids));
            Weather::Clear
        }
        Found::None => {
            job.empty_lookups += 1;
            if job.empty_lookups < limits::EMPTY_LOOKUPS_MIN {
                let text = "the system does not have it yet; asking once more".to_owned();
                wait(job, Outcome::Unknown, ReasonKind::Unknown, text, now, limits::SETTLE_TIME);
            } else {
                send_again(job);
            }
            Weather::Clear
        }
        Found::Repeatable => {
            send_again(job);
            Weather::Same
        }
        Found::Several(count) => {
            let text = format!("the system has {count} documents with this reference; say which one it is");
            park(job, Outcome::Unknown, ReasonKind::Ambiguous, text);
            Weather::Clear
        }
        Found::Impossible(text) => {
            park(job, Outcome::Unknown, ReasonKind::NoLookup, text);
            Weather::Same
        }
        Found::Away(text) => {
            if expired(job, now) {
                park(job, Outcome::Unknown, ReasonKind::Unavailable, text);
            } else {
                hold(job, Outcome::Unknown, ReasonKind::Unavailable, text);
            }
            Weather::Away(None)
        }
        Found::Failed(text) => {
            job.failures += 1;
            if job.failures >= limits::ATTEMPTS_MAX {
                park(job, Outcome::Unknown, ReasonKind::Connector, text);
            } else {
                wait(job, Outcome::Unknown, ReasonKind::Connector, text, now, jitter(pause(job.failures)));
            }
            Weather::Same
        }
    }
}

/// Takes in that the host was stopped. A turn that was running is over; what a send did is not known.
pub(super) fn recovered(job: &mut Job, now: Millis) {
    if job.state != State::Running {
        return;
    }
    let was_send = job.attempts.last().is_some_and(|attempt| attempt.step == Step::Send);
    if was_send {
        job.empty_lookups = 0;
        let text = "the host was stopped while the document was on its way".to_owned();
        wait(job, Outcome::Unknown, ReasonKind::Unknown, text, now, limits::SETTLE_TIME);
    } else {
        job.state = State::Ready;
    }
    job.updated = now;
}

/// A person's decision about a job that waits or is parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Try again now. An unknown outcome is looked up again first.
    Retry,
    /// Send again although the outcome is unknown: the person made sure that it is not there.
    SendAgain,
    /// It exists; these are its ids.
    Exists(Ids),
    /// It shall not be sent any more.
    Cancel,
}

/// Takes in a person's decision; false when the job's state does not allow it.
pub(super) fn decided(job: &mut Job, decision: Decision, now: Millis) -> bool {
    let open = matches!(job.state, State::Ready | State::Waiting | State::Parked);
    if !open || (decision == Decision::Cancel && job.outcome == Outcome::Unknown) {
        return false;
    }
    match decision {
        Decision::Retry => {
            job.failures = 0;
            job.empty_lookups = 0;
            job.accepted_again(now);
        }
        Decision::SendAgain => {
            job.failures = 0;
            job.outcome = Outcome::None;
            job.accepted_again(now);
        }
        Decision::Exists(ids) => finish(job, Outcome::Ok, Some(ids)),
        Decision::Cancel => finish(job, Outcome::Cancelled, None),
    }
    job.updated = now;
    true
}

impl Job {
    fn accepted_again(&mut self, now: Millis) {
        if self.outcome == Outcome::Rejected {
            self.outcome = Outcome::None;
        }
        self.state = State::Ready;
        self.reason = None;
        self.next_at = None;
        self.updated = now;
    }
}

fn finish(job: &mut Job, outcome: Outcome, ids: Option<Ids>) {
    job.state = State::Done;
    job.outcome = outcome;
    job.ids = ids;
    job.reason = None;
    job.next_at = None;
}

fn park(job: &mut Job, outcome: Outcome, kind: ReasonKind, text: String) {
    job.state = State::Parked;
    job.outcome = outcome;
    job.reason = Some(Reason { kind, text });
    job.next_at = None;
}

fn wait(job: &mut Job, outcome: Outcome, kind: ReasonKind, text: String, now: Millis, pause: Duration) {
    job.state = State::Waiting;
    job.outcome = outcome;
    job.reason = Some(Reason { kind, text });
    job.next_at = Some(now.saturating_add(millis(pause)));
}

/// Waits for the connection, not for a time of its own: it goes as soon as the system is back.
fn hold(job: &mut Job, outcome: Outcome, kind: ReasonKind, text: String) {
    job.state = State::Waiting;
    job.outcome = outcome;
    job.reason = Some(Reason { kind, text });
    job.next_at = None;
}

fn defer(job: &mut Job, kind: ReasonKind, text: String, now: Millis) {
    if expired(job, now) { park(job, Outcome::None, kind, text) } else { hold(job, Outcome::None, kind, text) }
}

fn send_again(job: &mut Job) {
    job.state = State::Ready;
    job.outcome = Outcome::None;
    job.reason = None;
    job.next_at = None;
    job.empty_lookups = 0;
}

fn expired(job: &Job, now: Millis) -> bool {
    now.saturating_sub(job.accepted) > millis(limits::CARRY_TIME)
}

fn close_attempt(job: &mut Job, result: &str, now: Millis) {
    if let Some(attempt) = job.attempts.last_mut() {
        attempt.ended = Some(now);
        attempt.result = Some(result.to_owned());
    }
    job.updated = now;
}

/// The pause after so many failures, before jitter.
#[must_use]
pub(super) fn pause(failures: u32) -> Duration {
    let doubled = limits::RETRY_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(limits::RETRY_LONGEST)
}

fn describe_sent(sent: &Sent) -> String {
    match sent {
        Sent::There { already: true, .. } => "it was there already".to_owned(),
        Sent::There { .. } => "created".to_owned(),
        Sent::Rejected(text) => format!("rejected: {text}"),
        Sent::NeedsMapping(text) => format!("needs a mapping: {text}"),
        Sent::Away { text, .. } => format!("the system is away: {text}"),
        Sent::Unauthorized(text) => format!("credentials refused: {text}"),
        Sent::Failed { text, .. } => format!("failed: {text}"),
        Sent::Unknown(text) => format!("unknown: {text}"),
    }
}

fn describe_found(found: &Found) -> String {
    match found {
        Found::One(ids) => format!("found as {}", ids.number.as_ref().unwrap_or(&ids.id)),
        Found::None => "not there".to_owned(),
        Found::Repeatable => "the system recognizes a repeat; sending again".to_owned(),
        Found::Several(count) => format!("found {count} times"),
        Found::Impossible(text) => format!("cannot be looked up: {text}"),
        Found::Away(text) => format!("the system is away: {text}"),
        Found::Failed(text) => format!("the look-up failed: {text}"),
    }
}

fn millis(duration: Duration) -> Millis {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
