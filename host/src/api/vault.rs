//! Payment methods as tokens of a vault. A card number never comes here.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::Api;
use super::carriage::{Carriage, take};
use super::input::{Caller, Json, Query};
use super::problem::Problem;
use super::reply::{Listed, reply};
use crate::commerce::documents::PaymentToken;
use crate::commerce::writes::{Charge, Detachment};
use crate::queue::{Document, Job};

/// A session of the vault's own card form.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VaultSession {
    /// The session's id.
    id: String,
    /// What the browser needs, as the vault gave it.
    #[schema(value_type = Object)]
    client: Box<RawValue>,
    /// Until when it holds; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// Starts a session of the vault's own card form; the card's number goes from the browser to the vault.
#[utoipa::path(post, path = "/v1/connections/{connection}/customers/{customer}/vault-sessions", tag = "payments",
    params(("connection" = String, Path, description = "The connection's name"),
        ("customer" = String, Path, description = "The customer's id in the system")),
    responses((status = 200, body = VaultSession), (status = "default", body = Problem)))]
pub(super) async fn begin_vault(
    State(api): State<Api>,
    Path((connection, customer)): Path<(String, String)>,
    caller: Caller,
) -> Result<Response, Problem> {
    let begun = api
        .ask(&caller, &connection, "payments.begin-vault", async |loaded, call| {
            loaded.begin_vault(call, &customer).await
        })
        .await?;
    let client = RawValue::from_string(begun.client).map_err(|_| Problem::unanswered())?;
    reply(&VaultSession { id: begun.id, client, expires_at: begun.expires_at })
}

/// Lists the payment methods that a customer keeps in the vault, as tokens.
#[utoipa::path(get, path = "/v1/connections/{connection}/customers/{customer}/payment-methods", tag = "payments",
    params(("connection" = String, Path, description = "The connection's name"),
        ("customer" = String, Path, description = "The customer's id in the system")),
    responses((status = 200, body = Listed<PaymentToken>), (status = "default", body = Problem)))]
pub(super) async fn list_payment_methods(
    State(api): State<Api>,
    Path((connection, customer)): Path<(String, String)>,
    caller: Caller,
) -> Result<Response, Problem> {
    let items = api
        .ask(&caller, &connection, "payments.list-methods", async |loaded, call| {
            loaded.list_payment_methods(call, &customer).await
        })
        .await?;
    reply(&Listed { items, next: None })
}

/// Charges a token. It goes through the queue, like every change.
#[utoipa::path(post, path = "/v1/connections/{connection}/charges", tag = "payments",
    params(("connection" = String, Path, description = "The connection's name"),
        Carriage,
        ("Idempotency-Key" = String, Header, description = "Made once for the document, at most 255 bytes"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds, at most 30, for the system")),
    request_body = Charge,
    responses((status = 202, body = Job, description = "Accepted; the job tells how it goes on"),
        (status = 200, body = Job, description = "Done while the request waited, or before"),
        (status = "default", body = Problem)))]
pub(super) async fn charge(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    Json(body): Json<Charge>,
) -> Result<Response, Problem> {
    take(&api, &caller, &connection, (carriage, &headers), Document::Charge(body)).await
}

/// Forgets a token. It goes through the queue, like every change.
#[utoipa::path(post, path = "/v1/connections/{connection}/payment-methods:detach", tag = "payments",
    params(("connection" = String, Path, description = "The connection's name"),
        Carriage,
        ("Idempotency-Key" = String, Header, description = "Made once for the document, at most 255 bytes"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds, at most 30, for the system")),
    request_body = Detachment,
    responses((status = 202, body = Job, description = "Accepted; the job tells how it goes on"),
        (status = 200, body = Job, description = "Done while the request waited, or before"),
        (status = "default", body = Problem)))]
pub(super) async fn detach(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    Json(body): Json<Detachment>,
) -> Result<Response, Problem> {
    take(&api, &caller, &connection, (carriage, &headers), Document::Detachment(body)).await
}
