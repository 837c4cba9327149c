//! Invoices, their documents, and payments on them.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::Api;
use super::carriage::{Carriage, take};
use super::filter::DocumentQuery;
use super::input::{Caller, Json, Query};
use super::problem::Problem;
use super::reply::{Listed, page, reply};
use crate::commerce::documents::{Invoice, Rendered};
use crate::commerce::writes::PaymentRecord;
use crate::queue::{Document, Job};

/// Lists invoices of the system, open and paid.
#[utoipa::path(get, path = "/v1/connections/{connection}/invoices", tag = "invoices",
    params(("connection" = String, Path, description = "The connection's name"), DocumentQuery),
    responses((status = 200, body = Listed<Invoice>), (status = "default", body = Problem)))]
pub(super) async fn list_invoices(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<DocumentQuery>,
) -> Result<Response, Problem> {
    let (narrowed, asked) = asked.split()?;
    let found = api
        .ask(&caller, &connection, "invoices.list", async |loaded, call| {
            loaded.list_invoices(call, &narrowed, &asked).await
        })
        .await?;
    page(found.items, found.end)
}

/// Reads one invoice of the system.
#[utoipa::path(get, path = "/v1/connections/{connection}/invoices/{invoice}", tag = "invoices",
    params(("connection" = String, Path, description = "The connection's name"),
        ("invoice" = String, Path, description = "The invoice's id in the system")),
    responses((status = 200, body = Invoice), (status = "default", body = Problem)))]
pub(super) async fn get_invoice(
    State(api): State<Api>,
    Path((connection, invoice)): Path<(String, String)>,
    caller: Caller,
) -> Result<Response, Problem> {
    let found = api
        .ask(&caller, &connection, "invoices.get", async |loaded, call| loaded.get_invoice(call, &invoice).await)
        .await?;
    reply(&found)
}

/// Reads an invoice as people see it, usually as PDF.
#[utoipa::path(get, path = "/v1/connections/{connection}/invoices/{invoice}/document", tag = "invoices",
    params(("connection" = String, Path, description = "The connection's name"),
        ("invoice" = String, Path, description = "The invoice's id in the system")),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>,
            description = "The document, in the type that the system gives it"),
        (status = "default", body = Problem)))]
pub(super) async fn get_document(
    State(api): State<Api>,
    Path((connection, invoice)): Path<(String, String)>,
    caller: Caller,
) -> Result<Response, Problem> {
    let rendered = api
        .ask(&caller, &connection, "invoices.document", async |loaded, call| {
            loaded.render_invoice(call, &invoice).await
        })
        .await?;
    Ok(download(rendered))
}

/// The document as a file to keep. Its type is the system's word, so no browser is let to guess or to run it.
fn download(rendered: Rendered) -> Response {
    let media_type = HeaderValue::from_str(&rendered.media_type);
    let media_type = media_type.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let simple = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = rendered.file_name.unwrap_or_default().chars().filter(simple).collect();
    let name = if name.is_empty() { "attachment".to_owned() } else { format!("attachment; filename=\"{name}\"") };
    let mut response = rendered.content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// Records a payment on invoices or on account. It goes through the queue, like every change.
#[utoipa::path(post, path = "/v1/connections/{connection}/payments", tag = "invoices",
    params(("connection" = String, Path, description = "The connection's name"),
        Carriage,
        ("Idempotency-Key" = String, Header, description = "Made once for the document, at most 255 bytes"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds, at most 30, for the system")),
    request_body = PaymentRecord,
    responses((status = 202, body = Job, description = "Accepted; the job tells how it goes on"),
        (status = 200, body = Job, description = "Done while the request waited, or before"),
        (status = "default", body = Problem)))]
pub(super) async fn record_payment(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    Json(body): Json<PaymentRecord>,
) -> Result<Response, Problem> {
    take(&api, &caller, &connection, (carriage, &headers), Document::Payment(Box::new(body))).await
}
