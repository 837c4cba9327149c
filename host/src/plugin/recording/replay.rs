//! Runs a recorded call again, without a network and without a clock, and compares it bit for bit.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use thiserror::Error;
use utoipa::ToSchema;

use super::difference::{Difference, compact, differences};
use super::playback::{Ended, Playback, Script, Strict};
use super::{End, Recording, RecordingId};
use crate::commerce::lane::Lane;
use crate::plugin::{AskError, Call, Link, Loaded};

/// Why a recorded call cannot be run again.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The recording's parameters are none of the operation.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The component does not offer the operation.
    #[error("run {operation} again: {connector} does not offer it")]
    NotOffered {
        /// The operation.
        operation: String,
        /// The component's name and version.
        connector: String,
    },
}

/// What a replay came to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Replayed {
    /// The recording.
    #[schema(value_type = String)]
    pub recording: RecordingId,
    /// The connection of the recorded call.
    pub connection: String,
    /// The operation.
    pub operation: String,
    /// The connector and version that ran, with its digest.
    pub connector: String,
    /// SHA-256 of the component that ran.
    pub digest: String,
    /// Whether it asked the same in the same order and ended the same.
    pub same: bool,
    /// The first difference in what it asked, or else those in its answer.
    pub differences: Vec<Difference>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Questions to the host in the recording.
    pub questions: usize,
    /// Requests that it made.
    pub requests: u32,
    /// Its last log lines.
    pub log: Vec<String>,
}

/// Runs a recorded call again with this component, the recorded one or another build of it.
///
/// # Errors
/// [`ReplayError`] when it cannot be run at all.
pub async fn replay(loaded: &Loaded, recording: Recording) -> Result<Replayed, ReplayError> {
    let recording = Arc::new(recording);
    let playback = Playback::new(Script::Strict(Strict::new(Arc::clone(&recording))));
    play(loaded, &recording, &playback).await?;
    let (ended, parted, left, cut) = playback.with(|state| match &mut state.script {
        Script::Strict(strict) => (state.ended.take(), strict.parted.take(), strict.left(), strict.cut),
        Script::Loose(_) => (state.ended.take(), None, None, false),
    });
    let ended = ended.ok_or_else(|| not_offered(loaded, &recording))?;
    let same_component = loaded.digest == recording.digest;
    let mut notes = Vec::new();
    if !same_component {
        notes.push(format!("it was recorded with {} {}, another component", recording.connector, recording.version));
    }
    let cut = cut || matches!((&recording.end, &ended.end), (End::Deadline, end) if !matches!(end, End::Deadline));
    let differences = match (parted.or(left.filter(|_| !cut)), cut) {
        (Some(difference), _) => vec![difference],
        (None, true) => {
            notes.push("the time of the recorded call was over; up to there everything is the same".to_owned());
            Vec::new()
        }
        (None, false) => ends(&recording, &ended, same_component),
    };
    Ok(Replayed {
        recording: recording.id,
        connection: recording.connection().to_owned(),
        operation: recording.operation.clone(),
        connector: loaded.title(),
        digest: loaded.digest.clone(),
        same: differences.is_empty(),
        differences,
        notes,
        questions: recording.steps.len(),
        requests: ended.did.requests,
        log: ended.lines,
    })
}

pub(super) fn not_offered(loaded: &Loaded, recording: &Recording) -> ReplayError {
    ReplayError::NotOffered { operation: recording.operation.clone(), connector: loaded.title() }
}

/// Makes the recorded call again; its end is in the playback afterwards.
pub(super) async fn play(loaded: &Loaded, recording: &Recording, playback: &Arc<Playback>) -> Result<(), ReplayError> {
    let context = &recording.context;
    let call = Call {
        link: Arc::new(Link::playing(&context.connection, &context.settings, recording.at, Arc::clone(playback))),
        id: context.call_id.as_str().into(),
        lane: Lane::Live,
        time: Duration::from_millis(context.deadline_ms),
        want_native: context.want_native,
    };
    if recording.operation == "connector.check" {
        loaded.check(call).await;
    } else {
        loaded.ask_text(call, &recording.operation, recording.input.get()).await?;
    }
    Ok(())
}

