//! Documents in: how they are carried, and the one way each of them is taken.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Api;
use super::input::Caller;
use super::problem::Problem;
use super::reply::reply;
use crate::access::Scope;
use crate::commerce::lane::Lane;
use crate::commerce::types::FieldProblem;
use crate::limits;
use crate::plugin::Interface;
use crate::queue::{Document, Job, Operation, State as JobState, Submission};
use crate::seam::Millis;
use crate::telemetry::metric;

/// How a document is carried. Everything has a default.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Carriage {
    /// Who it must not wait for: `orders`, or `bulk` for what may take its time.
    #[param(inline)]
    pub lane: Option<Lane>,
    /// Within its lane: 0 goes first, 9 last; 5 where nothing is said.
    #[param(minimum = 0, maximum = 9)]
    pub priority: Option<u8>,
    /// Not sent before this time; RFC 3339, such as `2026-01-31T06:00:00Z`.
    pub not_before: Option<String>,
    /// Documents of a lane with the same key go one after the other; the customer where nothing is said.
    pub order_key: Option<String>,
}

impl Carriage {
    /// The document as a submission, validated.
    pub(super) fn submission(
        self,
        connection: &str,
        usual: Lane,
        key: String,
        document: &Document,
    ) -> Result<Submission, Problem> {
        let mut problems = document.problems();
        let mut wrong = |field: &str, problem: String| problems.push(FieldProblem { field: field.to_owned(), problem });
        let lane = self.lane.unwrap_or(usual);
        if !matches!(lane, Lane::Orders | Lane::Bulk) {
            wrong("lane", "documents travel in `orders` or `bulk`".to_owned());
        }
        let priority = self.priority.unwrap_or(limits::PRIORITY_USUAL);
        if priority > limits::PRIORITY_LAST {
            wrong("priority", format!("it must be from 0 to {}", limits::PRIORITY_LAST));
        }
        let order_key = self.order_key.unwrap_or_else(|| document.order_key());
        if order_key.is_empty() || order_key.len() > limits::IDENTIFIER_BYTES_MAX {
            wrong("order_key", format!("it must have 1 to {} bytes", limits::IDENTIFIER_BYTES_MAX));
        }
        let not_before = self.not_before.as_deref().map(instant);
        if let Some(Err(problem)) = &not_before {
            wrong("not_before", problem.clone());
        }
        if !problems.is_empty() {
            return Err(Problem::invalid(problems));
        }
        Ok(Submission {
            connection: connection.to_owned(),
            lane,
            operation: document.operation(),
            priority,
            order_key,
            reference: document.reference().to_owned(),
            customer: document.customer().to_owned(),
            idempotency_key: key,
            not_before: not_before.and_then(Result::ok),
            document: canonical(document)?,
        })
    }
}

/// The document as it is kept.
pub(super) fn canonical(document: &Document) -> Result<Vec<u8>, Problem> {
    document
        .canonical()
        .map_err(|e| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_document", format!("failed to {e}")))
}

/// A time in RFC 3339 as milliseconds since the epoch.
fn instant(text: &str) -> Result<Millis, String> {
    let time = chrono::DateTime::parse_from_rfc3339(text)
        .map_err(|_| "it must be a time in RFC 3339, such as `2026-01-31T06:00:00Z`".to_owned())?;
    Ok(u64::try_from(time.timestamp_millis()).unwrap_or(0))
}

/// Takes a document in: it is on disk before the answer, and done exactly once.
pub(super) async fn take(
    api: &Api,
    caller: &Caller,
    connection: &str,
    (carriage, headers): (Carriage, &HeaderMap),
    document: Document,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Write, connection)?;
    let key = idempotency_key(headers)?;
    let operation = document.operation();
    api.offers(connection, interface(operation))?;
    let submission = carriage.submission(connection, Lane::Orders, key, &document)?;
    let accepted = api.queue().accept(submission).await?;
    metric::job_accepted(connection, operation.name());
    let mut job = accepted.job;
    let wait = prefer_wait(headers).filter(|_| !matches!(job.state, JobState::Done | JobState::Parked));
    if let Some(wait) = wait {
        job = api.queue().settled(job.id, wait).await?;
    }
    job_reply(&job, accepted.replayed)
}

/// What a connector must offer for an operation; every one offers `connector.check`.
pub(super) const fn interface(operation: Operation) -> Interface {
    match operation {
        Operation::SubmitOrder | Operation::CancelOrder | Operation::AddOrderNote | Operation::Check => {
            Interface::Orders
        }
        Operation::ConvertQuote => Interface::Quotes,
        Operation::RecordPayment => Interface::Invoices,
        Operation::UpsertCustomer | Operation::UpsertShipTo => Interface::Customers,
        Operation::Charge | Operation::DetachPaymentMethod => Interface::Payments,
    }
}

fn job_reply(job: &Job, replayed: bool) -> Result<Response, Problem> {
    let mut response = reply(job)?.into_response();
    *response.status_mut() = if job.state == JobState::Done { StatusCode::OK } else { StatusCode::ACCEPTED };
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/jobs/{}", job.id)) {
        headers.insert(header::LOCATION, location);
    }
    if replayed {
        headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Problem> {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    if key.is_empty() || key.len() > limits::IDENTIFIER_BYTES_MAX {
        let text = format!(
            "send an Idempotency-Key header of 1 to {} characters, made once for this document, so that a repeat of the \
             request cannot create it twice",
            limits::IDENTIFIER_BYTES_MAX
        );
        return Err(Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_missing", text));
    }
    Ok(key.to_owned())
}

/// `Prefer: wait=N` of RFC 7240; anything else in the header is not for us.
fn prefer_wait(headers: &HeaderMap) -> Option<Duration> {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut waits = preferences.flat_map(|text| text.split(',')).filter_map(|part| part.trim().strip_prefix("wait="));
    let seconds: u64 = waits.next()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(limits::PREFER_WAIT_MAX))
}
