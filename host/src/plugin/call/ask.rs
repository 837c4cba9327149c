//! Operations by name, with JSON in and out, for those who do not know at compile time what they ask.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;

use super::{CallError, Ended, OPERATIONS};
use crate::commerce::types::Error as Refusal;

/// Why a question by name cannot be asked.
#[derive(Debug, Error)]
pub enum AskError {
    /// There is no such operation.
    #[error("ask `{operation}`: there is no such operation{}", near(operation))]
    Unknown {
        /// What was asked for.
        operation: String,
    },
    /// The question does not fit the operation.
    #[error("ask {operation}: `{field}`: {problem}")]
    Question {
        /// The operation.
        operation: String,
        /// Where in the question.
        field: String,
        /// What is wrong there.
        problem: String,
    },
}

fn near(operation: &str) -> String {
    let closest = OPERATIONS.iter().map(|(name, _, _)| (strsim::jaro_winkler(name, operation), *name));
    let closest = closest.max_by(|one, other| one.0.total_cmp(&other.0));
    closest.filter(|(likeness, _)| *likeness > 0.8).map(|(_, name)| format!("; is it {name}?")).unwrap_or_default()
}

/// The question as the operation's parameters.
pub(super) fn input<T: DeserializeOwned>(operation: &str, question: &str) -> Result<T, AskError> {
    let mut question = serde_json::Deserializer::from_str(question);
    serde_path_to_error::deserialize(&mut question).map_err(|error| AskError::Question {
        operation: operation.to_owned(),
        field: error.path().to_string(),
        problem: error.inner().to_string(),
    })
}

/// An answer as JSON.
pub(super) fn output<T: Serialize>(ended: Ended<T>) -> Ended<Value> {
    let Ended { result, report } = ended;
    Ended { result: result.and_then(|answer| told(&answer)), report }
}

/// Answers in the order of their questions as JSON.
pub(super) fn lines<T: Serialize>(ended: Ended<Vec<Result<T, Refusal>>>) -> Ended<Value> {
    let Ended { result, report } = ended;
    let line = |answer: Result<T, Refusal>| match answer {
        Ok(value) => Ok(json!({ "value": told(&value)? })),
        Err(refusal) => Ok(json!({ "error": told(&refusal)? })),
    };
    let result = result.and_then(|answers| answers.into_iter().map(line).collect::<Result<Vec<_>, _>>());
    Ended { result: result.map(Value::Array), report }
}

/// What a connector answered is checked while it is written: a malformed decimal is its crash, not a value.
fn told<T: Serialize>(answer: &T) -> Result<Value, CallError> {
    serde_json::to_value(answer).map_err(|error| CallError::Trap { text: format!("its answer does not fit: {error}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_does_not_fit_says_where() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Question {
            #[expect(dead_code, reason = "only its type matters")]
            page: crate::commerce::types::PageRequest,
        }
        let wrong = input::<Question>("catalog.kits", r#"{ "page": { "limit": "ten" } }"#).unwrap_err().to_string();
        assert!(wrong.starts_with("ask catalog.kits: `page.limit`: "), "{wrong}");
        let wrong = input::<Question>("catalog.kits", r#"{ "pages": {} }"#).unwrap_err().to_string();
        assert!(wrong.contains("unknown field `pages`"), "{wrong}");
    }

    #[test]
    fn a_name_that_is_nearly_right_is_helped() {
        let unknown = AskError::Unknown { operation: "pricing.querry".to_owned() }.to_string();
        assert_eq!(unknown, "ask `pricing.querry`: there is no such operation; is it pricing.query?");
        let unknown = AskError::Unknown { operation: "xyz".to_owned() }.to_string();
        assert_eq!(unknown, "ask `xyz`: there is no such operation");
    }

    #[test]
    fn lines_are_values_or_errors_in_their_order() {
        let answers = vec![Ok(1), Err(Refusal::NotFound("gone".to_owned()))];
        let ended = lines(Ended { result: Ok(answers), report: Default::default() });
        assert_eq!(ended.result.unwrap(), json!([{ "value": 1 }, { "error": { "not_found": "gone" } }]));
    }
}
