//! Answers: JSON bodies, where they come from, pages.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::commerce::types::{Error as Refusal, FieldProblem, PageEnd};
use crate::limits;
use crate::seam::Millis;

/// Where an answer comes from and how old it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Provenance {
    /// `live`: asked of the system for this request.
    pub source: &'static str,
    /// When the system was asked; RFC 3339, UTC.
    pub as_of: String,
    /// Whether it is older than its kind should be.
    pub stale: bool,
    /// The connector that answered.
    pub connector: String,
    /// Its version.
    pub version: String,
    /// How long it took.
    pub latency_ms: u64,
}

/// Why one line has no answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LineError {
    /// The code for programs.
    code: &'static str,
    /// What went wrong.
    detail: String,
    /// Which fields are wrong, where it is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
}

impl From<&Refusal> for LineError {
    fn from(refusal: &Refusal) -> Self {
        let errors = match refusal {
            Refusal::Invalid(problems) => problems.clone(),
            _ => Vec::new(),
        };
        Self { code: refusal.code(), detail: refusal.to_string(), errors }
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A page of a connector. One that stopped early is an error, because it would look like the end.
pub(super) fn page<T: Serialize>(items: Vec<T>, end: PageEnd) -> Result<Response, Problem> {
    if !end.complete {
        let text = "the system gave up in the middle of the list; try again with a smaller limit";
        return Err(Problem::new(StatusCode::BAD_GATEWAY, "incomplete_list", text));
    }
    reply(&Listed { items, next: end.next })
}

/// A JSON answer. What a connector answered is checked while it is written: a malformed decimal ends here.
pub(super) fn reply<T: Serialize>(body: &T) -> Result<Response, Problem> {
    let mut bytes = Bounded(Vec::new());
    serde_json::to_writer(&mut bytes, body).map_err(|error| {
        tracing::error!(%error, "a connector's answer does not fit the contract");
        let text = format!("the connector's answer does not fit the contract: {error}");
        Problem::new(StatusCode::BAD_GATEWAY, "connector_failed", text)
    })?;
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes.0).into_response())
}

/// Takes up to [`limits::ANSWER_BYTES_MAX`].
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > limits::ANSWER_BYTES_MAX {
            let text = format!("it has over {} bytes", limits::ANSWER_BYTES_MAX);
            return Err(std::io::Error::other(text));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A time as RFC 3339 in UTC, to the millisecond.
pub(super) fn rfc3339(at: Millis) -> String {
    humantime::format_rfc3339_millis(std::time::UNIX_EPOCH + std::time::Duration::from_millis(at)).to_string()
}
