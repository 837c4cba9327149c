//! Customers and their delivery addresses.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Api;
use super::input::{Caller, Page, Query, limit};
use super::problem::Problem;
use super::reply::{Listed, page, reply};
use crate::access::Scope;
use crate::commerce::parties::{Customer, ShipTo};
use crate::commerce::types::PageRequest;
use crate::plugin::contract::customers::CustomerFilter;

/// Which customers are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CustomerQuery {
    /// Words in name, number or e-mail address.
    text: Option<String>,
    /// Id of a customer group.
    group: Option<String>,
    /// Leave out customers on hold or closed.
    #[serde(default)]
    active_only: bool,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items at most: 1 to 500.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Lists customers.
#[utoipa::path(get, path = "/v1/connections/{connection}/customers", tag = "customers",
    params(("connection" = String, Path, description = "The connection's name"), CustomerQuery),
    responses((status = 200, body = Listed<Customer>), (status = "default", body = Problem)))]
pub(super) async fn list_customers(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(query): Query<CustomerQuery>,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Read, &connection)?;
    let asked = PageRequest { cursor: query.cursor, limit: limit(query.limit)? };
    let filter = CustomerFilter { text: query.text, group: query.group, active_only: query.active_only };
    let live = api.live(&connection, "customers.list").await?;
    let ended = live.loaded.list_customers(live.call(), &filter, &asked).await;
    live.end("customers.list", ended.result.is_ok());
    let found = ended.result?;
    page(found.items, found.end)
}

/// Reads one customer.
#[utoipa::path(get, path = "/v1/connections/{connection}/customers/{customer}", tag = "customers",
    params(("connection" = String, Path, description = "The connection's name"),
        ("customer" = String, Path, description = "The customer's id in the system")),
    responses((status = 200, body = Customer), (status = "default", body = Problem)))]
pub(super) async fn get_customer(
    State(api): State<Api>,
    Path((connection, customer)): Path<(String, String)>,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Read, &connection)?;
    let live = api.live(&connection, "customers.get").await?;
    let ended = live.loaded.get_customer(live.call(), &customer).await;
    live.end("customers.get", ended.result.is_ok());
    reply(&ended.result?)
}

/// Lists a customer's delivery addresses.
#[utoipa::path(get, path = "/v1/connections/{connection}/customers/{customer}/ship-tos", tag = "customers",
    params(("connection" = String, Path, description = "The connection's name"),
        ("customer" = String, Path, description = "The customer's id in the system"), Page),
    responses((status = 200, body = Listed<ShipTo>), (status = "default", body = Problem)))]
pub(super) async fn list_ship_tos(
    State(api): State<Api>,
    Path((connection, customer)): Path<(String, String)>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Read, &connection)?;
    let asked = asked.request()?;
    let live = api.live(&connection, "customers.ship-tos").await?;
    let ended = live.loaded.list_ship_tos(live.call(), &customer, &asked).await;
    live.end("customers.ship-tos", ended.result.is_ok());
    let found = ended.result?;
    page(found.items, found.end)
}
