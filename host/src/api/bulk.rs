//! Many documents in one request: NDJSON in, one line of answer for each, in the same order.

use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::carriage::Carriage;
use super::input::{Caller, collect, read_body};
use super::problem::Problem;
use crate::access::Scope;
use crate::commerce::documents::Order;
use crate::commerce::lane::Lane;
use crate::limits;
use crate::plugin::Interface;
use crate::queue::{Document, JobId, Operation, State as JobState, Submission};
use crate::telemetry::metric;

/// One line of a bulk request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BulkLine {
    /// The connection.
    connection: String,
    /// Made once for the document.
    idempotency_key: String,
    /// The document.
    order: Order,
    /// `bulk` where nothing is said, or `orders`.
    #[serde(default)]
    lane: Option<Lane>,
    /// 0 goes first, 9 last.
    #[serde(default)]
    priority: Option<u8>,
    /// Not sent before this time; RFC 3339.
    #[serde(default)]
    not_before: Option<String>,
    /// Documents with the same key go one after the other; the customer where nothing is said.
    #[serde(default)]
    order_key: Option<String>,
}

/// One line of the answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BulkResult {
    /// The line it answers, counted from 1.
    line: usize,
    /// What a request of its own would have been answered with.
    status: u16,
    /// The job it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobId>,
    /// Whether it had been accepted before.
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<bool>,
    /// Why it was not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

/// Submits many documents. Each line stands for itself: one that is refused keeps none of the others out. Documents of
/// one customer go in the order they stand in.
#[utoipa::path(post, path = "/v1/bulk", tag = "orders",
    request_body(content = BulkLine, content_type = "application/x-ndjson",
        description = "One JSON object a line, at most 10,000 lines and 64 MiB"),
    responses((status = 200, body = BulkResult, content_type = "application/x-ndjson",
            description = "One line for each line, in their order; every accepted document is on disk"),
        (status = "default", body = Problem)))]
pub(super) async fn submit(State(api): State<Api>, caller: Caller, body: Body) -> Result<Response, Problem> {
    caller.may(Scope::Write)?;
    let body = collect(body, limits::BULK_BYTES_MAX).await?;
    let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
    if lines.is_empty() || lines.len() > limits::BULK_LINES_MAX {
        let text = format!("send 1 to {} lines, this body has {}", limits::BULK_LINES_MAX, lines.len());
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_document", text));
    }
    let mut read = Vec::with_capacity(lines.len());
    for line in lines {
        read.push(submission(&api, &caller, line));
    }
    Ok(answer(accept(&api, read).await))
}

/// Reads and checks one line.
fn submission(api: &Api, caller: &Caller, line: &[u8]) -> Result<Submission, Problem> {
    if line.len() > api.body_bytes() {
        let text = format!("the line has {} bytes, at most {} are taken", line.len(), api.body_bytes());
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", text));
    }
    let line: BulkLine = read_body(&Bytes::copy_from_slice(line))?;
    caller.may_use(Scope::Write, &line.connection)?;
    api.offers(&line.connection, Interface::Orders)?;
    if line.idempotency_key.is_empty() || line.idempotency_key.len() > limits::IDENTIFIER_BYTES_MAX {
        let text = format!("idempotency_key: it must have 1 to {} bytes", limits::IDENTIFIER_BYTES_MAX);
        return Err(Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_missing", text));
    }
    let carriage =
        Carriage { lane: line.lane, priority: line.priority, not_before: line.not_before, order_key: line.order_key };
    let document = Document::Order(Box::new(line.order));
    carriage.submission(&line.connection, Lane::Bulk, line.idempotency_key, &document)
}

async fn accept(api: &Api, read: Vec<Result<Submission, Problem>>) -> Vec<BulkResult> {
    let submissions: Vec<Submission> = read.iter().filter_map(|line| line.as_ref().ok().cloned()).collect();
    for submission in &submissions {
        metric::job_accepted(&submission.connection, Operation::SubmitOrder.name());
    }
    let mut accepted = api.queue().accept_all(submissions).await.into_iter();
    let outcomes = read.into_iter().map(|line| match line {
        Err(problem) => Err(problem),
        Ok(_) => accepted.next().transpose().map_err(Problem::from),
    });
    outcomes
        .enumerate()
        .map(|(at, outcome)| {
            let line = at + 1;
            match outcome {
                Ok(Some(accepted)) => BulkResult {
                    line,
                    status: if accepted.job.state == JobState::Done { 200 } else { 202 },
                    job: Some(accepted.job.id),
                    replayed: Some(accepted.replayed),
                    error: None,
                },
                Ok(None) => refused(line, Problem::unanswered()),
                Err(problem) => refused(line, problem),
            }
        })
        .collect()
}

fn refused(line: usize, problem: Problem) -> BulkResult {
    BulkResult { line, status: problem.status(), job: None, replayed: None, error: Some(problem) }
}

fn answer(results: Vec<BulkResult>) -> Response {
    let mut body = Vec::with_capacity(results.len() * 96);
    for result in results {
        if serde_json::to_writer(&mut body, &result).is_ok() {
            body.push(b'\n');
        }
    }
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}
