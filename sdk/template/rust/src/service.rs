//! Requests to the system, and what its answers mean. What the host does next depends on the error alone, so this is the
//! file to get right.

use apiconnect_sdk::http::{Failure, Response};
use apiconnect_sdk::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The body of a "no".
#[derive(Deserialize)]
struct Problem {
    message: String,
    #[serde(default)]
    field: String,
}

/// A path with its query. Every value is percent-encoded; what is not given is left out.
pub(crate) fn target(path: &str, query: &[(&str, Option<&str>)]) -> String {
    let given = query.iter().filter_map(|(name, value)| Some((name, (*value)?)));
    let pairs: Vec<String> = given.map(|(name, value)| format!("{name}={}", http::encode(value))).collect();
    format!("{path}?{}", pairs.join("&"))
}

/// The answer to a question. It changed nothing, so one that was lost can simply be asked again.
pub(crate) fn read<T: DeserializeOwned>(answer: Result<Response, Failure>) -> Result<T, Error> {
    let response = answer.map_err(|failure| match Error::from(failure) {
        Error::OutcomeUnknown(text) => Error::Unavailable(text),
        other => other,
    })?;
    match response.status {
        200..=299 => response.json(),
        500.. => Err(Error::Unavailable(said(&response))),
        _ => Err(refusal(&response)),
    }
}

/// The answer to a write. Where nobody knows whether it was carried out, that is said: the host then asks with
/// `find_by_reference` before it sends the document again.
pub(crate) fn written<T: DeserializeOwned>(answer: Result<Response, Failure>) -> Result<T, Error> {
    // A connection that broke after bytes left becomes `outcome-unknown` here.
    let response = answer?;
    match response.status {
        // It was carried out, and the answer does not say under which number.
        200..=299 => response.json().map_err(|_| Error::OutcomeUnknown(said(&response))),
        // Said before the request was looked at.
        503 => Err(Error::Unavailable(said(&response))),
        500.. => Err(Error::OutcomeUnknown(said(&response))),
        _ => Err(refusal(&response)),
    }
}

/// A status from 400 to 499: the system looked at the request and says no.
fn refusal(response: &Response) -> Error {
    match response.status {
        401 | 403 => Error::Unauthorized(said(response)),
        404 => Error::NotFound(said(response)),
        429 => Error::RateLimited(response.retry_after_ms()),
        400..=499 => match response.json::<Problem>() {
            Ok(problem) => Error::invalid(problem.field, problem.message),
            Err(_) => Error::invalid("", said(response)),
        },
        _ => Error::internal(said(response)),
    }
}

/// What the system said, for the person who reads the error.
fn said(response: &Response) -> String {
    let start: String = response.text().chars().take(300).collect();
    format!("the system answered {}: {start}", response.status)
}
