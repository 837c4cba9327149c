//! Whether an answer is the right one: by the scenario's word, and by what holds for all.

use serde_json::{Value, json};

use super::answer::Answer;
use super::judge::{self, Failure};
use super::play::Question;
use super::{echo, pattern};

/// Whether an answer is the right one, by the step's own word and by what holds for all.
pub(super) fn right(question: &Question, answer: &Answer) -> Result<(), Failure> {
    if let Answer::Broken(text) = answer {
        return Err(Failure::new("an answer of the contract", text.clone()));
    }
    let told = answer.json();
    match &question.expect {
        Some(expect) => {
            if let Some(came) = pattern::difference(&spelled(expect), &told) {
                return Err(Failure::new(pattern::short(expect), format!("{came}; the answer is {}", answer.told())));
            }
        }
        None => {
            let Answer::Value(value) = answer else { return Err(Failure::new("an answer", answer.told())) };
            let lines = value.as_array().filter(|lines| question.operation.shape.has_lines() && !lines.is_empty());
            if let Some(lines) = lines.filter(|lines| lines.iter().all(|line| judge::line_error(line).is_some())) {
                return Err(Failure::new("an answer for at least one line", pattern::short(&json!(lines))));
            }
        }
    }
    match answer {
        Answer::Value(value) => echo::check(question, value),
        _ => Ok(()),
    }
}

/// An expectation in full: `{"error": "not_found"}` stands for that error with any text.
pub(super) fn spelled(expect: &Value) -> Value {
    match expect {
        Value::Array(items) => items.iter().map(spelled).collect(),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| match (name.as_str(), value) {
                ("error", Value::String(case)) if case != "*" => (name.clone(), json!({ case.as_str(): "*" })),
                _ => (name.clone(), spelled(value)),
            };
            Value::Object(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

/// Whether an expectation is about this error.
pub(super) fn expects(expect: &Value, name: &str) -> bool {
    spelled(expect).pointer("/error").and_then(|error| error.get(name)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_spelled_by_its_name() {
        assert_eq!(spelled(&json!([{ "error": "not_found" }])), json!([{ "error": { "not_found": "*" } }]));
        let full = json!({ "error": { "invalid": [{ "field": "customer" }] } });
        assert_eq!(spelled(&full), full);
        assert!(expects(&json!({ "error": "not_supported" }), "not_supported"));
        assert!(!expects(&json!({ "error": "not_found" }), "not_supported") && !expects(&json!([]), "not_supported"));
    }
}
