//! Which path is answered by what.

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};

use super::problem::Problem;
use super::{
    Api, bulk, catalog, causes, connections, customers, health, invoices, jobs, keys, live, observe, openapi, orders,
    plugins, quotes, recordings, reference, schedules, store, vault,
};

/// The whole API.
pub fn router(api: Api) -> Router {
    let watched = Router::new()
        .route("/v1/connections", get(connections::list))
        .route("/v1/connections/{connection}", get(connections::get).post(connections::act))
        .route("/v1/connections/{connection}/exchanges", get(connections::exchanges))
        .route("/v1/connections/{connection}/recordings", get(recordings::list))
        .route("/v1/connections/{connection}/recordings/{recording}", get(recordings::get))
        .route("/v1/connections/{connection}/log", get(connections::log))
        .route("/v1/connections/{connection}/prices:query", post(live::query_prices))
        .route("/v1/connections/{connection}/inventory:query", post(live::query_inventory))
        .merge(parties())
        .merge(products())
        .merge(documents())
        .route("/v1/jobs", get(jobs::list))
        .route("/v1/jobs/{job}", get(jobs::get).post(jobs::act))
        .route("/v1/jobs/{job}/document", get(jobs::document).put(jobs::replace_document))
        .route("/v1/causes", get(causes::list))
        .route("/v1/causes/{cause}", post(causes::act))
        .route("/v1/bulk", post(bulk::submit))
        .route("/v1/schedules", get(schedules::list))
        .route("/v1/schedules/{schedule}", put(schedules::put).delete(schedules::remove))
        .route("/v1/plugins", get(plugins::list).post(plugins::install))
        .route("/v1/plugins/{plugin}", post(plugins::act))
        .route("/v1/store", get(store::stats))
        .route("/v1/store:backup", post(store::backup))
        .route("/v1/keys", get(keys::list).post(keys::create))
        .route("/v1/keys/{key}", post(keys::act))
        .method_not_allowed_fallback(wrong_method)
        .fallback(unknown_path)
        .layer(from_fn_with_state(api.clone(), observe::observe));
    // Asked by machines all the time, and most when the host has no room for requests: neither admitted nor logged.
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::serve))
        .merge(watched)
        .with_state(api)
}

/// Customers, their addresses, accounts and payment methods.
fn parties() -> Router<Api> {
    let customer = "/v1/connections/{connection}/customers/{customer}";
    let below = |rest: &str| format!("{customer}/{rest}");
    Router::new()
        .route(
            "/v1/connections/{connection}/customers",
            get(customers::list_customers).post(customers::create_customer),
        )
        .route(customer, get(customers::get_customer).put(customers::put_customer))
        .route(&below("ship-tos"), get(customers::list_ship_tos).post(customers::create_ship_to))
        .route(&below("ship-tos/{ship_to}"), put(customers::put_ship_to))
        .route(&below("contacts"), get(customers::list_contacts))
        .route(&below("past-items"), get(customers::list_past_items))
        .route(&below("account-summary"), get(customers::account_summary))
        .route(&below("payment-methods"), get(vault::list_payment_methods))
        .route(&below("vault-sessions"), post(vault::begin_vault))
        .route("/v1/connections/{connection}/customer-groups", get(customers::list_groups))
        .route("/v1/connections/{connection}/payment-methods:detach", post(vault::detach))
        .route("/v1/connections/{connection}/charges", post(vault::charge))
}

/// Products and the small lists.
fn products() -> Router<Api> {
    Router::new()
        .route("/v1/connections/{connection}/products", get(catalog::list_products))
        .route("/v1/connections/{connection}/categories", get(catalog::list_categories))
        .route("/v1/connections/{connection}/relations", get(catalog::list_relations))
        .route("/v1/connections/{connection}/kits", get(catalog::list_kits))
        .route("/v1/connections/{connection}/customer-products", get(catalog::list_customer_products))
        .route("/v1/connections/{connection}/restrictions", get(catalog::list_restrictions))
        .route("/v1/connections/{connection}/price-agreements", get(catalog::list_agreements))
        .route("/v1/connections/{connection}/inventory", get(catalog::list_inventory))
        .route("/v1/connections/{connection}/warehouses", get(reference::list_warehouses))
        .route("/v1/connections/{connection}/carriers", get(reference::list_carriers))
        .route("/v1/connections/{connection}/terms", get(reference::list_terms))
        .route("/v1/connections/{connection}/units", get(reference::list_units))
}

/// Orders, quotes, invoices and payments.
fn documents() -> Router<Api> {
    Router::new()
        .route("/v1/connections/{connection}/orders", get(orders::list_orders).post(orders::submit_order))
        .route("/v1/connections/{connection}/orders:simulate", post(orders::simulate_order))
        .route("/v1/connections/{connection}/orders/{order}", get(orders::get_order).post(orders::act))
        .route("/v1/connections/{connection}/orders/{order}/shipments", get(orders::list_shipments))
        .route("/v1/connections/{connection}/orders/{order}/notes", post(orders::add_note))
        .route("/v1/connections/{connection}/quotes", get(quotes::list_quotes))
        .route("/v1/connections/{connection}/quotes/{quote}", get(quotes::get_quote).post(quotes::act))
        .route("/v1/connections/{connection}/invoices", get(invoices::list_invoices))
        .route("/v1/connections/{connection}/invoices/{invoice}", get(invoices::get_invoice))
        .route("/v1/connections/{connection}/invoices/{invoice}/document", get(invoices::get_document))
        .route("/v1/connections/{connection}/payments", post(invoices::record_payment))
}

async fn unknown_path(uri: Uri) -> Problem {
    let text = format!("there is nothing at {}; GET /openapi.json lists every path", uri.path());
    Problem::new(StatusCode::NOT_FOUND, "unknown_path", text)
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let text = format!("{} does not take {method}; GET /openapi.json lists what it takes", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", text)
}

/// Splits `name:action`, the last colon counting; without one there is no action.
pub(super) fn action(path: &str) -> Result<(&str, &str), Problem> {
    path.rsplit_once(':').ok_or_else(|| {
        let text = format!("`{path}` names no action; write it behind a colon, such as `{path}:retry`");
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", text)
    })
}

/// The problem of an action that does not exist.
pub(super) fn unknown_action(action: &str, known: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown_path", format!("there is no action `{action}`; there are {known}"))
}
