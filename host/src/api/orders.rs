//! Orders, quotes and pre-orders: submitted through the queue, read from the system.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::input::{Caller, Json, Query, limit};
use super::problem::Problem;
use super::reply::{Listed, page, reply};
use crate::access::Scope;
use crate::commerce::documents::{DocumentFilter, DocumentState, Order, OrderKind};
use crate::commerce::lane::Lane;
use crate::commerce::types::{FieldProblem, PageRequest};
use crate::commerce::validate;
use crate::limits;
use crate::plugin::Interface;
use crate::queue::{Job, Operation, State as JobState, Submission};
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
    /// The order as a submission, validated.
    pub(super) fn submission(
        self,
        connection: &str,
        usual: Lane,
        key: String,
        order: &Order,
    ) -> Result<Submission, Problem> {
        let mut problems = validate::order(order);
        let mut wrong = |field: &str, problem: String| problems.push(FieldProblem { field: field.to_owned(), problem });
        let lane = self.lane.unwrap_or(usual);
        if !matches!(lane, Lane::Orders | Lane::Bulk) {
            wrong("lane", "documents travel in `orders` or `bulk`".to_owned());
        }
        let priority = self.priority.unwrap_or(limits::PRIORITY_USUAL);
        if priority > limits::PRIORITY_LAST {
            wrong("priority", format!("it must be from 0 to {}", limits::PRIORITY_LAST));
        }
        let order_key = self.order_key.unwrap_or_else(|| order.customer.clone());
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
            operation: Operation::SubmitOrder,
            priority,
            order_key,
            reference: order.reference.clone(),
            customer: order.customer.clone(),
            idempotency_key: key,
            not_before: not_before.and_then(Result::ok),
            document: canonical(order)?,
        })
    }
}

/// The one way an order is written, so that the same order always has the same text.
pub(super) fn canonical(order: &Order) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(order)
        .map_err(|e| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_document", e.to_string()))
}

/// A time in RFC 3339 as milliseconds since the epoch.
fn instant(text: &str) -> Result<Millis, String> {
    let time = chrono::DateTime::parse_from_rfc3339(text)
        .map_err(|_| "it must be a time in RFC 3339, such as `2026-01-31T06:00:00Z`".to_owned())?;
    Ok(u64::try_from(time.timestamp_millis()).unwrap_or(0))
}

/// Submits an order, quote or pre-order. It is on disk before the answer, and reaches the system exactly once.
///
/// Send an `Idempotency-Key` made once for the document: the same key and document always answer the same job.
/// `Prefer: wait=10` waits up to so many seconds for the system.
#[utoipa::path(post, path = "/v1/connections/{connection}/orders", tag = "orders",
    params(("connection" = String, Path, description = "The connection's name"), Carriage,
        ("Idempotency-Key" = String, Header, description = "Made once for the document, at most 255 bytes"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds, at most 30, for the system")),
    request_body = Order,
    responses((status = 202, body = Job, description = "Accepted; the job tells how it goes on"),
        (status = 200, body = Job, description = "Done while the request waited, or before"),
        (status = "default", body = Problem)))]
pub(super) async fn submit_order(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    Json(order): Json<Order>,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Write, &connection)?;
    let key = idempotency_key(&headers)?;
    api.offers(&connection, Interface::Orders)?;
    let wait = prefer_wait(&headers);
    let submission = carriage.submission(&connection, Lane::Orders, key, &order)?;
    let accepted = api.queue().accept(submission).await?;
    metric::job_accepted(&connection, Operation::SubmitOrder.name());
    let mut job = accepted.job;
    if let Some(wait) = wait.filter(|_| !matches!(job.state, JobState::Done | JobState::Parked)) {
        job = api.queue().settled(job.id, wait).await?;
    }
    job_reply(&job, accepted.replayed)
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

/// Kinds of documents, for queries.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Orders.
    Order,
    /// Quotes.
    Quote,
    /// Pre-orders.
    PreOrder,
}

/// States of documents, for queries.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Openness {
    /// Something is still to come.
    Open,
    /// Nothing more will happen.
    Closed,
    /// Both.
    #[default]
    All,
}

/// Which orders are wanted; every given field narrows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OrderQuery {
    /// Id of the customer.
    customer: Option<String>,
    /// Id of the delivery address.
    ship_to: Option<String>,
    /// Kind of document.
    #[param(inline)]
    kind: Option<Kind>,
    /// Open or closed.
    #[serde(default)]
    #[param(inline)]
    state: Openness,
    /// First day: YYYY-MM-DD.
    from: Option<String>,
    /// Last day: YYYY-MM-DD.
    to: Option<String>,
    /// Words in number, reference or the customer's purchase order.
    text: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items at most: 1 to 500.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

impl OrderQuery {
    fn filter(&self) -> DocumentFilter {
        DocumentFilter {
            customer: self.customer.clone(),
            ship_to: self.ship_to.clone(),
            kind: self.kind.map(|kind| match kind {
                Kind::Order => OrderKind::Order,
                Kind::Quote => OrderKind::Quote,
                Kind::PreOrder => OrderKind::PreOrder,
            }),
            state: match self.state {
                Openness::Open => DocumentState::Open,
                Openness::Closed => DocumentState::Closed,
                Openness::All => DocumentState::All,
            },
            date_from: self.from.clone(),
            date_to: self.to.clone(),
            text: self.text.clone(),
        }
    }
}

/// Lists orders of the system.
#[utoipa::path(get, path = "/v1/connections/{connection}/orders", tag = "orders",
    params(("connection" = String, Path, description = "The connection's name"), OrderQuery),
    responses((status = 200, body = Listed<Order>), (status = "default", body = Problem)))]
pub(super) async fn list_orders(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(query): Query<OrderQuery>,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Read, &connection)?;
    let filter = query.filter();
    let asked = PageRequest { cursor: query.cursor, limit: limit(query.limit)? };
    let live = api.live(&connection, "orders.list").await?;
    let ended = live.loaded.list_orders(live.call(), &filter, &asked).await;
    live.end("orders.list", ended.result.is_ok());
    let found = ended.result?;
    page(found.items, found.end)
}

/// Reads one order of the system.
#[utoipa::path(get, path = "/v1/connections/{connection}/orders/{order}", tag = "orders",
    params(("connection" = String, Path, description = "The connection's name"),
        ("order" = String, Path, description = "The order's id in the system")),
    responses((status = 200, body = Order), (status = "default", body = Problem)))]
pub(super) async fn get_order(
    State(api): State<Api>,
    Path((connection, order)): Path<(String, String)>,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Read, &connection)?;
    let live = api.live(&connection, "orders.get").await?;
    let ended = live.loaded.get_order(live.call(), &order).await;
    live.end("orders.get", ended.result.is_ok());
    reply(&ended.result?)
}
