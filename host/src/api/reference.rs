//! Small lists that other records point to.

use axum::extract::{Path, State};
use axum::response::Response;

use super::Api;
use super::input::{Caller, Page, Query};
use super::problem::Problem;
use super::reply::{Listed, page};
use crate::plugin::contract::reference::{Carrier, Term, Unit, Warehouse};

/// Lists warehouses.
#[utoipa::path(get, path = "/v1/connections/{connection}/warehouses", tag = "reference",
    params(("connection" = String, Path, description = "The connection's name"), Page),
    responses((status = 200, body = Listed<Warehouse>), (status = "default", body = Problem)))]
pub(super) async fn list_warehouses(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "reference.warehouses", async |loaded, call| {
            loaded.list_warehouses(call, &asked).await
        })
        .await?;
    page(found.items, found.end)
}

/// Lists carriers and shipping methods.
#[utoipa::path(get, path = "/v1/connections/{connection}/carriers", tag = "reference",
    params(("connection" = String, Path, description = "The connection's name"), Page),
    responses((status = 200, body = Listed<Carrier>), (status = "default", body = Problem)))]
pub(super) async fn list_carriers(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "reference.carriers", async |loaded, call| loaded.list_carriers(call, &asked).await)
        .await?;
    page(found.items, found.end)
}

/// Lists terms of payment.
#[utoipa::path(get, path = "/v1/connections/{connection}/terms", tag = "reference",
    params(("connection" = String, Path, description = "The connection's name"), Page),
    responses((status = 200, body = Listed<Term>), (status = "default", body = Problem)))]
pub(super) async fn list_terms(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "reference.terms", async |loaded, call| loaded.list_terms(call, &asked).await)
        .await?;
    page(found.items, found.end)
}

/// Lists units of measure.
#[utoipa::path(get, path = "/v1/connections/{connection}/units", tag = "reference",
    params(("connection" = String, Path, description = "The connection's name"), Page),
    responses((status = 200, body = Listed<Unit>), (status = "default", body = Problem)))]
pub(super) async fn list_units(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "reference.units", async |loaded, call| loaded.list_units(call, &asked).await)
        .await?;
    page(found.items, found.end)
}
