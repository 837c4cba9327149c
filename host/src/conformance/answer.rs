//! What a connector said, and what was seen of the call.

use std::time::Duration;

use serde_json::{Value, json};

use super::pattern;
use crate::commerce::types::Error as Refusal;
use crate::plugin::CallError;

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// It was answered. A line that failed stands in its place as `{"error": …}`.
    Value(Value),
    /// The connector refused it.
    Refused(Refusal),
    /// It crashed, broke a limit, or answered what the contract forbids.
    Broken(String),
    /// Its time was over.
    Late,
}

impl Answer {
    pub(super) fn of(result: Result<Value, CallError>) -> Self {
        match result {
            Ok(value) => Self::Value(value),
            Err(CallError::Refused(refusal)) => Self::Refused(refusal),
            Err(CallError::Deadline) => Self::Late,
            Err(error) => Self::Broken(error.to_string()),
        }
    }

    /// As JSON, so that it can be compared with what was expected.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Refused(refusal) => json!({ "error": refusal }),
            Self::Broken(text) => json!({ "error": { "broken": text } }),
            Self::Late => json!({ "error": "late" }),
        }
    }

    /// For people.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Value(value) => pattern::short(value),
            Self::Refused(refusal) => format!("the error {}", refused(refusal)),
            Self::Broken(text) => text.clone(),
            Self::Late => "no answer in its time".to_owned(),
        }
    }

    /// The id of what was written, where that is what was answered.
    pub(super) fn written_id(&self) -> Option<&str> {
        let Self::Value(value) = self else { return None };
        let ids = value.get("created").or_else(|| value.get("already_there"))?;
        ids.get("id")?.as_str()
    }
}

/// A refusal by the name of its case, with what it says.
pub(super) fn refused(refusal: &Refusal) -> String {
    pattern::short(&json!(refusal))
}

/// The name of a refusal's case: `rate_limited`.
pub(super) const fn case(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotSupported(_) => "not_supported",
        Refusal::Unauthorized(_) => "unauthorized",
        Refusal::NotFound(_) => "not_found",
        Refusal::Invalid(_) => "invalid",
        Refusal::Conflict(_) => "conflict",
        Refusal::NeedsMapping(_) => "needs_mapping",
        Refusal::RateLimited(_) => "rate_limited",
        Refusal::Unavailable(_) => "unavailable",
        Refusal::NotSent(_) => "not_sent",
        Refusal::OutcomeUnknown(_) => "outcome_unknown",
        Refusal::Internal(_) => "internal",
    }
}

/// What was seen of a step, all its calls together.
#[derive(Clone, Debug)]
pub(super) struct Played {
    pub(super) answer: Answer,
    /// Requests that the connector made.
    pub(super) requests: u32,
    /// A request that changes something left and was not answered whole, as the host saw it.
    pub(super) unanswered: bool,
    /// Whether something was changed in the system; unknown where a running one is asked.
    pub(super) changed: Option<bool>,
    /// How often the fault happened.
    pub(super) faults: u32,
    /// Whether the request that it happened to changed something; unknown where a running system is asked.
    pub(super) hit: Option<bool>,
    /// Documents that were made in the system, where fixtures count them.
    pub(super) made: u32,
    /// Most memory of one call.
    pub(super) memory: usize,
    /// Time in the sandbox, without that of exchanges, of one call.
    pub(super) inside: Duration,
    /// The time of all calls.
    pub(super) took: Duration,
    /// What went over the wire.
    pub(super) log: Vec<String>,
}

impl Played {
    /// A step that never came to a call.
    pub(super) fn never(answer: Answer) -> Self {
        Self {
            answer,
            requests: 0,
            unanswered: false,
            changed: None,
            faults: 0,
            hit: None,
            made: 0,
            memory: 0,
            inside: Duration::ZERO,
            took: Duration::ZERO,
            log: Vec::new(),
        }
    }
}
