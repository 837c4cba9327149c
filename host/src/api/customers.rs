//! Customers, their delivery addresses, people and accounts.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Api;
use super::carriage::{Carriage, take};
use super::input::{Caller, Json, Page, Query, limit};
use super::problem::Problem;
use super::reply::{Listed, page, reply};
use crate::commerce::parties::{AccountStanding, Contact, Customer, CustomerGroup, PastItem, ShipTo};
use crate::commerce::types::PageRequest;
use crate::plugin::contract::customers::CustomerFilter;
use crate::queue::{Document, Job};

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

impl CustomerQuery {
    fn split(self) -> Result<(CustomerFilter, PageRequest), Problem> {
        let asked = PageRequest { cursor: self.cursor, limit: limit(self.limit)? };
        Ok((CustomerFilter { text: self.text, group: self.group, active_only: self.active_only }, asked))
    }
}

/// Lists customers.
#[utoipa::path(get, path = "/v1/connections/{connection}/customers", tag = "customers",
    params(("connection" = String, Path, description = "The connection's name"), CustomerQuery),
    responses((status = 200, body = Listed<Customer>), (status = "default", body = Problem)))]
pub(super) async fn list_customers(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<CustomerQuery>,
) -> Result<Response, Problem> {
    let (narrowed, asked) = asked.split()?;
    let found = api
        .ask(&caller, &connection, "customers.list", async |loaded, call| {
            loaded.list_customers(call, &narrowed, &asked).await
        })
        .await?;
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
    let found = api
        .ask(&caller, &connection, "customers.get", async |loaded, call| loaded.get_customer(call, &customer).await)
        .await?;
    reply(&found)
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
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "customers.ship-tos", async |loaded, call| {
            loaded.list_ship_tos(call, &customer, &asked).await
        })
        .await?;
    page(found.items, found.end)
}

/// Lists a customer's people.
#[utoipa::path(get, path = "/v1/connections/{connection}/customers/{customer}/contacts", tag = "customers",
    params(("connection" = String, Path, description = "The connection's name"),
        ("customer" = String, Path, description = "The customer's id in the system"), Page),
    responses((status = 200, body = Listed<Contact>), (status = "default", body = Problem)))]
pub(super) async fn list_contacts(
    State(api): State<Api>,
    Path((connection, customer)): Path<(String, String)>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "customers.contacts", async |loaded, call| {
            loaded.list_contacts(call, &customer, &asked).await
        })
        .await?;
    page(found.items, found.end)
}

/// Lists what a customer bought before.
#[utoipa::path(get, path = "/v1/connections/{connection}/customers/{customer}/past-items", tag = "customers",
    params(("connection" = String, Path, description = "The connection's name"),
        ("customer" = String, Path, description = "The customer's id in the system"), Page),
    responses((status = 200, body = Listed<PastItem>), (status = "default", body = Problem)))]
pub(super) async fn list_past_items(
    State(api): State<Api>,
    Path((connection, customer)): Path<(String, String)>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "customers.past-items", async |loaded, call| {
            loaded.list_past_items(call, &customer, &asked).await
        })
        .await?;
    page(found.items, found.end)
}

/// Reads a customer's balance, credit and what is overdue.
#[utoipa::path(get, path = "/v1/connections/{connection}/customers/{customer}/account-summary", tag = "customers",
    params(("connection" = String, Path, description = "The connection's name"),
        ("customer" = String, Path, description = "The customer's id in the system")),
    responses((status = 200, body = AccountStanding), (status = "default", body = Problem)))]
pub(super) async fn account_summary(
    State(api): State<Api>,
    Path((connection, customer)): Path<(String, String)>,
    caller: Caller,
) -> Result<Response, Problem> {
    let found = api
        .ask(&caller, &connection, "customers.account-summary", async |loaded, call| {
            loaded.account_summary(call, &customer).await
        })
        .await?;
    reply(&found)
}

/// Lists customer groups.
#[utoipa::path(get, path = "/v1/connections/{connection}/customer-groups", tag = "customers",
    params(("connection" = String, Path, description = "The connection's name"), Page),
    responses((status = 200, body = Listed<CustomerGroup>), (status = "default", body = Problem)))]
