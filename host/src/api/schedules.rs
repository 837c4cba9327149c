//! Schedules: work by the clock.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Api;
use super::input::{Caller, Json};
use super::problem::Problem;
use super::reply::{Listed, reply};
use crate::access::Scope;
use crate::commerce::documents::Order;
use crate::commerce::validate;
use crate::queue::{NewSchedule, Operation, Schedule, ScheduleError};

/// Lists all schedules.
#[utoipa::path(get, path = "/v1/schedules", tag = "schedules",
    responses((status = 200, body = Listed<Schedule>), (status = "default", body = Problem)))]
pub(super) async fn list(State(api): State<Api>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let mut items = api.queue().schedules();
    items.retain(|schedule| caller.sees(&schedule.rule.connection));
    reply(&Listed { items, next: None })
}

/// Makes or replaces a schedule. Times that pass while the host is down are made up for once.
#[utoipa::path(put, path = "/v1/schedules/{schedule}", tag = "schedules",
    params(("schedule" = String, Path, description = "Its name: lower-case letters, digits, `-` and `_`")),
    request_body = NewSchedule,
    responses((status = 200, body = Schedule), (status = "default", body = Problem)))]
pub(super) async fn put(
    State(api): State<Api>,
    Path(name): Path<String>,
    caller: Caller,
    Json(mut rule): Json<NewSchedule>,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Operate, &rule.connection)?;
    owned(&api, &caller, &name)?;
    api.connections().get(&rule.connection)?;
    if let (Operation::SubmitOrder, Some(document)) = (rule.operation, rule.document.take()) {
        caller.may_use(Scope::Write, &rule.connection)?;
        let order: Order = serde_json::from_value(document).map_err(|e| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_document", format!("document: {e}"))
        })?;
        let problems = validate::order(&order);
        if !problems.is_empty() {
            return Err(Problem::invalid(problems));
        }
        rule.document = serde_json::to_value(order).ok();
    }
    reply(&api.queue().put_schedule(&name, rule).await?)
}

/// Removes a schedule. Jobs it has made go on.
#[utoipa::path(delete, path = "/v1/schedules/{schedule}", tag = "schedules",
    params(("schedule" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is gone"), (status = "default", body = Problem)))]
pub(super) async fn remove(
    State(api): State<Api>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.may(Scope::Operate)?;
    owned(&api, &caller, &name)?;
    api.queue().remove_schedule(&name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A schedule of a connection that the key is not for looks as if it were not there.
fn owned(api: &Api, caller: &Caller, name: &str) -> Result<(), Problem> {
    let known = api.queue().schedules().into_iter().find(|schedule| schedule.name == name);
    match known {
        Some(schedule) if !caller.sees(&schedule.rule.connection) => {
            Err(ScheduleError::NotFound(name.to_owned()).into())
        }
        _ => Ok(()),
    }
}
