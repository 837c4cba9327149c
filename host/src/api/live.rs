//! Live questions: prices and stock, asked of the system now.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Caller, Json};
use super::problem::Problem;
use super::reply::{LineError, Provenance, reply};
use super::{Api, Live};
use crate::access::Scope;
use crate::commerce::products::{InventoryRequest, Price, PriceRequest, Stock};
use crate::commerce::types::{Error as Refusal, FieldProblem};
use crate::limits;
use crate::plugin::CallError;

/// A price question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceQuery {
    /// 1 to 500 lines; answers stand in the same order.
    #[schema(min_items = 1, max_items = 500)]
    lines: Vec<PriceRequest>,
}

/// A stock question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InventoryQuery {
    /// 1 to 500 lines; answers stand in the same order.
    #[schema(min_items = 1, max_items = 500)]
    lines: Vec<InventoryRequest>,
}

/// The answer to one price line: a price or an error, never nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PriceLine {
    /// The product that was asked for.
    product: String,
    /// The price.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Price>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<LineError>,
    /// Where the answer comes from.
    #[serde(serialize_with = "shared")]
    #[schema(value_type = Provenance)]
    provenance: Arc<Provenance>,
}

/// Prices, in the order of the question.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PriceAnswer {
    /// One answer per line.
    lines: Vec<PriceLine>,
}

/// The answer to one stock line.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InventoryLine {
    /// The product that was asked for.
    product: String,
    /// Stock per warehouse.
    #[serde(skip_serializing_if = "Option::is_none")]
    stock: Option<Stock>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<LineError>,
    /// Where the answer comes from.
    #[serde(serialize_with = "shared")]
    #[schema(value_type = Provenance)]
    provenance: Arc<Provenance>,
}

/// Stock, in the order of the question.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InventoryAnswer {
    /// One answer per line.
    lines: Vec<InventoryLine>,
}

/// Asks for prices: what this customer pays for this quantity, now.
#[utoipa::path(post, path = "/v1/connections/{connection}/prices:query", tag = "live",
    params(("connection" = String, Path, description = "The connection's name")),
    request_body = PriceQuery,
    responses((status = 200, body = PriceAnswer), (status = "default", body = Problem)))]
pub(super) async fn query_prices(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Json(query): Json<PriceQuery>,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Read, &connection)?;
    check_lines(query.lines.len())?;
    let live = api.live(&connection, "pricing.query").await?;
    let answers =
        split(&live, &query.lines, |live, lines| async move { live.loaded.query_prices(live.call(), lines).await })
            .await;
    let provenance = Arc::new(live.end("pricing.query", answers.is_ok()));
    let lines = query.lines.into_iter().zip(answers?).map(|(line, answer)| {
        let (price, error) = either(answer);
        PriceLine { product: line.product, price, error, provenance: Arc::clone(&provenance) }
    });
    reply(&PriceAnswer { lines: lines.collect() }).map(IntoResponse::into_response)
}

/// Asks for stock per warehouse.
#[utoipa::path(post, path = "/v1/connections/{connection}/inventory:query", tag = "live",
    params(("connection" = String, Path, description = "The connection's name")),
    request_body = InventoryQuery,
    responses((status = 200, body = InventoryAnswer), (status = "default", body = Problem)))]
pub(super) async fn query_inventory(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Json(query): Json<InventoryQuery>,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Read, &connection)?;
    check_lines(query.lines.len())?;
    let live = api.live(&connection, "inventory.query").await?;
    let answers =
        split(&live, &query.lines, |live, lines| async move { live.loaded.query_inventory(live.call(), lines).await })
            .await;
    let provenance = Arc::new(live.end("inventory.query", answers.is_ok()));
    let lines = query.lines.into_iter().zip(answers?).map(|(line, answer)| {
        let (stock, error) = either(answer);
        InventoryLine { product: line.product, stock, error, provenance: Arc::clone(&provenance) }
    });
    reply(&InventoryAnswer { lines: lines.collect() }).map(IntoResponse::into_response)
}

/// All lines of an answer come from the same place, which is kept once.
fn shared<S: serde::Serializer>(provenance: &Arc<Provenance>, writer: S) -> Result<S::Ok, S::Error> {
    provenance.as_ref().serialize(writer)
}

fn either<T>(answer: Result<T, Refusal>) -> (Option<T>, Option<LineError>) {
    match answer {
        Ok(answer) => (Some(answer), None),
        Err(refusal) => (None, Some(LineError::from(&refusal))),
    }
}

fn check_lines(count: usize) -> Result<(), Problem> {
    if (1..=limits::QUERY_LINES_MAX).contains(&count) {
        return Ok(());
    }
    let problem = format!("a question has 1 to {} lines, this one has {count}", limits::QUERY_LINES_MAX);
    Err(Problem::invalid(vec![FieldProblem { field: "lines".to_owned(), problem }]))
}

/// Splits a question into what the connector takes at once and asks the parts side by side. A part that fails as a
/// whole is an error on each of its lines; only when there is a single part its error is the answer's own.
async fn split<'a, Q, A, F>(
    live: &'a Live,
    lines: &'a [Q],
    ask: impl Fn(&'a Live, &'a [Q]) -> F,
) -> Result<Vec<Result<A, Refusal>>, CallError>
where
    F: Future<Output = crate::plugin::Ended<Vec<Result<A, Refusal>>>>,
{
    if lines.len() <= live.max_batch {
        return ask(live, lines).await.result;
    }
    let parts: Vec<&[Q]> = lines.chunks(live.max_batch).collect();
    // A list and not a lazy iterator: the compiler cannot see that a closure over it may go between threads.
    let mut asked = Vec::with_capacity(parts.len());
    for part in &parts {
        asked.push(ask(live, part));
    }
    let answers: Vec<_> = futures::stream::iter(asked).buffered(live.max_parallel).collect().await;
    let mut all = Vec::with_capacity(lines.len());
    for (part, ended) in parts.iter().zip(answers) {
        match ended.result {
            Ok(answers) => all.extend(answers),
            Err(CallError::Refused(refusal)) => all.extend(part.iter().map(|_| Err(refusal.clone()))),
            Err(error) => {
                let text = error.to_string();
                all.extend(part.iter().map(|_| Err(Refusal::Unavailable(text.clone()))));
            }
        }
    }
    Ok(all)
}
