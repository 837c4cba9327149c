//! What parked jobs have in common, and decisions about all of them at once.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Api;
use super::input::Caller;
use super::problem::Problem;
use super::reply::{Listed, reply};
use super::route::{action, unknown_action};
use crate::access::Scope;
use crate::queue::{Cause, Decision, Swept};

/// Lists the causes for which jobs are parked, the most frequent first.
#[utoipa::path(get, path = "/v1/causes", tag = "jobs",
    responses((status = 200, body = Listed<Cause>), (status = "default", body = Problem)))]
pub(super) async fn list(State(api): State<Api>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let mut items = api.queue().causes();
    items.retain(|cause| caller.sees(&cause.connection));
    reply(&Listed { items, next: None })
}

/// Acts on every job of a cause: `:retry` or `:cancel` behind its name.
pub(super) async fn act(State(api): State<Api>, Path(path): Path<String>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Operate)?;
    let (name, action) = action(&path)?;
    let decision = match action {
        "retry" => Decision::Retry,
        "cancel" => Decision::Cancel,
        other => return Err(unknown_action(other, "`:retry` and `:cancel`")),
    };
    let known = api.queue().cause(name).filter(|cause| caller.sees(&cause.connection));
    let Some(cause) = known else {
        let text = format!("no job is parked for the cause `{name}`; GET /v1/causes lists them");
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown_cause", text));
    };
    let swept: Swept = api.queue().decide_cause(&cause.cause, &decision).await?;
    reply(&swept)
}

/// Tries every job again that is parked for a cause.
#[utoipa::path(post, path = "/v1/causes/{cause}:retry", tag = "jobs",
    params(("cause" = String, Path, description = "The cause's name")),
    responses((status = 200, body = Swept), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn retry() -> StatusCode {
    StatusCode::OK
}

/// Withdraws every document that is parked for a cause and has not been sent.
#[utoipa::path(post, path = "/v1/causes/{cause}:cancel", tag = "jobs",
    params(("cause" = String, Path, description = "The cause's name")),
    responses((status = 200, body = Swept), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn cancel() -> StatusCode {
    StatusCode::OK
}