pub(super) async fn list_groups(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "customers.groups", async |loaded, call| loaded.list_groups(call, &asked).await)
        .await?;
    page(found.items, found.end)
}

/// Creates a customer; its `ids.id` is empty. It goes through the queue, like every change.
#[utoipa::path(post, path = "/v1/connections/{connection}/customers", tag = "customers",
    params(("connection" = String, Path, description = "The connection's name"),
        Carriage,
        ("Idempotency-Key" = String, Header, description = "Made once for the document, at most 255 bytes"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds, at most 30, for the system")),
    request_body = Customer,
    responses((status = 202, body = Job, description = "Accepted; the job tells how it goes on"),
        (status = 200, body = Job, description = "Done while the request waited, or before"),
        (status = "default", body = Problem)))]
pub(super) async fn create_customer(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    Json(body): Json<Customer>,
) -> Result<Response, Problem> {
    take(&api, &caller, &connection, (carriage, &headers), Document::Customer(Box::new(body))).await
}

/// Changes a customer. It goes through the queue, like every change.
#[utoipa::path(put, path = "/v1/connections/{connection}/customers/{customer}", tag = "customers",
    params(("connection" = String, Path, description = "The connection's name"),
        ("customer" = String, Path, description = "The customer's id in the system"),
        Carriage,
        ("Idempotency-Key" = String, Header, description = "Made once for the document, at most 255 bytes"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds, at most 30, for the system")),
    request_body = Customer,
    responses((status = 202, body = Job, description = "Accepted; the job tells how it goes on"),
        (status = 200, body = Job, description = "Done while the request waited, or before"),
        (status = "default", body = Problem)))]
pub(super) async fn put_customer(
    State(api): State<Api>,
    Path((connection, customer)): Path<(String, String)>,
    caller: Caller,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    Json(mut body): Json<Customer>,
) -> Result<Response, Problem> {
    body.ids.id = customer;
    take(&api, &caller, &connection, (carriage, &headers), Document::Customer(Box::new(body))).await
}

/// Creates a delivery address; its `ids.id` is empty. It goes through the queue, like every change.
#[utoipa::path(post, path = "/v1/connections/{connection}/customers/{customer}/ship-tos", tag = "customers",
    params(("connection" = String, Path, description = "The connection's name"),
        ("customer" = String, Path, description = "The customer's id in the system"),
        Carriage,
        ("Idempotency-Key" = String, Header, description = "Made once for the document, at most 255 bytes"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds, at most 30, for the system")),
    request_body = ShipTo,
    responses((status = 202, body = Job, description = "Accepted; the job tells how it goes on"),
        (status = 200, body = Job, description = "Done while the request waited, or before"),
        (status = "default", body = Problem)))]
pub(super) async fn create_ship_to(
    State(api): State<Api>,
    Path((connection, customer)): Path<(String, String)>,
    caller: Caller,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    Json(mut body): Json<ShipTo>,
) -> Result<Response, Problem> {
    body.customer = customer;
    take(&api, &caller, &connection, (carriage, &headers), Document::ShipTo(Box::new(body))).await
}

/// Changes a delivery address. It goes through the queue, like every change.
#[utoipa::path(put, path = "/v1/connections/{connection}/customers/{customer}/ship-tos/{ship_to}", tag = "customers",
    params(("connection" = String, Path, description = "The connection's name"),
        ("customer" = String, Path, description = "The customer's id in the system"),
        ("ship_to" = String, Path, description = "The address's id in the system"),
        Carriage,
        ("Idempotency-Key" = String, Header, description = "Made once for the document, at most 255 bytes"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds, at most 30, for the system")),
    request_body = ShipTo,
    responses((status = 202, body = Job, description = "Accepted; the job tells how it goes on"),
        (status = 200, body = Job, description = "Done while the request waited, or before"),
        (status = "default", body = Problem)))]
pub(super) async fn put_ship_to(
    State(api): State<Api>,
    Path((connection, customer, ship_to)): Path<(String, String, String)>,
    caller: Caller,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    Json(mut body): Json<ShipTo>,
) -> Result<Response, Problem> {
    (body.customer, body.ids.id) = (customer, ship_to);
    take(&api, &caller, &connection, (carriage, &headers), Document::ShipTo(Box::new(body))).await
}
