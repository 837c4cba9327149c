//! Orders, quotes and pre-orders: submitted, withdrawn and noted through the queue, read from the system.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;

use super::Api;
use super::carriage::{Carriage, take};
use super::filter::DocumentQuery;
use super::input::{Caller, Json, Query, read_body};
use super::problem::Problem;
use super::reply::{Listed, page, reply};
use super::route::{action, unknown_action};
use crate::commerce::documents::{Order, Shipment};
use crate::commerce::validate;
use crate::commerce::writes::{Cancellation, NoteAddition, On};
use crate::queue::{Document, Job};

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
    take(&api, &caller, &connection, (carriage, &headers), Document::Order(Box::new(order))).await
}

/// Lists orders of the system.
#[utoipa::path(get, path = "/v1/connections/{connection}/orders", tag = "orders",
    params(("connection" = String, Path, description = "The connection's name"), DocumentQuery),
    responses((status = 200, body = Listed<Order>), (status = "default", body = Problem)))]
pub(super) async fn list_orders(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(query): Query<DocumentQuery>,
) -> Result<Response, Problem> {
    let (filter, asked) = query.split()?;
    let found = api
        .ask(&caller, &connection, "orders.list", async |loaded, call| loaded.list_orders(call, &filter, &asked).await)
        .await?;
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
    let found =
        api.ask(&caller, &connection, "orders.get", async |loaded, call| loaded.get_order(call, &order).await).await?;
    reply(&found)
}

/// Lists what was shipped of an order, with tracking numbers.
#[utoipa::path(get, path = "/v1/connections/{connection}/orders/{order}/shipments", tag = "orders",
    params(("connection" = String, Path, description = "The connection's name"),
        ("order" = String, Path, description = "The order's id in the system")),
    responses((status = 200, body = Listed<Shipment>), (status = "default", body = Problem)))]
pub(super) async fn list_shipments(
    State(api): State<Api>,
    Path((connection, order)): Path<(String, String)>,
    caller: Caller,
) -> Result<Response, Problem> {
    let items = api
        .ask(&caller, &connection, "orders.shipments", async |loaded, call| loaded.list_shipments(call, &order).await)
        .await?;
    reply(&Listed { items, next: None })
}

/// Prices an order with taxes and totals as the system would compute them. Nothing is stored.
#[utoipa::path(post, path = "/v1/connections/{connection}/orders:simulate", tag = "live",
    params(("connection" = String, Path, description = "The connection's name")),
    request_body = Order,
    responses((status = 200, body = Order), (status = "default", body = Problem)))]
pub(super) async fn simulate_order(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Json(order): Json<Order>,
) -> Result<Response, Problem> {
    let problems = validate::order(&order);
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let priced = api
        .ask(&caller, &connection, "orders.simulate", async |loaded, call| loaded.simulate_order(call, &order).await)
        .await?;
    reply(&priced)
}

/// Acts on an order of the system: `:cancel` behind its id.
pub(super) async fn act(
    State(api): State<Api>,
    Path((connection, path)): Path<(String, String)>,
    caller: Caller,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let (id, action) = action(&path)?;
    if action != "cancel" {
        return Err(unknown_action(action, "`:cancel`"));
    }
    let what: Cancellation = if body.is_empty() { Cancellation::default() } else { read_body(&body)? };
    let document = Document::Cancellation(On { id: id.to_owned(), what });
    take(&api, &caller, &connection, (carriage, &headers), document).await
}

/// Withdraws an order of the system. It goes through the queue, like every change.
#[utoipa::path(post, path = "/v1/connections/{connection}/orders/{order}:cancel", tag = "orders",
    params(("connection" = String, Path, description = "The connection's name"),
        ("order" = String, Path, description = "The order's id in the system"), Carriage,
        ("Idempotency-Key" = String, Header, description = "Made once for the cancellation, at most 255 bytes"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds, at most 30, for the system")),
    request_body = Cancellation,
    responses((status = 202, body = Job, description = "Accepted; the job tells how it goes on"),
        (status = 200, body = Job, description = "Done while the request waited, or before"),
        (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn cancel_order() -> StatusCode {
    StatusCode::ACCEPTED
}

/// Adds a note to an order of the system. It goes through the queue, like every change.
#[utoipa::path(post, path = "/v1/connections/{connection}/orders/{order}/notes", tag = "orders",
    params(("connection" = String, Path, description = "The connection's name"),
        ("order" = String, Path, description = "The order's id in the system"), Carriage,
        ("Idempotency-Key" = String, Header, description = "Made once for the note, at most 255 bytes"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds, at most 30, for the system")),
    request_body = NoteAddition,
    responses((status = 202, body = Job, description = "Accepted; the job tells how it goes on"),
        (status = 200, body = Job, description = "Done while the request waited, or before"),
        (status = "default", body = Problem)))]
pub(super) async fn add_note(
    State(api): State<Api>,
    Path((connection, id)): Path<(String, String)>,
    caller: Caller,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    Json(what): Json<NoteAddition>,
) -> Result<Response, Problem> {
    take(&api, &caller, &connection, (carriage, &headers), Document::Note(On { id, what })).await
}
