//! What load balancers and monitoring ask.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Api;
use super::problem::Problem;
use crate::queue::State as JobState;
use crate::telemetry::metric;

/// Says that the process runs.
#[utoipa::path(get, path = "/healthz", tag = "health", security(()),
    responses((status = 200, body = String, description = "It runs")))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Says whether the host takes work: its disk can be written and it is not being stopped. A system that is away does
/// not make the host unready, because orders are taken all the same.
#[utoipa::path(get, path = "/readyz", tag = "health", security(()),
    responses((status = 200, body = String, description = "It takes work"),
        (status = 503, body = Problem, description = "It does not")))]
pub(super) async fn readyz(State(api): State<Api>) -> Result<&'static str, Problem> {
    if let Some(why) = api.0.parts.store.failed() {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store_failed", why));
    }
    if api.stopping() {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "the host is being stopped"));
    }
    Ok("ready\n")
}

/// Metrics in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", security(()),
    responses((status = 200, body = String, description = "Metrics")))]
pub(super) async fn metrics(State(api): State<Api>) -> Response {
    for ((connection, lane, state), count) in api.queue().counts() {
        metric::jobs(&connection, lane.as_str(), word(state), count);
    }
    for (connection, loads) in api.queue().loads() {
        for (lane, load) in loads {
            metric::lane(&connection, lane.as_str(), load.waiting, load.running);
        }
    }
    for connection in api.connections().list() {
        metric::circuit(&connection.name, connection.outlet.traffic().circuit().as_str());
    }
    metric::connections("open", api.connections().list().len());
    metric::connections("broken", api.connections().broken().len());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metric::text()).into_response()
}

const fn word(state: JobState) -> &'static str {
    match state {
        JobState::Ready => "ready",
        JobState::Running => "running",
        JobState::Waiting => "waiting",
        JobState::Parked => "parked",
        JobState::Done => "done",
    }
}
