//! Jobs: what became of every document, and what a person decides about one that is stuck.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::carriage::canonical;
use super::input::{Caller, Query, collect, limit, read_body};
use super::problem::Problem;
use super::reply::{Listed, reply};
use super::route::{action, unknown_action};
use crate::access::Scope;
use crate::commerce::documents::Order;
use crate::commerce::lane::Lane;
use crate::commerce::types::Ids;
use crate::queue::{Decision, Document, Job, JobFilter, Operation, QueueError, State as JobState};

/// Which jobs are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct JobQuery {
    /// Only this connection.
    connection: Option<String>,
    /// Only this lane.
    #[param(inline)]
    lane: Option<Lane>,
    /// Only this state.
    #[param(inline)]
    state: Option<JobState>,
    /// Only jobs parked for this cause, as `/v1/causes` names it.
    cause: Option<String>,
    /// A part of the reference, the customer, the system's number or the job's id.
    text: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items at most: 1 to 500.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Lists jobs in the order they were accepted.
#[utoipa::path(get, path = "/v1/jobs", tag = "jobs", params(JobQuery),
    responses((status = 200, body = Listed<Job>), (status = "default", body = Problem)))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<JobQuery>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let count = usize::try_from(limit(query.limit)?).unwrap_or(usize::MAX);
    let filter = JobFilter {
        connection: query.connection,
        lane: query.lane,
        state: query.state,
        cause: query.cause,
        text: query.text,
    };
    let after = query.cursor.as_deref().map(str::parse).transpose().map_err(|_| {
        Problem::new(StatusCode::BAD_REQUEST, "invalid_query", "cursor: send the `next` of the page before")
    })?;
    let (mut items, next) = api.queue().list(&filter, after, count)?;
    items.retain(|job| caller.sees(&job.connection));
    reply(&Listed { items, next: next.map(|id| id.to_string()) })
}

/// Reads one job with every attempt.
#[utoipa::path(get, path = "/v1/jobs/{job}", tag = "jobs",
    params(("job" = String, Path, description = "The job's id")),
    responses((status = 200, body = Job), (status = "default", body = Problem)))]
pub(super) async fn get(State(api): State<Api>, Path(job): Path<String>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    reply(&find(&api, &caller, &job)?)
}

/// Reads the document of a job as it was accepted.
#[utoipa::path(get, path = "/v1/jobs/{job}/document", tag = "jobs",
    params(("job" = String, Path, description = "The job's id")),
    responses((status = 200, body = Order), (status = "default", body = Problem)))]
pub(super) async fn document(
    State(api): State<Api>,
    Path(job): Path<String>,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let job = find(&api, &caller, &job)?;
    let document = api.queue().document(job.id)?;
    if document.is_empty() {
        let text = "this job has no document: it only reads";
        return Err(Problem::new(StatusCode::NOT_FOUND, "no_document", text));
    }
    Ok(([(header::CONTENT_TYPE, "application/json")], document).into_response())
}

/// A job of a connection that the key is not for looks as if it were not there.
fn find(api: &Api, caller: &Caller, id: &str) -> Result<Job, Problem> {
    let unknown = || Problem::from(QueueError::NotFound(id.to_owned()));
    let job = api.queue().get(id.parse().map_err(|_| unknown())?)?;
    if caller.sees(&job.connection) { Ok(job) } else { Err(unknown()) }
}

/// Replaces the document of a job that is stuck, and tries it again. What it was before is kept on the host.
///
/// A document that may have arrived cannot be changed: say first what became of it, with `:resolve`.
#[utoipa::path(put, path = "/v1/jobs/{job}/document", tag = "jobs",
    params(("job" = String, Path, description = "The job's id")), request_body = Order,
    responses((status = 200, body = Job), (status = "default", body = Problem)))]
pub(super) async fn replace_document(
    State(api): State<Api>,
    Path(job): Path<String>,
    caller: Caller,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Scope::Operate)?;
    let job = find(&api, &caller, &job)?;
    let body = collect(body, api.body_bytes()).await?;
    // An order's mistakes are told with their place; the others are small.
    let document = match job.operation {
        Operation::SubmitOrder => Document::Order(Box::new(read_body(&body)?)),
        operation => Document::read(operation, &body).map_err(|error| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_document", format!("failed to {error}"))
        })?,
    };
    let problems = document.problems();
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let text = canonical(&document)?;
    reply(&api.queue().edit(job.id, document.reference(), document.customer(), text).await?)
}

/// What a person found out about a document whose outcome is unknown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Resolution {
    /// It exists in the system, with these ids.
    Exists(Ids),
    /// It does not exist: send it again.
    SendAgain {},
}

/// Acts on a job: `:retry`, `:resolve` or `:cancel` behind its id.
pub(super) async fn act(
    State(api): State<Api>,
    Path(path): Path<String>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, Problem> {
    caller.may(Scope::Operate)?;
    let (id, action) = action(&path)?;
    let decision = match action {
        "retry" => Decision::Retry,
        "cancel" => Decision::Cancel,
        "resolve" => match read_body::<Resolution>(&body)? {
            Resolution::Exists(ids) => Decision::Exists(ids),
            Resolution::SendAgain {} => Decision::SendAgain,
        },
        other => return Err(unknown_action(other, "`:retry`, `:resolve` and `:cancel`")),
    };
    let job = find(&api, &caller, id)?;
    reply(&api.queue().decide(job.id, decision).await?)
}

/// Tries a job again now, whatever it waits for.
#[utoipa::path(post, path = "/v1/jobs/{job}:retry", tag = "jobs",
    params(("job" = String, Path, description = "The job's id")),
    responses((status = 200, body = Job), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn retry() -> StatusCode {
    StatusCode::OK
}

/// Says what became of a document whose outcome is unknown.
#[utoipa::path(post, path = "/v1/jobs/{job}:resolve", tag = "jobs",
    params(("job" = String, Path, description = "The job's id")), request_body = Resolution,
    responses((status = 200, body = Job), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn resolve() -> StatusCode {
    StatusCode::OK
}

/// Withdraws a document that has not been sent.
#[utoipa::path(post, path = "/v1/jobs/{job}:cancel", tag = "jobs",
    params(("job" = String, Path, description = "The job's id")),
    responses((status = 200, body = Job), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn cancel() -> StatusCode {
    StatusCode::OK
}
