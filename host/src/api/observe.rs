//! Around every request: room for it, its time, its line in the log.

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Api;
use super::problem::Problem;
use crate::seam;
use crate::telemetry::metric;

pub(super) async fn observe(State(api): State<Api>, request: Request, next: Next) -> Response {
    let Ok(_room) = api.0.admitted.try_acquire() else {
        let text = "too many requests are in progress; try again in a moment";
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", text).retry_after(1).into_response();
    };
    let watch = seam::stopwatch();
    let method = method(request.method());
    // The route and not the path: a path has no end of values.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    let (status, took) = (response.status().as_u16(), watch.elapsed());
    metric::request_answered(route, method, status, took);
    tracing::debug!(method, route, status, took_us = took.as_micros(), "answered");
    response
}

/// A client may invent methods, so only the known ones become labels.
fn method(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        _ => "other",
    }
}
