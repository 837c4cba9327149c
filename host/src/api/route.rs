//! Which path is answered by what.

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};

use super::problem::Problem;
use super::{
    Api, bulk, causes, connections, customers, health, jobs, keys, live, observe, openapi, orders, plugins, schedules,
    store,
};

/// The whole API.
pub fn router(api: Api) -> Router {
    let watched = Router::new()
        .route("/v1/connections", get(connections::list))
        .route("/v1/connections/{connection}", get(connections::get).post(connections::act))
        .route("/v1/connections/{connection}/exchanges", get(connections::exchanges))
        .route("/v1/connections/{connection}/prices:query", post(live::query_prices))
        .route("/v1/connections/{connection}/inventory:query", post(live::query_inventory))
        .route("/v1/connections/{connection}/customers", get(customers::list_customers))
        .route("/v1/connections/{connection}/customers/{customer}", get(customers::get_customer))
        .route("/v1/connections/{connection}/customers/{customer}/ship-tos", get(customers::list_ship_tos))
        .route("/v1/connections/{connection}/orders", get(orders::list_orders).post(orders::submit_order))
        .route("/v1/connections/{connection}/orders/{order}", get(orders::get_order))
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
