//! Recorded calls: which are recorded, those that there are, and another version of a connector tried on them.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::input::{Caller, Query, collect, read_body};
use super::problem::Problem;
use super::reply::{reply, rfc3339};
use crate::access::Scope;
use crate::limits;
use crate::plugin::recording::{Calls, Missed, RecordingError, Shadow, Summary};
use crate::seam;

/// What is recorded of a connection, and what there is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecordingList {
    /// Which calls are recorded now.
    calls: Calls,
    /// Until when, where a person asked for it; RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// Calls that were to be recorded and were not, since the host was started.
    missed: Missed,
    /// Recordings, the newest first.
    items: Vec<Summary>,
}

/// How many recordings are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Most {
    /// Recordings at most; all of them if it is not given.
    limit: Option<usize>,
}

/// Records calls for a while.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Recorded {
    /// Which calls.
    #[serde(default = "every")]
    calls: Calls,
    /// For how many seconds, at most a day; 0 ends it, and what the connection's file says holds again.
    for_seconds: u64,
}

const fn every() -> Calls {
    Calls::All
}

/// A version to try on recorded calls.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Trial {
    /// Its digest or the beginning of it; the version that came last if there is none.
    digest: Option<String>,
    /// Only recordings of this connection.
    connection: Option<String>,
    /// Recordings at most, the newest; 100 if it is not given.
    last: Option<usize>,
}

impl From<RecordingError> for Problem {
    fn from(error: RecordingError) -> Self {
        let detail = format!("failed to {error}");
        match error {
            RecordingError::Unknown { .. } => Self::new(StatusCode::NOT_FOUND, "unknown_recording", detail),
            _ => {
                tracing::error!("{detail}");
                let text = "the recording cannot be read; the host's log says why";
                Self::new(StatusCode::CONFLICT, "unusable_recording", text)
            }
        }
    }
}

fn view(api: &Api, connection: &str, items: Vec<Summary>) -> Result<Response, Problem> {
    let recorder = api.connections().recordings().of(connection);
    let (calls, until) = recorder.calls(&api.0.parts.clock);
    reply(&RecordingList { calls, until: until.map(rfc3339), missed: recorder.missed(), items })
}

/// Lists the recorded calls of a connection.
#[utoipa::path(get, path = "/v1/connections/{connection}/recordings", tag = "recordings",
    params(("connection" = String, Path, description = "The connection's name"), Most),
    responses((status = 200, body = RecordingList), (status = "default", body = Problem)))]
pub(super) async fn list(
    State(api): State<Api>,
    Path(name): Path<String>,
    Query(most): Query<Most>,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Operate, &name)?;
    api.connections().get(&name)?;
    let (recordings, of) = (api.connections().recordings().clone(), name.clone());
    let listed = seam::spawn_blocking(move || recordings.list(Some(&of))).await;
    let mut items = listed.unwrap_or_default();
    items.truncate(most.limit.unwrap_or(usize::MAX));
    view(&api, &name, items)
}

/// Shows one recorded call whole: what the connector was asked, what it asked the host and was told, how it ended. It
/// has people's and business data in it, and no secrets.
#[utoipa::path(get, path = "/v1/connections/{connection}/recordings/{recording}", tag = "recordings",
    params(("connection" = String, Path, description = "The connection's name"),
        ("recording" = String, Path, description = "The recording's name")),
    responses((status = 200, body = serde_json::Value), (status = "default", body = Problem)))]
pub(super) async fn get(
    State(api): State<Api>,
    Path((connection, id)): Path<(String, String)>,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Operate, &connection)?;
    let unknown = || RecordingError::Unknown { connection: connection.clone(), id: id.clone() };
    let wanted = id.parse().map_err(|_| unknown())?;
    let (recordings, of) = (api.connections().recordings().clone(), connection.clone());
    let read = seam::spawn_blocking(move || recordings.read(&of, wanted)).await;
    reply(&read.map_err(|_| unknown())??)
}

/// Has calls of a connection recorded for a while.
pub(super) async fn record(api: &Api, connection: &str, body: Body) -> Result<Response, Problem> {
    let Recorded { calls, for_seconds } = read_body(&collect(body, api.body_bytes()).await?)?;
    let recorder = api.connections().recordings().of(connection);
    recorder.record_for(calls, Duration::from_secs(for_seconds), &api.0.parts.clock);
    tracing::info!(connection, ?calls, for_seconds, "calls are recorded for a while");
    view(api, connection, Vec::new())
}

/// Records calls of a connection for a while, to catch one that fails: `{"for_seconds": 600}`, with `"calls":
/// "errors"` only those that fail. What the connection's file says holds again afterwards.
#[utoipa::path(post, path = "/v1/connections/{connection}:record", tag = "recordings",
    params(("connection" = String, Path, description = "The connection's name")), request_body = Recorded,
    responses((status = 200, body = RecordingList), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn record_described() -> StatusCode {
    StatusCode::OK
}

/// Tries a kept version of a connector on recorded calls.
pub(super) async fn try_on(api: &Api, caller: &Caller, name: &str, body: Body) -> Result<Response, Problem> {
    let body = collect(body, api.body_bytes()).await?;
    let Trial { digest, connection, last } = if body.is_empty() { Trial::default() } else { read_body(&body)? };
    // It takes as much of the machine as a connector that is being installed.
    let Some(_room) = api.upload() else {
        let text = "connectors are being installed or tried; try again in a moment";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", text).retry_after(2));
    };
    let loaded = api.connections().registry().kept_version(name, digest.as_deref()).await?;
    let recordings = api.connections().recordings().clone();
    let listing = recordings.clone();
    let listed = seam::spawn_blocking(move || listing.list(connection.as_deref())).await.unwrap_or_default();
    let wanted = listed.into_iter().filter(|one| caller.sees(&one.connection));
    let mut shadow = Shadow::of(&loaded);
    for summary in wanted {
        if shadow.calls() >= last.unwrap_or(limits::SHADOW_CALLS) {
            break;
        }
        let recordings = recordings.clone();
        let read = seam::spawn_blocking(move || recordings.read(&summary.connection, summary.id)).await;
        if let Ok(recording) = read {
            shadow.try_on(&loaded, recording).await;
        }
    }
    reply(&shadow)
}

/// Tries a kept version of a connector on recorded calls of its connections, before it serves: with the recorded answers
/// and no network. Nothing changes.
#[utoipa::path(post, path = "/v1/plugins/{plugin}:shadow", tag = "recordings",
    params(("plugin" = String, Path, description = "The connector's name")), request_body = Trial,
    responses((status = 200, body = Shadow), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn shadow_described() -> StatusCode {
    StatusCode::OK
}
