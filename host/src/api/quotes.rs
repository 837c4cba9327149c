//! Quotes: what was offered, and the orders that come of it.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;

use super::Api;
use super::carriage::{Carriage, take};
use super::filter::DocumentQuery;
use super::input::{Caller, Query, read_body};
use super::problem::Problem;
use super::reply::{Listed, page, reply};
use super::route::{action, unknown_action};
use crate::commerce::documents::Order;
use crate::commerce::writes::{Conversion, On};
use crate::queue::{Document, Job};

/// Lists quotes of the system.
#[utoipa::path(get, path = "/v1/connections/{connection}/quotes", tag = "quotes",
    params(("connection" = String, Path, description = "The connection's name"), DocumentQuery),
    responses((status = 200, body = Listed<Order>), (status = "default", body = Problem)))]
pub(super) async fn list_quotes(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<DocumentQuery>,
) -> Result<Response, Problem> {
    let (narrowed, asked) = asked.split()?;
    let found = api
        .ask(&caller, &connection, "quotes.list", async |loaded, call| {
            loaded.list_quotes(call, &narrowed, &asked).await
        })
        .await?;
    page(found.items, found.end)
}

/// Reads one quote of the system.
#[utoipa::path(get, path = "/v1/connections/{connection}/quotes/{quote}", tag = "quotes",
    params(("connection" = String, Path, description = "The connection's name"),
        ("quote" = String, Path, description = "The quote's id in the system")),
    responses((status = 200, body = Order), (status = "default", body = Problem)))]
pub(super) async fn get_quote(
    State(api): State<Api>,
    Path((connection, quote)): Path<(String, String)>,
    caller: Caller,
) -> Result<Response, Problem> {
    let found =
        api.ask(&caller, &connection, "quotes.get", async |loaded, call| loaded.get_quote(call, &quote).await).await?;
    reply(&found)
}

/// Acts on a quote of the system: `:convert` behind its id.
pub(super) async fn act(
    State(api): State<Api>,
    Path((connection, path)): Path<(String, String)>,
    caller: Caller,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let (id, action) = action(&path)?;
    if action != "convert" {
        return Err(unknown_action(action, "`:convert`"));
    }
    let what: Conversion = read_body(&body)?;
    let document = Document::Conversion(Box::new(On { id: id.to_owned(), what }));
    take(&api, &caller, &connection, (carriage, &headers), document).await
}

/// Makes an order of a quote. It goes through the queue, like every change.
#[utoipa::path(post, path = "/v1/connections/{connection}/quotes/{quote}:convert", tag = "quotes",
    params(("connection" = String, Path, description = "The connection's name"),
        ("quote" = String, Path, description = "The quote's id in the system"),
        Carriage,
        ("Idempotency-Key" = String, Header, description = "Made once for the document, at most 255 bytes"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds, at most 30, for the system")),
    request_body = Conversion,
    responses((status = 202, body = Job, description = "Accepted; the job tells how it goes on"),
        (status = 200, body = Job, description = "Done while the request waited, or before"),
        (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn convert_quote() -> StatusCode {
    StatusCode::ACCEPTED
}
