//! Connections: what each can do, how it is, and a check of the whole way.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::input::{Caller, Query};
use super::problem::Problem;
use super::reply::{Listed, reply, rfc3339};
use super::route::{action, unknown_action};
use super::{Api, recordings};
use crate::access::Scope;
use crate::commerce::lane::Lane;
use crate::connection::{Checked, Connection};
use crate::limits;
use crate::plugin::Interface;
use crate::queue::Load;
use crate::seam::Millis;

/// A connection as the API shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConnectionView {
    /// Its name.
    name: String,
    /// `open`: it can be used. `broken`: `problem` says what to fix.
    state: &'static str,
    /// What to fix.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// The connector.
    #[serde(skip_serializing_if = "Option::is_none")]
    connector: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// What it can do.
    interfaces: Vec<Interface>,
    /// Documents that wait or are on their way.
    waiting: usize,
    /// How full its lanes are.
    lanes: Vec<LaneView>,
    /// Whether a person holds its documents.
    paused: bool,
    /// While the system is away: when it is tried again, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    away_until: Option<Millis>,
    /// The circuit of its requests: `closed`, `open` while the system is down, `half-open` while one request tries.
    #[serde(skip_serializing_if = "Option::is_none")]
    circuit: Option<&'static str>,
}

/// A lane of a connection.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LaneView {
    /// The lane.
    lane: Lane,
    #[serde(flatten)]
    load: Load,
}

fn lanes(api: &Api, connection: &str) -> Vec<LaneView> {
    api.queue().load(connection).into_iter().map(|(lane, load)| LaneView { lane, load }).collect()
}

fn view(api: &Api, connection: &Connection) -> ConnectionView {
    let loaded = api.connections().connector_of(connection).ok();
    ConnectionView {
        name: connection.name.clone(),
        state: "open",
        problem: None,
        connector: Some(connection.connector.clone()),
        version: loaded.as_ref().map(|loaded| loaded.description.version.clone()),
        interfaces: loaded.map(|loaded| loaded.interfaces.iter().copied().collect()).unwrap_or_default(),
        waiting: api.queue().waiting_for(&connection.name),
        lanes: lanes(api, &connection.name),
        paused: api.queue().paused(&connection.name),
        away_until: api.queue().probe_at(&connection.name),
        circuit: Some(connection.outlet.traffic().circuit().as_str()),
    }
}

/// Lists all connections, with those that cannot be used.
#[utoipa::path(get, path = "/v1/connections", tag = "connections",
    responses((status = 200, body = Listed<ConnectionView>), (status = "default", body = Problem)))]
pub(super) async fn list(State(api): State<Api>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let open = api.connections().list();
    let mut items: Vec<ConnectionView> = open.iter().map(|connection| view(&api, connection)).collect();
    for (name, error) in api.connections().broken() {
        // A changed file that does not load leaves the old connection serving: both are true, so both are told.
        if let Some(item) = items.iter_mut().find(|item| item.name == name) {
            item.problem = Some(error.to_string());
            continue;
        }
        let (waiting, lanes) = (api.queue().waiting_for(&name), lanes(&api, &name));
        let paused = api.queue().paused(&name);
        items.push(ConnectionView {
            name,
            state: "broken",
            problem: Some(error.to_string()),
            connector: None,
            version: None,
            interfaces: Vec::new(),
            waiting,
            lanes,
            paused,
            away_until: None,
            circuit: None,
        });
    }
    items.retain(|item| caller.sees(&item.name));
    items.sort_by(|a, b| a.name.cmp(&b.name));
    reply(&Listed { items, next: None })
}

/// Shows one connection.
#[utoipa::path(get, path = "/v1/connections/{connection}", tag = "connections",
    params(("connection" = String, Path, description = "The connection's name")),
    responses((status = 200, body = ConnectionView), (status = "default", body = Problem)))]
