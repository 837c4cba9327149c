//! Taking in how an attempt or a look-up ended.

use super::{Found, Frame, Sent, Weather, expired, finish, hold, park, pause, send_or_park, wait};
use crate::queue::job::{Job, Outcome, ReasonKind, State, Step};

/// Takes in how a send ended.
pub(in crate::queue) fn sent(job: &mut Job, sent: Sent, frame: &Frame<'_>) -> Weather {
    // What only reads changes nothing, so it is never in doubt.
    let sent = match sent {
        Sent::Unknown { text, crashed: true } if !job.operation.writes() => Sent::Crashed(text),
        Sent::Unknown { text, crashed: false } if !job.operation.writes() => Sent::Away { text, wait: None },
        sent => sent,
    };
    close_attempt(job, describe_sent(&sent), frame);
    match sent {
        Sent::There { ids, already } => {
            finish(job, Outcome::Ok, Some(ids));
            job.already_there = already;
            Weather::Clear
        }
        Sent::Told(_) => {
            finish(job, Outcome::Ok, None);
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
            defer(job, Outcome::None, ReasonKind::Unavailable, text, frame);
            Weather::Away(wait)
        }
        Sent::Unauthorized(text) => {
            defer(job, Outcome::None, ReasonKind::Unauthorized, text, frame);
            Weather::Away(None)
        }
        Sent::Failed { kind, text } => {
            fail(job, Outcome::None, kind, text, frame);
            Weather::Same
        }
        Sent::Crashed(text) => {
            job.crashes += 1;
            if job.crashes >= frame.policy.crashes {
                park(job, Outcome::None, ReasonKind::Connector, text);
            } else {
                wait(job, Outcome::None, ReasonKind::Connector, text, frame.now, (frame.jitter)(pause(job.crashes)));
            }
            Weather::Same
        }
        Sent::Unknown { text, crashed } => {
            job.crashes += u32::from(crashed);
            job.empty_lookups = 0;
            wait(job, Outcome::Unknown, ReasonKind::Unknown, text, frame.now, frame.policy.settle);
            Weather::Same
        }
    }
}

/// Takes in what a look-up found.
pub(in crate::queue) fn looked_up(job: &mut Job, found: Found, frame: &Frame<'_>) -> Weather {
    close_attempt(job, describe_found(&found), frame);
    match found {
        Found::One(ids) => {
            finish(job, Outcome::Ok, Some(ids));
            Weather::Clear
        }
        Found::None => {
            job.empty_lookups += 1;
            if job.empty_lookups < frame.policy.lookups {
                let text = "the system does not have it yet; asking once more".to_owned();
                wait(job, Outcome::Unknown, ReasonKind::Unknown, text, frame.now, frame.policy.settle);
            } else {
                send_again(job, frame);
            }
            Weather::Clear
        }
        Found::Repeatable => {
            send_again(job, frame);
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
        Found::Away { text, wait } => {
            defer(job, Outcome::Unknown, ReasonKind::Unavailable, text, frame);
            Weather::Away(wait)
        }
        Found::Failed(text) => {
            fail(job, Outcome::Unknown, ReasonKind::Connector, text, frame);
            Weather::Same
        }
    }
}

/// Waits for the system without spending an attempt, until the time for that is over.
fn defer(job: &mut Job, outcome: Outcome, kind: ReasonKind, text: String, frame: &Frame<'_>) {
    if expired(job, frame) { park(job, outcome, kind, text) } else { hold(job, outcome, kind, text) }
}

/// Spends an attempt.
fn fail(job: &mut Job, outcome: Outcome, kind: ReasonKind, text: String, frame: &Frame<'_>) {
    job.failures += 1;
    if job.failures >= frame.policy.attempts {
        park(job, outcome, kind, text);
    } else {
        wait(job, outcome, kind, text, frame.now, (frame.jitter)(pause(job.failures)));
    }
}

/// It is certain that the system does not have it, or that it takes no harm from a repeat. The send that came to
/// nothing has spent an attempt, unless the host itself was stopped over it.
fn send_again(job: &mut Job, frame: &Frame<'_>) {
    job.outcome = Outcome::None;
    job.empty_lookups = 0;
    if job.crashes >= frame.policy.crashes {
        let text = format!("the connector crashed {} times over this document", job.crashes);
        return park(job, Outcome::None, ReasonKind::Connector, text);
    }
    if job.interruptions > 0 {
        return send_or_park(job);
    }
    let text = "the last send came to nothing; sending again".to_owned();
    fail(job, Outcome::None, ReasonKind::NotSent, text, frame);
}

fn close_attempt(job: &mut Job, result: String, frame: &Frame<'_>) {
    debug_assert_eq!(job.state, State::Running, "only a turn that was started can end");
    if let Some(attempt) = job.attempts.last_mut() {
        attempt.ended = Some(frame.now);
        attempt.result = Some(result);
        // A look-up says nothing about whether the host survives a send.
        if attempt.step == Step::Send {
            job.interruptions = 0;
        }
    }
    job.updated = frame.now;
}

fn describe_sent(sent: &Sent) -> String {
    match sent {
        Sent::There { already: true, .. } => "it was there already".to_owned(),
        Sent::There { .. } => "created".to_owned(),
        Sent::Told(text) => text.clone(),
        Sent::Rejected(text) => format!("rejected: {text}"),
        Sent::NeedsMapping(text) => format!("needs a mapping: {text}"),
        Sent::Away { text, .. } => format!("the system is away: {text}"),
        Sent::Unauthorized(text) => format!("credentials refused: {text}"),
        Sent::Failed { text, .. } => format!("failed: {text}"),
        Sent::Crashed(text) => format!("the connector crashed: {text}"),
        Sent::Unknown { text, crashed: false } => format!("unknown: {text}"),
        Sent::Unknown { text, crashed: true } => format!("unknown, because the connector crashed: {text}"),
    }
}

fn describe_found(found: &Found) -> String {
    match found {
        Found::One(ids) => format!("found as {}", ids.number.as_ref().unwrap_or(&ids.id)),
        Found::None => "not there".to_owned(),
        Found::Repeatable => "the system recognizes a repeat; sending again".to_owned(),
        Found::Several(count) => format!("found {count} times"),
        Found::Impossible(text) => format!("cannot be looked up: {text}"),
        Found::Away { text, .. } => format!("the system is away: {text}"),
        Found::Failed(text) => format!("the look-up failed: {text}"),
    }
}
