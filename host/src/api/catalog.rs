//! Products and what belongs to them, page by page: categories, relations, kits, numbers, restrictions, price rules,
//! stock.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Api;
use super::input::{Caller, Page, Query, limit};
use super::problem::Problem;
use super::reply::{Listed, page};
use crate::commerce::products::{
    Availability, Category, CustomerProduct, KitComponent, PriceAgreement, Product, Relation, Restriction,
};
use crate::commerce::types::PageRequest;

/// Whose product numbers are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CustomerProductQuery {
    /// Id of the customer; all of them where nothing is said.
    customer: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items at most: 1 to 500.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

impl CustomerProductQuery {
    fn split(self) -> Result<(Option<String>, PageRequest), Problem> {
        Ok((self.customer, PageRequest { cursor: self.cursor, limit: limit(self.limit)? }))
    }
}

/// Where stock is wanted from.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StockQuery {
    /// Code of the warehouse; all of them where nothing is said.
    warehouse: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items at most: 1 to 500.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

impl StockQuery {
    fn split(self) -> Result<(Option<String>, PageRequest), Problem> {
        Ok((self.warehouse, PageRequest { cursor: self.cursor, limit: limit(self.limit)? }))
    }
}

/// Lists products of the system.
#[utoipa::path(get, path = "/v1/connections/{connection}/products", tag = "catalog",
    params(("connection" = String, Path, description = "The connection's name"), Page),
    responses((status = 200, body = Listed<Product>), (status = "default", body = Problem)))]
pub(super) async fn list_products(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "catalog.products", async |loaded, call| loaded.list_products(call, &asked).await)
        .await?;
    page(found.items, found.end)
}

/// Lists product categories.
#[utoipa::path(get, path = "/v1/connections/{connection}/categories", tag = "catalog",
    params(("connection" = String, Path, description = "The connection's name"), Page),
    responses((status = 200, body = Listed<Category>), (status = "default", body = Problem)))]
pub(super) async fn list_categories(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "catalog.categories", async |loaded, call| {
            loaded.list_categories(call, &asked).await
        })
        .await?;
    page(found.items, found.end)
}

/// Lists how products stand to each other: substitutes, accessories, successors.
#[utoipa::path(get, path = "/v1/connections/{connection}/relations", tag = "catalog",
    params(("connection" = String, Path, description = "The connection's name"), Page),
    responses((status = 200, body = Listed<Relation>), (status = "default", body = Problem)))]
pub(super) async fn list_relations(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "catalog.relations", async |loaded, call| loaded.list_relations(call, &asked).await)
        .await?;
    page(found.items, found.end)
}

/// Lists what kits are made of.
#[utoipa::path(get, path = "/v1/connections/{connection}/kits", tag = "catalog",
    params(("connection" = String, Path, description = "The connection's name"), Page),
    responses((status = 200, body = Listed<KitComponent>), (status = "default", body = Problem)))]
pub(super) async fn list_kits(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "catalog.kits", async |loaded, call| loaded.list_kits(call, &asked).await)
        .await?;
    page(found.items, found.end)
}

/// Lists which customers may or may not buy which products.
#[utoipa::path(get, path = "/v1/connections/{connection}/restrictions", tag = "catalog",
    params(("connection" = String, Path, description = "The connection's name"), Page),
    responses((status = 200, body = Listed<Restriction>), (status = "default", body = Problem)))]
pub(super) async fn list_restrictions(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "catalog.restrictions", async |loaded, call| {
            loaded.list_restrictions(call, &asked).await
        })
        .await?;
    page(found.items, found.end)
}

/// Lists price rules of the system.
#[utoipa::path(get, path = "/v1/connections/{connection}/price-agreements", tag = "catalog",
    params(("connection" = String, Path, description = "The connection's name"), Page),
    responses((status = 200, body = Listed<PriceAgreement>), (status = "default", body = Problem)))]
pub(super) async fn list_agreements(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<Page>,
) -> Result<Response, Problem> {
    let asked = asked.request()?;
    let found = api
        .ask(&caller, &connection, "pricing.list-agreements", async |loaded, call| {
            loaded.list_agreements(call, &asked).await
        })
        .await?;
    page(found.items, found.end)
}

/// Lists numbers and names that customers use for products.
#[utoipa::path(get, path = "/v1/connections/{connection}/customer-products", tag = "catalog",
    params(("connection" = String, Path, description = "The connection's name"), CustomerProductQuery),
    responses((status = 200, body = Listed<CustomerProduct>), (status = "default", body = Problem)))]
pub(super) async fn list_customer_products(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<CustomerProductQuery>,
) -> Result<Response, Problem> {
    let (narrowed, asked) = asked.split()?;
    let found = api
        .ask(&caller, &connection, "catalog.customer-products", async |loaded, call| {
            loaded.list_customer_products(call, narrowed.as_deref(), &asked).await
        })
        .await?;
    page(found.items, found.end)
}

/// Lists stock of every product.
#[utoipa::path(get, path = "/v1/connections/{connection}/inventory", tag = "catalog",
    params(("connection" = String, Path, description = "The connection's name"), StockQuery),
    responses((status = 200, body = Listed<Availability>), (status = "default", body = Problem)))]
pub(super) async fn list_inventory(
    State(api): State<Api>,
    Path(connection): Path<String>,
    caller: Caller,
    Query(asked): Query<StockQuery>,
) -> Result<Response, Problem> {
    let (narrowed, asked) = asked.split()?;
    let found = api
        .ask(&caller, &connection, "inventory.list", async |loaded, call| {
            loaded.list_inventory(call, narrowed.as_deref(), &asked).await
        })
        .await?;
    page(found.items, found.end)
}