pub(super) async fn get(State(api): State<Api>, Path(name): Path<String>, caller: Caller) -> Result<Response, Problem> {
    caller.may_use(Scope::Read, &name)?;
    let connection = api.connections().get(&name)?;
    reply(&view(&api, &connection))
}

/// Acts on a connection: `:check`, `:pause`, `:resume` or `:record` behind its name.
pub(super) async fn act(
    State(api): State<Api>,
    Path(path): Path<String>,
    caller: Caller,
    body: Body,
) -> Result<Response, Problem> {
    let (name, action) = action(&path)?;
    caller.may_use(Scope::Operate, name)?;
    let connection = api.connections().get(name)?;
    match action {
        "check" => {}
        "pause" | "resume" => {
            api.queue().set_paused(name, action == "pause").await?;
            return reply(&view(&api, &connection));
        }
        "record" => return recordings::record(&api, name, body).await,
        other => return Err(unknown_action(other, "`:check`, `:pause`, `:resume` and `:record`")),
    }
    let loaded = api.connections().connector_of(&connection)?;
    let checked: Checked = connection.check(&loaded, limits::CHECK_TIMEOUT).await;
    reply(&checked)
}

/// Checks the whole way to a system: name, socket, TLS, sign-in, clock, version.
#[utoipa::path(post, path = "/v1/connections/{connection}:check", tag = "connections",
    params(("connection" = String, Path, description = "The connection's name")),
    responses((status = 200, body = Checked), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn check() -> StatusCode {
    StatusCode::OK
}

/// Holds a connection's documents: they are accepted and wait. Live questions are answered all the same.
#[utoipa::path(post, path = "/v1/connections/{connection}:pause", tag = "connections",
    params(("connection" = String, Path, description = "The connection's name")),
    responses((status = 200, body = ConnectionView), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn pause() -> StatusCode {
    StatusCode::OK
}

/// Lets a paused connection's documents go on.
#[utoipa::path(post, path = "/v1/connections/{connection}:resume", tag = "connections",
    params(("connection" = String, Path, description = "The connection's name")),
    responses((status = 200, body = ConnectionView), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn resume() -> StatusCode {
    StatusCode::OK
}

/// A line that a connector logged.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LineView {
    /// Grows from line to line, over restarts too.
    number: u64,
    /// When; RFC 3339, UTC.
    at: String,
    /// `debug`, `info`, `warn` or `error`.
    level: &'static str,
    /// The line.
    text: String,
    /// The call that wrote it.
    call: String,
}

/// Which lines are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Lines {
    /// Those behind the line with this number.
    after: u64,
}

/// Lists the last lines that the connector logged in calls for a connection, debug lines too.
#[utoipa::path(get, path = "/v1/connections/{connection}/log", tag = "connections",
    params(("connection" = String, Path, description = "The connection's name"), Lines),
    responses((status = 200, body = Listed<LineView>), (status = "default", body = Problem)))]
pub(super) async fn log(
    State(api): State<Api>,
    Path(name): Path<String>,
    caller: Caller,
    Query(lines): Query<Lines>,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Operate, &name)?;
    let connection = api.connections().get(&name)?;
    let items = connection.link.journal.after(lines.after).into_iter().map(|line| LineView {
        number: line.number,
        at: rfc3339(line.at),
        level: line.level,
        text: line.text,
        call: line.call.to_string(),
    });
    reply(&Listed { items: items.collect(), next: None })
}

/// Lists the last exchanges with the system, without bodies and without secrets.
#[utoipa::path(get, path = "/v1/connections/{connection}/exchanges", tag = "connections",
    params(("connection" = String, Path, description = "The connection's name")),
    responses((status = 200, body = Listed<crate::egress::LogEntry>), (status = "default", body = Problem)))]
pub(super) async fn exchanges(
    State(api): State<Api>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.may_use(Scope::Operate, &name)?;
    let connection = api.connections().get(&name)?;
    reply(&Listed { items: connection.outlet.log(), next: None })
}
