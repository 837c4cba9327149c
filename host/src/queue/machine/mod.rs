//! What a job does next: plain functions over plain data, no clock, no disk, no network.
//!
//! Every function takes the job as it is and leaves it as it shall be written. A done job never changes again.
//! `answer` takes in how an attempt or a look-up ended, `decision` what a person says.

mod answer;
mod decision;
#[cfg(test)]
mod tests;

pub use decision::Decision;

pub(super) use answer::{looked_up, sent};
pub(super) use decision::{Refused, decided, edited};

use std::time::Duration;

use super::cause;
use super::job::{Attempt, Job, Outcome, Reason, ReasonKind, State, Step};
use super::policy::Policy;
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
    /// What only reads has been done.
    Told(String),
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
    /// The connector crashed or broke a limit before anything left.
    Crashed(String),
    /// It may or may not have arrived.
    Unknown {
        /// What happened.
        text: String,
        /// The connector crashed over it.
        crashed: bool,
    },
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
    /// The system is away, and may have said for how long.
    Away {
        /// What it said.
        text: String,
        /// How long to wait, where it said so.
        wait: Option<Duration>,
    },
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

/// What the machine reads besides the job: the rules, the time, and the dice for pauses.
pub(super) struct Frame<'a> {
    pub(super) policy: &'a Policy,
    pub(super) now: Millis,
    /// Anything from nothing to the whole pause, so that many documents do not come back at once.
    pub(super) jitter: &'a dyn Fn(Duration) -> Duration,
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
    job.attempts.push(Attempt { number: job.sends, step, started: now, ended: None, result: None, connector: None });
    job.updated = now;
    step
}

/// Takes in that the host was stopped. A turn that was running is over; what a send did is not known.
pub(super) fn recovered(job: &mut Job, frame: &Frame<'_>) {
    if job.state != State::Running {
        return;
    }
    let was_send = job.attempts.last().is_some_and(|attempt| attempt.step == Step::Send);
    if was_send {
        job.interruptions += 1;
    }
    if was_send && job.operation.writes() {
        job.empty_lookups = 0;
        let text = "the host was stopped while the document was on its way".to_owned();
        wait(job, Outcome::Unknown, ReasonKind::Unknown, text, frame.now, frame.policy.settle);
    } else {
        send_or_park(job);
    }
    job.updated = frame.now;
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
    job.cause = Some(cause::of(&job.connection, kind, &text));
    job.reason = Some(Reason { kind, text });
    job.next_at = None;
}

fn wait(job: &mut Job, outcome: Outcome, kind: ReasonKind, text: String, now: Millis, pause: Duration) {
    hold(job, outcome, kind, text);
    job.next_at = Some(now.saturating_add(millis(pause)));
}

/// Waits without a time of its own: the connection's gate says when.
fn hold(job: &mut Job, outcome: Outcome, kind: ReasonKind, text: String) {
    job.state = State::Waiting;
    job.outcome = outcome;
    job.reason = Some(Reason { kind, text });
    job.next_at = None;
}

/// Goes back to be sent, unless that has ended badly too often in the same way.
fn send_or_park(job: &mut Job) {
    if job.interruptions >= limits::INTERRUPTIONS_MAX {
        let text = format!("the host was stopped {} times in a row while it was on its way", job.interruptions);
        return park(job, job.outcome, ReasonKind::Interrupted, text);
    }
    job.state = State::Ready;
    job.reason = None;
    job.next_at = None;
}

fn expired(job: &Job, frame: &Frame<'_>) -> bool {
    let since = job.not_before.unwrap_or(0).max(job.accepted);
    frame.now.saturating_sub(since) > millis(frame.policy.carry)
}

/// The pause after so many failures, before jitter.
#[must_use]
pub(super) fn pause(failures: u32) -> Duration {
    let doubled = limits::RETRY_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(limits::RETRY_LONGEST)
}

fn millis(duration: Duration) -> Millis {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
