//! What a call in progress carries for its recording, or for its replay.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::draft::Draft;
use super::playback::Playback;
use super::recorder::Recorder;
use super::{Did, End, Question, Told};
use crate::commerce::types::{Context, Error as Refusal};
use crate::plugin::guest::{Guest, Report};
use crate::plugin::{CallError, Loaded};
use crate::seam::{Clock, Millis};

/// Where the tapes of a connection's calls come from.
#[derive(Clone, Default)]
pub(in crate::plugin) enum Source {
    /// Nobody records.
    #[default]
    None,
    /// Calls may be recorded.
    Recorder(Arc<Recorder>),
    /// Calls are answered out of a recording.
    Playback(Arc<Playback>),
}

/// The tape of one call.
pub(in crate::plugin) enum Tape {
    Recording(Draft),
    Playing(Arc<Playback>),
}

impl Source {
    /// The tape of a call that begins; none when it is not recorded, which costs one look at an atomic number.
    pub(in crate::plugin) fn begin(
        &self,
        loaded: &Loaded,
        operation: &'static str,
        (context, clock): (&Context, &Clock),
        input: &dyn Fn() -> Input,
    ) -> Option<Box<Tape>> {
        match self {
            Self::None => None,
            Self::Recorder(recorder) => {
                let calls = recorder.wants(clock)?;
                let head = Head { loaded, operation, context, at: clock.now() };
                Draft::begin(recorder, calls, &head, input()).map(|draft| Box::new(Tape::Recording(draft)))
            }
            Self::Playback(playback) => Some(Box::new(Tape::Playing(Arc::clone(playback)))),
        }
    }
}

/// What is known of a call before it begins.
pub(super) struct Head<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) operation: &'static str,
    pub(super) context: &'a Context,
    pub(super) at: Millis,
}

impl Tape {
    /// Ends the tape of a call.
    fn end<T: Serialize>(self, result: &Result<T, CallError>, report: &Report, lines: Vec<String>) {
        let did = Did {
            requests: report.requests,
            write_left: report.write_left,
            write_unanswered: report.write_unanswered,
            log_lines: report.log_lines,
        };
        match self {
            Self::Recording(draft) => draft.end(|| End::of(result), did, result.is_err()),
            Self::Playing(playback) => playback.end(End::of(result), did, lines),
        }
    }
}

impl End {
    fn of<T: Serialize>(result: &Result<T, CallError>) -> Self {
        match result {
            Ok(answer) => match serde_json::value::to_raw_value(answer) {
                Ok(answer) => Self::Answer(answer),
                Err(error) => Self::Malformed(error.to_string()),
            },
            Err(CallError::Refused(refusal)) => Self::refused(refusal),
            Err(CallError::Deadline) => Self::Deadline,
            Err(CallError::Trap { text }) => Self::Trap(text.clone()),
            Err(error @ CallError::NotOffered { .. }) => Self::Malformed(error.to_string()),
        }
    }

    fn refused(refusal: &Refusal) -> Self {
        match serde_json::value::to_raw_value(refusal) {
            Ok(refusal) => Self::Refused(refusal),
            Err(error) => Self::Malformed(error.to_string()),
        }
    }
}

impl Guest {
    /// What a replay answers to a question; none when the host itself has to answer, which a recording then notes.
    pub(in crate::plugin) fn hear<T: Told>(&mut self, question: impl FnOnce() -> Question) -> Option<T> {
        match self.tape.as_deref_mut()? {
            Tape::Recording(draft) => {
                draft.asked(question());
                None
            }
            Tape::Playing(playback) => T::hear(playback.hear(&question())),
        }
    }

    /// Ends what is recorded or played.
    pub(in crate::plugin) fn end_tape<T: Serialize>(&mut self, result: &Result<T, CallError>) {
        if let Some(tape) = self.tape.take() {
            tape.end(result, &self.report, self.last_lines.iter().cloned().collect());
        }
    }

    /// Notes the answer to the question that was heard last.
    pub(in crate::plugin) fn keep_answer<T: Told>(&mut self, answer: &T) {
        if let Some(Tape::Recording(draft)) = self.tape.as_deref_mut() {
            draft.told(|| answer.tell());
        }
    }
}

/// The parameters of an operation as one JSON object, as text: numbers inside keep every digit.
pub(in crate::plugin) struct Input(Result<String, serde_json::Error>);

impl Input {
    pub(in crate::plugin) fn new() -> Self {
        Self(Ok("{".to_owned()))
    }

    /// Adds a parameter.
    pub(in crate::plugin) fn with<T: Serialize>(self, name: &str, value: &T) -> Self {
        Self(self.0.and_then(|mut text| {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&serde_json::to_string(name)?);
            text.push(':');
            text.push_str(&serde_json::to_string(value)?);
            Ok(text)
        }))
    }

    /// The object; none when a parameter is nothing that JSON can say.
    pub(super) fn finish(self) -> Option<Box<RawValue>> {
        RawValue::from_string(self.0.ok()? + "}").ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Input;

    #[test]
    fn parameters_become_one_object() {
        let input = Input::new().with("id", &"a\"b").with("page", &Some(3)).with("none", &None::<u8>);
        assert_eq!(input.finish().unwrap().get(), r#"{"id":"a\"b","page":3,"none":null}"#);
        assert_eq!(Input::new().finish().unwrap().get(), "{}");
    }
}
