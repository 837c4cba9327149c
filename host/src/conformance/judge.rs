//! What a connector may say when something went wrong. Pure: what was seen in, a verdict out.
//!
//! The rules are the host's own. It believes a connector where it has seen nothing itself, so a connector that says
//! "not found" or "created" of an answer that never came makes the host wrong.

use serde_json::Value;

use super::answer::{Answer, Played, case, refused};
use super::fault::{Fault, Plan};
use super::operation::Shape;
use crate::commerce::types::Error as Refusal;
use crate::limits;

/// Why a case failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) expected: String,
    pub(super) came: String,
}

impl Failure {
    pub(super) fn new(expected: impl Into<String>, came: impl Into<String>) -> Self {
        Self { expected: expected.into(), came: came.into() }
    }
}

/// What was seen of a step with a fault in it.
pub(super) struct Seen<'a> {
    pub(super) shape: Shape,
    pub(super) plan: Plan,
    /// The same step without the fault.
    pub(super) good: &'a Answer,
    pub(super) played: &'a Played,
    /// Whether the host signs in for the connection.
    pub(super) signs_in: bool,
    /// Whether the same question has the same answer every time, as it has from fixtures.
    pub(super) repeatable: bool,
}

/// A part of an answer that is not as it was without the fault.
enum Other<'a> {
    Refused(&'a Refusal),
    Line(Refusal),
    Value,
}

impl Other<'_> {
    fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Line(refusal) => Some(refusal),
            Self::Value => None,
        }
    }
}

/// Judges a step with a fault in it.
pub(super) fn faulty(seen: &Seen<'_>) -> Result<(), Failure> {
    let fault = seen.plan.fault;
    let (parts, answer) = match &seen.played.answer {
        Answer::Broken(text) => return Err(Failure::new(wanted(seen), text.clone())),
        Answer::Late if fault == Fault::Slow => return Ok(()),
        Answer::Late => return Err(Failure::new(wanted(seen), "no answer in its time")),
        answer => (others(seen, answer), answer),
    };
    if fault == Fault::ExpiredOnce && seen.signs_in {
        return match parts.is_empty() {
            true => Ok(()),
            false => Err(Failure::new("the right answer, since the host has signed in again", answer.told())),
        };
    }
    if says_written_without_knowing(seen) {
        return Err(Failure::new(wanted(seen), answer.told()));
    }
    let allowed = allowed(seen);
    for part in &parts {
        match part.refusal() {
            Some(refusal) if allowed.contains(&case(refusal)) => {}
            Some(refusal) => return Err(Failure::new(wanted(seen), format!("the error {}", refused(refusal)))),
            None => return Err(Failure::new(wanted(seen), answer.told())),
        }
    }
    let waits = |part: &Other<'_>| {
        let wait = u64::try_from(limits::KIT_RETRY_AFTER.as_millis()).ok();
        matches!(part.refusal(), Some(Refusal::RateLimited(own)) if *own == wait)
    };
    // The host has held back what the connector asked after that, and knows how long to wait.
    let held = seen.played.requests > seen.plan.at;
    let unsure = |part: &Other<'_>| part.refusal().is_some_and(|refusal| held || case(refusal) == "outcome_unknown");
    if fault == Fault::TooMany && !parts.is_empty() && !parts.iter().any(|part| waits(part) || unsure(part)) {
        return Err(Failure::new(wanted(seen), answer.told()));
    }
    Ok(())
}

/// The parts of an answer that differ from the good one.
fn others<'a>(seen: &Seen<'_>, answer: &'a Answer) -> Vec<Other<'a>> {
    let value = match answer {
        Answer::Refused(refusal) => return vec![Other::Refused(refusal)],
        Answer::Value(value) => value,
        Answer::Broken(_) | Answer::Late => return Vec::new(),
    };
    if let Shape::Write { .. } = seen.shape {
        let same = !seen.repeatable || answer.written_id() == seen.good.written_id();
        return if same { Vec::new() } else { vec![Other::Value] };
    }
    let Answer::Value(good) = seen.good else { return vec![Other::Value] };
    let (Value::Array(own), Value::Array(right), true) = (value, good, seen.shape.has_lines()) else {
        return if value == good { Vec::new() } else { vec![Other::Value] };
    };
    if own.len() != right.len() {
        return vec![Other::Value];
    }
    // New documents have new ids where a running system makes them; what is wrong with those is found by looking.
    let new = seen.shape.writes() && !seen.repeatable;
    let differ = own.iter().zip(right).filter(|(own, right)| own != right && !(new && line_error(own).is_none()));
    differ.map(|(own, _)| line_error(own).map_or(Other::Value, Other::Line)).collect()
}

/// The error of a line.
pub(super) fn line_error(line: &Value) -> Option<Refusal> {
    let Value::Object(fields) = line else { return None };
    serde_json::from_value(fields.get("error")?.clone()).ok()
}

/// A write is said to have ended well although the answer to it was lost and nothing was asked after that. An answer
/// that has the system's shape says so much itself; what stands in it is compared elsewhere.
fn says_written_without_knowing(seen: &Seen<'_>) -> bool {
    let fault = seen.plan.fault;
    let lost = fault.is_carried_out() && fault != Fault::WrongTypes;
    let last = seen.played.requests <= seen.plan.at;
    seen.shape.writes() && lost && last && seen.played.hit == Some(true) && seen.played.answer.written_id().is_some()
}

/// The errors that a connector may answer.
fn allowed(seen: &Seen<'_>) -> &'static [&'static str] {
    let writes = seen.shape.writes();
    // Where nobody can tell whether something was changed, it counts as changed only if the host saw a write leave.
    let changed = writes && seen.played.changed.unwrap_or(seen.played.unanswered);
    match seen.plan.fault {
        Fault::Expired | Fault::ExpiredOnce if changed => &["unauthorized", "outcome_unknown"],
        Fault::Expired | Fault::ExpiredOnce => &["unauthorized"],
        Fault::TooMany if changed => &["rate_limited", "unavailable", "outcome_unknown"],
        Fault::TooMany => &["rate_limited", "unavailable"],
        Fault::Unavailable if writes => &["unavailable", "rate_limited", "outcome_unknown"],
        Fault::Unavailable => &["unavailable", "rate_limited"],
        // The host has seen itself that no answer came, and looks the document up whatever the connector says.
        fault if changed && fault.loses_the_answer() => &["outcome_unknown", "internal", "unavailable"],
        _ if changed => &["outcome_unknown", "internal"],
        _ => &["outcome_unknown", "internal", "unavailable", "not_sent"],
    }
}

fn wanted(seen: &Seen<'_>) -> String {
    let allowed = allowed(seen).join(", ");
    match seen.plan.fault {
        Fault::TooMany => {
            format!("rate_limited with {} ms, as Retry-After says", limits::KIT_RETRY_AFTER.as_millis())
        }
        Fault::Unavailable | Fault::Expired | Fault::ExpiredOnce => format!("one of the errors {allowed}"),
        _ if seen.shape.writes() => format!("one of the errors {allowed}: nobody knows what became of it"),
        _ => format!("one of the errors {allowed}, never a short or empty answer"),
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod judge_tests;