/// How the ends of two calls differ that asked the same.
fn ends(recording: &Recording, ended: &Ended, same_component: bool) -> Vec<Difference> {
    let found = compare_ends(&recording.end, &ended.end, same_component);
    // A call that was ended for computing too long is ended somewhere, not everywhere at the same place.
    if !found.is_empty() || is_busy(&recording.end) {
        return found;
    }
    let value = |did| serde_json::to_value(did).unwrap_or_default();
    differences("did", &value(recording.did), &value(ended.did))
}

/// How two ends differ. Crashes are compared word by word for the same component only: another one has other places.
pub(super) fn compare_ends(recorded: &End, now: &End, same_component: bool) -> Vec<Difference> {
    match (recorded, now) {
        (End::Answer(recorded), End::Answer(now)) => texts("result", recorded, now),
        (End::Refused(recorded), End::Refused(now)) => texts("error", recorded, now),
        (End::Trap(_), End::Trap(_)) if !same_component => Vec::new(),
        (End::Trap(before), End::Trap(after)) if !is_busy(recorded) && before != after => {
            differences("crash", &before.as_str().into(), &after.as_str().into())
        }
        (End::Malformed(before), End::Malformed(after)) if before != after => {
            vec![Difference::new("end", before, after)]
        }
        _ if recorded.word() == now.word() => Vec::new(),
        _ => vec![Difference::new("end", recorded.told(), now.told())],
    }
}

fn is_busy(end: &End) -> bool {
    matches!(end, End::Trap(text) if text.lines().next().is_some_and(|why| why.contains("computed for too long")))
}

fn texts(place: &str, recorded: &RawValue, now: &RawValue) -> Vec<Difference> {
    let (before, after) = (compact(recorded.get()), compact(now.get()));
    if before == after {
        return Vec::new();
    }
    let value = |text: &str| serde_json::from_str(text).unwrap_or_default();
    let found = differences(place, &value(&before), &value(&after));
    if !found.is_empty() {
        return found;
    }
    // The same numbers written with other digits, or the same fields in another order.
    differences(place, &before.into(), &after.into())
}

impl End {
    /// The end in a few words.
    fn told(&self) -> String {
        let line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        match self {
            Self::Answer(answer) => format!("the answer {}", answer.get()),
            Self::Refused(refusal) => format!("the error {}", refusal.get()),
            Self::Trap(text) => format!("a crash: {}", line(text)),
            Self::Deadline => "no answer in time".to_owned(),
            Self::Malformed(text) => format!("an answer that does not fit the contract: {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> End {
        End::Answer(RawValue::from_string(text.to_owned()).unwrap())
    }

    #[test]
    fn results_are_compared_to_the_last_digit() {
        let places = |before: &str, after: &str| {
            let found = compare_ends(&answer(before), &answer(after), true);
            found.into_iter().map(|difference| difference.place).collect::<Vec<_>>()
        };
        assert!(places(r#"{"a": [1, 2]}"#, r#"{"a":[1,2]}"#).is_empty(), "white space is no difference");
        assert_eq!(places(r#"{"a":[1,2]}"#, r#"{"a":[1,3]}"#), ["result.a[1]"]);
        // A float has room for neither of the two.
        assert_eq!(places("12.3400000000000000001", "12.3400000000000000002"), ["result"]);
        assert_eq!(places(r#"{"a":1.0}"#, r#"{"a":1.00}"#), ["result"]);
    }

    #[test]
    fn crashes_are_compared_for_one_component_only() {
        let (one, other) = (End::Trap("erp 1: a".into()), End::Trap("erp 2: b".into()));
        assert_eq!(compare_ends(&one, &other, true).len(), 1);
        assert!(compare_ends(&one, &other, false).is_empty());
        assert_eq!(compare_ends(&one, &answer("1"), false)[0].recorded, "a crash: erp 1: a");
        let busy = |at: &str| End::Trap(format!("erp 1: it computed for too long without an answer\n  at {at}"));
        assert!(compare_ends(&busy("a"), &busy("b"), true).is_empty());
    }
}
